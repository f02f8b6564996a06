"""Recordings in, facts out: what came in, what is wrong with it, and where."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import volant
from sample import recordings


def main(folder: Path) -> None:
    lake = volant.Lake(folder / "lake")
    added = lake.add(
        *recordings(folder / "files")
    )  # a file, a folder, a glob, s3://...: formats bid for what they find
    print(f"{len(added.added)} episodes, {added.frames} frames: {dict(added.verdicts)}")

    again = lake.add(*recordings(folder / "files"))  # the same samples are the same episodes, whatever file they lie in
    print(f"again: {len(again.added)} new")

    for row in lake.episodes("verdict <> 'accept'").to_pylist():
        print(f"{row['id'][:8]} {row['task']} {row['seconds']:.1f} s: {row['verdict']}")
        for fact in lake.store.facts(subject=row["id"], key="reason/*"):
            when = f" at {fact.span.start / 1e9:.2f} s" if fact.span else ""
            print(f"    {fact.key.removeprefix('reason/')}{when}: {fact.value}")

    for row in lake.facts(
        "SELECT task, count(*) AS n, sum(seconds) AS s FROM episodes GROUP BY 1 ORDER BY 1"
    ).to_pylist():
        print(f"{row['task']}: {row['n']} episodes, {row['s']:.1f} s")
    for figure in lake.measure("acceptance")[:3]:
        print(figure)
    print(lake.report(folder / "report.html"))


if __name__ == "__main__":
    with TemporaryDirectory() as scratch:
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch))
