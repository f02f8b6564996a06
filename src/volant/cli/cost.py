"""``volant cost``: what an hour, an accepted hour, a new combination and a point of success cost, to the cent."""

from __future__ import annotations

from pathlib import Path

import click

from ._options import as_json, lake_place, now, opened, with_lake
from ._say import document, note, table


@click.command("cost")
@click.argument("file", type=click.Path(path_type=Path), metavar="LEDGER.toml")
@click.option("--dry-run", is_flag=True, help="Reckon only; the lake is not told.")
@with_lake
@as_json
def command(file: Path, dry_run: bool, lake: str | None, json: bool) -> int:
    """Reckon a ledger: every line to the cent, and the total by raw hour, accepted hour, combination and point.

    What came of the period stands in the file, or is what the lake measured. Two currencies without a stated rate
    are refused. The figures are told to the lake (cost/...), where `volant measure cost` and `volant forecast` find
    them. See examples/ledger.toml.
    """
    from volant.reckon.cost import figures, read_book
    from volant.reckon.cost_lake import results_of, tell

    book = read_book(file)
    place = lake_place(lake)
    if lake is not None or place.startswith("s3://") or Path(place).exists():
        with opened(lake) as memory:
            made, missing = figures(book, results_of(memory.store, book.results))
            if not dry_run:
                tell(memory.store, book, made, now())
    else:
        made, missing = figures(book, book.results)
    lines = [
        {"section": line.section, "line": line.name, "money": str(line.money), "how": line.how, "formula": line.formula}
        for line in book.lines
    ]
    if json:
        sections = {name: str(money) for name, money in book.sections().items()}
        said = {"ledger": book.name, "currency": book.currency, "days": str(book.days), "total": str(book.total)}
        document({**said, "sections": sections, "lines": lines, "figures": made, "missing": missing})
        return 0
    table(lines)
    table([{"section": name, "money": str(money)} for name, money in {**book.sections(), "total": book.total}.items()])
    table(
        [
            {
                "figure": one.name,
                "value": f"{one.value:.2f}",
                "low": _cents(one.low),
                "high": _cents(one.high),
                "unit": one.unit,
                "n": one.n,
                "how": f"{one.how}: {one.method}",
            }
            for one in made
        ]
    )
    for line in missing:
        note(line)
    return 0


def _cents(value: float | None) -> str:
    return "" if value is None else "no end" if value == float("inf") else f"{value:.2f}"
