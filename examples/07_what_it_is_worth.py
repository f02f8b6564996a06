"""What a lake is worth: what repeats, what is new, which few stand for many, who brought it, and what a year costs.

python examples/07_what_it_is_worth.py [FOLDER]
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import volant
from sample import recordings

HERE = Path(__file__).parent


def main(folder: Path) -> None:
    """Two people bring demonstrations of two tasks."""
    lake = volant.Lake(folder / "lake")
    for person, path in zip(("ann", "ben"), recordings(folder / "files"), strict=True):
        lake.add(path, origin=volant.Origin(operator=person, site="hall 1", licence="CC-BY-4.0"))

    groups = lake.duplicates(0.01)
    print("repetitions:", sum(len(group.repeats) for group in groups))
    for figure in lake.measure("novelty", "coverage", "stalls"):
        if not figure.group:  # the whole lake; others are of one crossing or slice
            print(
                f"{figure.name:16} {figure.value:9.4g} {figure.unit:14} n={figure.n:<3} {figure.how}: {figure.method}"
            )

    chosen = lake.curate(6)
    print("few for many:", len(chosen.selection.ids), "episodes, frozen as", chosen.selection.hash[:12])
    for one in lake.share("operator").rows:
        print(f"{one.name} brought {one.episodes} episodes: share {one.share:.3f}")
    for figure in lake.cost(HERE / "ledger.toml"):
        print(f"{figure.name}: {figure.value:,.2f} {figure.unit} ({figure.how})")


if __name__ == "__main__":
    with TemporaryDirectory() as scratch:
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch))
