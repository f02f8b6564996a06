#!/usr/bin/env bash
# Builds the peers that benchmarks run beside us, each in an environment of its own under .venvs/ (`make clean` removes them)
# or under the folder that VOLANT_PEERS names.
#   bash bench/peers/build.sh              # forge, rda and doctor
#   bash bench/peers/build.sh cleanlab     # brings scikit-learn too
#   bash bench/peers/build.sh rda          # one of them
#   SCORE=CHECKOUT bash bench/peers/build.sh score    # score_lerobot_episodes exists as a git checkout only; brings torch
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-python3}

build() { # name, packages: an environment that is whole or not there
    local home=${VOLANT_PEERS:-$repo/.venvs}/$1
    shift
    rm -rf "$home"
    "$python" -m venv "$home"
    if ! "$home/bin/python" -m pip install -q --disable-pip-version-check "$@"; then
        rm -rf "$home"
        return 1
    fi
    echo "built $home"
}

for name in "${@:-forge rda doctor}"; do
    for one in $name; do
        case $one in
            # pandas 3 costs forge a twelfth more processor time, so it gets the one that suits it.
            forge) build forge 'forge-robotics[lerobot]==0.2.0' 'pandas<3' ;;
            rda) build rda 'robot-data-audit[parquet,video]==0.11.0' ;;
            cleanlab) build cleanlab 'cleanlab==2.9.0' datasets ;;
            doctor) build doctor 'lerobot-doctor==0.2.0' ;;
            score) # needs wandb too, which it does not declare; ffmpeg and ffprobe must be on the PATH
                test -f "${SCORE:?Name a checkout of score_lerobot_episodes with SCORE=DIR}/score_dataset.py"
                build score 'lerobot==0.4.4' wandb google-generativeai opencv-python-headless pandas plotly python-dotenv \
                    pydantic pyarrow streamlit uniplot 'ffmpeg-python>=0.2.0'
                cp -r "$SCORE" "${VOLANT_PEERS:-$repo/.venvs}/score/checkout" ;;
            *) echo "No peer is called $one: cleanlab, forge, rda, doctor, score." >&2; exit 2 ;;
        esac
    done
done
