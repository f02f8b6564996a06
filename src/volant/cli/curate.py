"""``volant curate``: the episodes that a budget is best spent on, and why each of them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from click import IntRange, option

from ._ab import TRYING, asked_ab, bench_of, points
from ._options import as_json, opened, with_lake
from ._say import document, note, progress, table


@click.command("curate")
@option("--budget", type=IntRange(min=1), default=1000, show_default=True, help="How many episodes.")
@option("--objective", default="coverage", show_default=True, help="coverage, quality or mixed.")
@option("--where", default="", metavar="SQL", help="A condition over the view episodes (default: all).")
@option("--floor", "floors", multiple=True, metavar="M>=X", help="What each pick reaches: smoothness>=-8, jerk>=p10.")
@option("--prefer", multiple=True, metavar="M", help="Measures quality goes by; -M where less is better.")
@option("--cells", default="task,scene", show_default=True, help="Columns whose combinations are balanced.")
@option("--per-cell", type=IntRange(min=1), help="At most so many of each cell.")
@option("--quota", "quotas", multiple=True, metavar="V=N", help="N of what the first column of cells calls V: push=40.")
@option("--eps", type=float, default=0.001, show_default=True, help="How near a repeat lies, in cosine; 0: equal.")
@option("--space", default="motion", show_default=True, help="The embedding that likeness is measured in.")
@option("--failures", is_flag=True, help="Let failed episodes in.")
@option("--seed", type=int, default=0, show_default=True, help="Breaks ties, and shuffles batches.")
@asked_ab("Teach by it, and by random and largest-volume sets of its size; compare.")
@option("-o", "--out", type=click.Path(path_type=Path), help="Write the selection to this file (.sel).")
@option("--limit", type=IntRange(min=0), default=20, show_default=True, help="Picks to show; 0 means all.")
@with_lake
@as_json
def command(*, out: Path | None, lake: str | None, json: bool, limit: int, ab: str, cells: str, **how: Any) -> None:
    """Choose episodes: repeats out, floors met, cells balanced, spread within each; every pick says why.

    Reasons are kept as facts about the selection. No score is made of several: each floor and measure stays named.

    \b
      volant curate --budget 200 --floor "smoothness>=p10" -o best.sel
    """
    from volant.core.errors import Refused
    from volant.curate import save

    if out and (out.is_dir() or not out.parent.is_dir()):
        raise Refused(f"The selection cannot be written to {out}.", do="Name a file in a folder that exists.")
    trying = {name: how.pop(name) for name in TRYING}
    columns = tuple(name.strip() for name in cells.split(",") if name.strip() and name.strip() != "none")
    with opened(lake) as memory:
        with progress("Embedding") as tick:
            made = memory.curate(cells=columns, progress=tick, **how)
        if out:
            save(made.selection, out)
        tried = None
        if ab:
            from volant.experiments.curation import compared

            tried = compared(memory.store, made, bench_of(ab, trying))
    chosen = made.selection
    if json:
        document({
            "hash": chosen.hash, "version": chosen.version, "query": chosen.query, "seed": chosen.seed,
            "picks": [asdict(pick) for pick in made.picks], "left_out": made.left_out, "cells": dict(made.cells),
            "notes": made.notes, "file": str(out) if out else None,
            "ab": asdict(tried) if tried else None,
        })  # fmt: skip
        return
    shown = made.picks[: limit or len(made.picks)]
    table([{"episode": pick.id[:12], "cell": pick.cell, "why": pick.why} for pick in shown])
    if len(shown) < len(made.picks):
        note(f"{len(shown)} of {len(made.picks)} picks; use --limit 0 to see all.")
    for why, many in made.left_out.items():
        note(f"left out, {why}: {many}")
    if tried:
        table(points(tried))
    for words in (*made.notes, *(map(str, tried.differences) if tried else ())):
        note(words)
    click.echo(
        f"{chosen.hash[:12]}: {len(chosen)} episodes of {len(made.cells)} cells" + (f", in {out}" if out else "")
    )
