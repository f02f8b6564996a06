"""Exports are read back by their own readers where installed; without them it is said what is missing."""

import importlib.util
import subprocess
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from lake_made import make, sorts

from volant.core.errors import BadValue, MissingPart, Refused
from volant.lake import Store

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venvs" / "exports" / "bin" / "python"


@pytest.mark.parametrize("kind", ["lance", "delta", "iceberg"])
def test_what_is_not_installed_is_said(tmp_path: Path, kind: str) -> None:
    package = {"lance": "lance", "delta": "deltalake", "iceberg": "pyiceberg"}[kind]
    if importlib.util.find_spec(package):
        pytest.skip(f"{package} is installed")
    with Store(tmp_path / "lake") as store:
        store.put([make(1)], at=1)
        with pytest.raises(MissingPart, match=package):
            store.export(kind, tmp_path / "out")
        assert not (tmp_path / "out").exists()
        with pytest.raises(BadValue, match="lance"):
            store.export("lanse", tmp_path / "out")


def test_parquet_needs_nothing(tmp_path: Path) -> None:
    with Store(tmp_path / "lake") as store:
        store.put([make(i, n=900) for i in range(40)], at=1)
        store.put([sorts()], at=2)
        rows = store.export("parquet", tmp_path / "out", version=1)
        assert rows == {"episodes": 40, "facts": 40, "samples": 120}
        whole = pq.read_table(tmp_path / "out" / "samples.parquet")
        one = make(3, n=900)
        mine = whole.filter((pc.field("episode") == one.id) & (pc.field("name") == "reward"))
        assert mine["x_float64"].to_pylist()[0] == one["reward"].values.tolist()
        with pytest.raises(Refused):
            store.export("parquet", tmp_path / "out")
        assert store.export("parquet", tmp_path / "all")["episodes"] == 41


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lance", "delta", "iceberg"])
def test_an_export_is_read_back_by_its_own_reader(kind: str) -> None:
    if not PYTHON.exists():
        pytest.skip("no environment .venvs/exports with pylance, deltalake and pyiceberg[sql-sqlite]")
    call = [str(PYTHON), str(HERE / "export_check.py"), kind]
    done = subprocess.run(call, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "read back" in done.stdout
