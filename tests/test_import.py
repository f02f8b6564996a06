"""Importing Volant does nothing: no environment, no files, nothing heavy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import volant

HEAVY = (
    "numpy",
    "pyarrow",
    "duckdb",
    "numba",
    "scipy",
    "av",
    "h5py",
    "zarr",
    "click",
    "rich",
    "mcap",
    "PIL",
    "msgspec",
)

PROBE = """
import json, os, sys, threading
before = dict(os.environ)
import volant
after = dict(os.environ)
print(json.dumps({
    "environment": before != after,
    "heavy": [name for name in %r if name in sys.modules],
    "threads": threading.active_count(),
    "handlers": len(__import__("logging").getLogger().handlers),
}))
"""


def probe(code: str, place: Path) -> dict[str, object]:
    """What a fresh interpreter says of itself, and the files it left."""
    done = subprocess.run([sys.executable, "-c", code], cwd=place, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return {**json.loads(done.stdout), "files": os.listdir(place)}  # noqa: PTH208


@pytest.mark.slow
def test_import_has_no_side_effects(tmp_path: Path) -> None:
    said = probe(PROBE % (HEAVY,), tmp_path)
    assert said == {"environment": False, "heavy": [], "threads": 1, "handlers": 0, "files": []}


@pytest.mark.slow
def test_the_vocabulary_needs_numpy_alone(tmp_path: Path) -> None:
    said = probe(
        (PROBE % (HEAVY,)).replace("import volant\n", "import volant\nvolant.Episode, volant.read\n"), tmp_path
    )
    assert said["heavy"] == ["numpy"]
    assert said["files"] == []


def test_every_public_name_is_there_and_has_words() -> None:
    assert len(volant.__all__) <= 20
    assert volant.__all__ == sorted(volant.__all__)
    assert dir(volant) == volant.__all__
    for name in volant.__all__:
        assert getattr(volant, name).__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_such"):
        volant.nothing_such  # noqa: B018


def test_the_stage_and_the_verb_share_a_name() -> None:
    import volant.publish as stage

    assert volant.publish is stage
    assert callable(volant.publish)
    assert stage.Publishing().format == "lerobot"
