#!/usr/bin/env bash
# Writes RLDS sets with Volant and opens them with TensorFlow Datasets in .venvs/rlds; the result goes to docs/conform-rlds.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
DATA=${DATA:-../shared/data}
ENV=.venvs/rlds
if [ ! -x "$ENV/bin/python" ] || ! "$ENV/bin/python" -c 'import tensorflow_datasets' 2>/dev/null; then
  .venv/bin/python -m venv --clear "$ENV"
  "$ENV/bin/python" -m pip install -q --disable-pip-version-check tensorflow-cpu tensorflow-datasets
fi
OUT=$(mktemp -d)
trap 'rm -rf "$OUT"' EXIT
.venv/bin/python tests/conform_rlds/make_sets.py "$DATA" "$OUT/sets"
CUDA_VISIBLE_DEVICES= "$ENV/bin/python" tests/conform_rlds/official.py "$OUT/sets" docs/conform-rlds.md
