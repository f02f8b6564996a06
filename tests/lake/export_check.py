"""Run in an environment that has the optional packages: exports a lake and reads it back with their own readers.

.venvs/exports/bin/python tests/lake/export_check.py [lance|delta|iceberg ...]
"""

import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "src")]

from lake_made import make, pictures, sorts  # noqa: E402

from volant.core import Fact  # noqa: E402
from volant.lake import Store  # noqa: E402


def back(kind: str, out: Path, name: str) -> pa.Table:
    if kind == "lance":
        import lance

        return lance.dataset(str(out / f"{name}.lance")).to_table()
    if kind == "delta":
        from deltalake import DeltaTable

        return pa.table(DeltaTable(str(out / name)).to_pyarrow_table())
    from pyiceberg.catalog import load_catalog

    catalog = load_catalog("lake", type="sql", uri=f"sqlite:///{out}/catalog.db", warehouse=out.as_uri())
    return catalog.load_table(f"lake.{name}").scan().to_arrow()


def main(kinds: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "lake") as store:
        some = [make(i, n=50) for i in range(30)] + [sorts(), pictures()]
        store.put(some[:20], [Fact(some[0].id, "verdict", "accept", "gate@1")], at=1)
        store.put(some[20:], at=2)
        for kind in kinds:
            out = Path(folder).resolve() / kind
            rows = store.export(kind, out)
            episodes, facts, samples = (back(kind, out, name) for name in ("episodes", "facts", "samples"))
            assert sorted(episodes["id"].to_pylist()) == sorted(one.id for one in some), kind
            assert len(facts) == rows["facts"] == len(store.facts()), kind
            mine = samples.filter((pc.field("episode") == some[3].id) & (pc.field("name") == "observation.state"))
            assert mine["x_float32"].to_pylist()[0] == some[3]["observation.state"].values.ravel().tolist(), kind
            assert mine["t"].to_pylist()[0] == some[3]["observation.state"].t.tolist(), kind
            print(f"{kind}: {rows} read back")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["lance", "delta", "iceberg"]))
