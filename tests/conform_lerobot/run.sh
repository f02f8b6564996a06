#!/usr/bin/env bash
# Opens what Volant publishes with the released LeRobot reader, in an environment of its own (about 5 GB, no GPU needed).
# LEROBOT_PYTHON names an interpreter; LeRobot 0.6.1 needs Python 3.12, older ones get 0.4.4. DATA names the recordings.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/../.." && pwd)
data=${DATA:-$repo/../shared/data}
home=$repo/.venvs/lerobot
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

newest() { # prints the newest CPython 3.12 that answers, else any that is 3.11 or newer
    local candidate
    for candidate in "${LEROBOT_PYTHON:-}" python3.12 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12*/bin/python3.12 python3.13 \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python3.13 python3.11 python3; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    echo "No Python 3.11 or newer found: name one with LEROBOT_PYTHON." >&2
    return 1
}

if ! "$home/bin/python" -c 'import lerobot' 2>/dev/null; then
    python=$(newest)
    version=$("$python" -c 'import sys; print("0.6.1" if sys.version_info >= (3, 12) else "0.4.4")')
    extra=$([ "$version" = 0.6.1 ] && echo "[dataset]" || echo "")
    echo "Installing lerobot$extra==$version with $python into $home"
    "$python" -m venv "$home"
    "$home/bin/python" -m pip install -q --disable-pip-version-check "lerobot$extra==$version"
fi

"$repo/.venv/bin/python" "$here/export.py" "$data" "$out"
HF_HUB_OFFLINE=1 HF_DATASETS_CACHE="$out/cache" HF_LEROBOT_HOME="$out/home" \
    "$home/bin/python" "$here/compare.py" "$out" "$repo/docs/conform-lerobot.md"
