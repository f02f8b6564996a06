"""``volant mix``: how much each group of episodes weighs in a batch, and who loses by it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from click import FloatRange, option

from ._ab import TRYING, asked_ab, bench_of, points
from ._options import as_json, opened, with_lake
from ._say import document, note, progress, table


@click.command("mix")
@click.argument("selections", nargs=-1, metavar="[SEL]...")
@option("--by", default="", metavar="COLUMNS", help="Columns that groups are made by (one SEL: task,embodiment).")
@option("--power", type=FloatRange(0, 2), default=0.43, show_default=True, help="Groups weigh seconds to this power.")
@option("--optimise", is_flag=True, help="Group DRO from there: no group does much worse than it could alone.")
@option(
    "--sweep", default="", metavar="WHAT", help="sim, or COLUMN=VALUE: every share of it, and the error on the rest."
)
@option("--seed", type=int, default=0, show_default=True, help="Draws held-out episodes, and shuffles batches.")
@asked_ab("Teach by the episodes as they come and as mixed; compare.")
@option("-o", "--out", type=click.Path(path_type=Path), help="Write the selection to this file (.sel).")
@with_lake
@as_json
def command(
    selections: tuple[str, ...], *, by: str, ab: str, out: Path | None, lake: str | None, json: bool, **how: Any
) -> None:
    """Make one selection with weights of several (files or hashes), each a group; or of one, or of all, by columns.

    \b
      volant mix robot.sel web.sel --optimise -o both.sel
      volant mix all.sel --sweep sim
    """
    from volant.core.errors import Refused
    from volant.curate import save

    if out and (out.is_dir() or not out.parent.is_dir()):
        raise Refused(f"The selection cannot be written to {out}.", do="Name a file in a folder that exists.")
    trying, tried = {name: how.pop(name) for name in TRYING}, None
    with opened(lake) as memory:
        with progress("mixing"):
            made = memory.mix(*selections, by=tuple(filter(None, map(str.strip, by.split(",")))), **how)
        if ab:
            from volant.experiments.curation import weighed

            tried = weighed(memory.store, made, bench_of(ab, trying))
    if out:
        save(made.selection, out)
    chosen = made.selection
    if json:
        document({
            "hash": chosen.hash, "version": chosen.version, "query": chosen.query, "episodes": len(chosen),
            "how": made.how, "groups": [{**asdict(one), "loses": one.loses} for one in made.parts],
            "sweep": [asdict(one) for one in made.swept], "notes": made.notes, "file": str(out) if out else None,
            "ab": asdict(tried) if tried else None,
        })  # fmt: skip
        return
    table([_row(one) for one in made.parts])
    if made.swept:
        table([
            {"share": f"{one.share:.1%}", "error on the rest": _with(one.loss), "against none": _with(one.change, "+"),
             "n": one.loss.n}
            for one in made.swept
        ])  # fmt: skip
    if tried:
        table(points(tried))
    for words in (*made.notes, *(map(str, tried.differences) if tried else ())):
        note(words)
    click.echo(
        f"{chosen.hash[:12]}: {len(chosen)} episodes of {len(made.parts)} groups by {made.how}"
        + (f", in {out}" if out else "")
    )


def _row(one: Any) -> dict[str, object]:
    row: dict[str, object] = {
        "group": one.name, "episodes": one.episodes, "seconds": round(one.seconds, 1),
        "as it comes": f"{one.natural:.1%}", "weight": f"{one.weight:.1%}",
    }  # fmt: skip
    if one.change is not None:
        row |= {"least error": f"{one.least:.3f}", "as it comes, error": f"{one.before:.3f}"}
        row |= {"mixed, error": f"{one.after:.3f}", "change": _with(one.change, "+"), "n": one.change.n}
    return row | {"loses": one.loses}


def _with(one: Any, sign: str = "") -> str:
    """A figure and its interval."""
    if one.low is None:
        return f"{one.value:{sign}.3f}"
    return f"{one.value:{sign}.3f} [{one.low:{sign}.3f}, {one.high:{sign}.3f}]"
