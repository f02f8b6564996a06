"""The house keeps its rules: quiet imports, small files, plain names, every plug-in loadable."""

import ast
import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src" / "volant").rglob("*.py"))
FORBIDDEN = {"utils", "helpers", "common", "base", "manager", "factory", "types"}
HEAVY = {
    "numpy",
    "pyarrow",
    "duckdb",
    "av",
    "numba",
    "scipy",
    "h5py",
    "zarr",
    "rich",
    "jax",
    "torch",
    "mujoco",
    "gymnasium",
}


def run(code: str, cwd: Path) -> dict:
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_importing_does_nothing(tmp_path: Path) -> None:
    code = """
import json, logging, os, sys
before = dict(os.environ), sorted(os.listdir()), list(logging.root.handlers)
import volant
after = dict(os.environ), sorted(os.listdir()), list(logging.root.handlers)
print(json.dumps({"same": before == after, "modules": sorted({m.partition(".")[0] for m in sys.modules})}))
"""
    seen = run(code, tmp_path)
    assert seen["same"]
    assert not HEAVY & set(seen["modules"])


def test_vocabulary_needs_only_numpy(tmp_path: Path) -> None:
    code = """
import json, sys, volant.core, volant.plug
print(json.dumps({"m": sorted({m.partition(".")[0] for m in sys.modules})}))
"""
    assert not (HEAVY - {"numpy"}) & set(run(code, tmp_path)["m"])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400, "files have at most 400 lines"
    assert path.stem not in FORBIDDEN
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{node.name} is longer than 60 lines"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_public_things_say_what_they_mean(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "a module says what it is for"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} has no docstring"


def test_every_entry_point_loads() -> None:
    for group in ("formats", "checks", "measures", "worlds", "policies", "operators", "runners"):
        for entry in entry_points(group=f"volant.{group}"):
            made = entry.load()
            plugin = made() if isinstance(made, type) else made
            assert plugin.name == entry.name, f"{entry.value} calls itself {plugin.name!r}"


def test_no_registry_is_named() -> None:
    hosts = ["py" + "pi.org", "python" + "hosted", "npm" + "js.org"]
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    for name in filter(None, listed):
        path = ROOT / name
        if path.is_file() and path.stat().st_size < 2_000_000:
            text = path.read_bytes()
            assert not any(host.encode() in text for host in hosts), name


def test_test_files_have_names_of_their_own() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(set(names)) == sorted(names)


def test_py_typed_ships() -> None:
    assert (ROOT / "src" / "volant" / "py.typed").exists()
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
