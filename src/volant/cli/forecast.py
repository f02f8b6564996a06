"""``volant forecast``: how much data, how many hours and how much money a score takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ._options import as_json, opened, with_lake
from ._say import document, note, table


@click.command("forecast")
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[CSV]")
@click.option("--target", type=float, default=0.9, help="The score that is wanted, 0 to 1 (default: 0.9).")
@click.option("--unit", default="", help="What n counts, where the header does not say: hours, demonstrations, ...")
@click.option("--task", default="", help="Without a CSV: only this task of the lake.")
@click.option("--hours-per", type=float, metavar="HOURS", help="Hours that one unit of n takes.")
@click.option("--cost-per", default="", metavar="PRICE", help="Price of one unit of n: '85 USD', or '85 USD/hour'.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="A picture (.svg) of it.")
@with_lake
@as_json
def command(file: Path | None, *, out: Path | None, lake: str | None, json: bool, **how: Any) -> int:
    """Say where a learning curve goes: several forms, tried on what was held back, combined, with intervals.

    CSV has columns n and score (0 to 1), and trials where they are known. Without one, the lake's own curve: held-out
    success of its turns or evaluations by the demonstrations that taught them. Where the data cannot decide, that is
    said, with what would help. Exit code 1 where there is nothing to forecast from.

    \b
      volant forecast curve.csv --unit hours --target 0.9 --cost-per "85 USD"
      volant forecast --task push-v3 -o forecast.svg
    """
    from volant.core.errors import Misuse, Refused
    from volant.reckon import foretold
    from volant.reckon.forecast import forecast
    from volant.reckon.learning import of_lake, read_learning
    from volant.reckon.prices import asked

    if out is not None and out.suffix != ".svg":
        raise Refused(f"No picture is called {out.name!r}.", do="End it in .svg.")
    target, unit, task, hours_per, cost_per = (how[k] for k in ("target", "unit", "task", "hours_per", "cost_per"))
    if file is not None and task:
        raise Misuse("A file has no tasks.", do="Leave --task or the file away.")
    if file is None and unit:
        raise Misuse("The lake counts demonstrations.", do="Leave --unit away, or give a CSV.")
    if file is not None:
        made = forecast(*asked(read_learning(file, unit), target, hours_per, cost_per))
    else:
        with opened(lake) as memory:
            made = forecast(*asked(of_lake(memory.store, task), target, hours_per, cost_per, memory.store))
    if out is not None:
        out.write_text(foretold.picture(made), encoding="utf-8")
    if json:
        document(foretold.document(made))
        return 0
    table(foretold.forms(made))
    table(foretold.figures(made))
    for line in foretold.words(made):
        note(line)
    return 0
