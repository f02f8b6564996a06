#!/usr/bin/env bash
# The built wheel in an environment that holds nothing else: it installs, says hello, and turns one small round.
set -euo pipefail
cd "$(dirname "$0")/../.."
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
grep -oE '^[A-Za-z0-9_.-]+==[^\\]+' constraints.txt | sed 's/ *$//' > "$place/constraints.txt"
"${PYTHON:-python3}" -m venv "$place/env"
"$place/env/bin/python" -m pip install -q --disable-pip-version-check -c "$place/constraints.txt" dist/volant-*.whl
cd "$place"
env/bin/volant --version
env/bin/volant --help > /dev/null
env/bin/python - <<'PY'
import volant.core
from importlib.metadata import entry_points, files
from pathlib import Path

import numpy as np

from volant import plug
from volant.core import Episode, Kind, Origin, Signal, Stream, Writing

assert "site-packages" in volant.core.__file__, volant.core.__file__
assert any(str(file) == "volant/py.typed" for file in files("volant")), "py.typed is missing"
assert len(entry_points(group="volant.checks")) > 20
t = np.arange(60, dtype=np.int64) * 50_000_000
rng = np.random.default_rng(0)
made = []
for number in range(3):
    x = np.cumsum(rng.normal(0, 0.01, (60, 3)), axis=0)
    names = ("a", "b", "c")
    streams = (
        Stream(Signal("observation.state", Kind.STATE, (3,), "float64", "rad", hz=20.0, dims=names), t, x),
        Stream(Signal("action", Kind.ACTION, (3,), "float64", "rad", hz=20.0, dims=names), t, x),
    )
    made.append(Episode(streams, Origin(embodiment="arm", licence="CC0-1.0"), task="reach"))
plug.formats()["robomimic"].write(iter(made), Path("in.hdf5"), Writing(robot="arm", licence="CC0-1.0"))
PY
env/bin/volant --lake lake add in.hdf5 --json > added.json
env/bin/volant --lake lake episodes --json > episodes.json
env/bin/volant --lake lake report -o report.html
env/bin/volant --lake lake select "true" -o all.sel
env/bin/volant --lake lake publish all.sel out --format lerobot --allow-quarantined
env/bin/volant --lake lake verify
env/bin/python -c "
import json
assert len(json.load(open('episodes.json'))['episodes']) == 3
assert json.load(open('out/meta/info.json'))['total_episodes'] == 3
"
echo "wheel: 1 passed, 0 failed"
