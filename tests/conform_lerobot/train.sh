#!/usr/bin/env bash
# Trains a tiny ACT with LeRobot's own trainer on what Volant writes, loads it behind the Policy port and evaluates it.
# The environment is the one of run.sh (about 5 GB, no GPU needed), with the trainer's packages added.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/../.." && pwd)
home=$repo/.venvs/lerobot
python=${LEROBOT_PYTHON:-$(command -v python3.12 || echo "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12*/bin/python3.12)}

if ! "$home/bin/python" -c 'import lerobot, accelerate, datasets' 2>/dev/null; then
    "$python" -c 'import sys; sys.exit(0 if sys.version_info >= (3, 12) else "LeRobot 0.6.1 needs Python 3.12: name one with LEROBOT_PYTHON.")'
    echo "Installing lerobot[dataset,training]==0.6.1 with $python into $home"
    test -x "$home/bin/python" || "$python" -m venv "$home"
    "$home/bin/python" -m pip install -q --disable-pip-version-check "lerobot[dataset,training]==0.6.1"
fi
[ "${1:-}" = "--only-install" ] && exit 0
VOLANT_LEROBOT="$home/bin/python" "$repo/.venv/bin/python" "$here/train.py" "$@"
