"""``volant worlds``: where experience can be made."""

from __future__ import annotations

import click

from ._options import as_json
from ._say import document, note, table


@click.command("worlds")
@click.argument("world", required=False)
@as_json
def command(world: str | None, json: bool) -> None:
    """List worlds with their tasks, horizons, regions and what the scripted expert achieves there.

    With WORLD or WORLD/TASK, also what can be varied. A world whose package is not installed is named with what it
    needs.
    """
    from volant import plug
    from volant.core import Measured
    from volant.core.errors import MissingPart

    name, _, task = (world or "").partition("/")
    if task:
        plug.place(world or "")
    rows, absent, vary = [], {}, {}
    for one in [name] if name else plug.names("worlds"):
        try:
            there = plug.world(one)
        except MissingPart as error:
            if name:
                raise
            absent[one] = str(error)
            continue
        for each in [task] if task else there.tasks():
            known = there.measured(each) if isinstance(there, Measured) else None
            hz = there.body(each).signals[-1].hz or 0.0
            rows.append(
                {
                    "world": one,
                    "task": each,
                    "horizon": there.horizon(each),
                    "hz": hz,
                    "regions": " ".join(there.regions(each)),
                    "expert": known.value if known else None,
                    "low": known.low if known else None,
                    "high": known.high if known else None,
                    "n": known.n if known else None,
                }
            )
            vary[one] = {key: list(ends) for key, ends in there.physics(each).items()}
    if json:
        document({"worlds": rows, "physics": vary, "absent": absent})
        return
    table(rows)
    for one, ends in vary.items():
        if name:
            for key, (nominal, low, high) in ends.items():
                note(f"{one} varies {key}: {nominal:g}, from {low:g} to {high:g}")
    for one, why in absent.items():
        note(f"{one}: {why}")
