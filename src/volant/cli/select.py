"""``volant select``: a question, frozen."""

from __future__ import annotations

from pathlib import Path

import click

from ._options import as_json, at_version, opened, with_lake
from ._say import document


@click.command("select")
@click.argument("question", required=False, default="", metavar="[SQL]")
@click.option("--per-cell", type=click.IntRange(min=1), help="At most so many of each task and scene.")
@click.option("--weights", default="", metavar="HOW", help="uniform, cell (each task and scene the same), or SQL.")
@click.option(
    "--seed",
    type=click.IntRange(-(2**63), 2**63 - 1),
    default=0,
    show_default=True,
    help="Decides who is kept, and how batches shuffle.",
)
@click.option("--why", default="", help="What it is for; kept with the selection.")
@at_version
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the selection to this file (.sel).")
@with_lake
@as_json
def command(
    question: str,
    *,
    per_cell: int | None,
    weights: str,
    seed: int,
    why: str,
    version: int | str | None,
    out: Path | None,
    lake: str | None,
    json: bool,
) -> None:
    """Freeze a question into a selection: the same hash always gives the same batches.

    SQL is a condition over the view episodes, or a whole query that yields ids; nothing selects all. For instance:

    \b
      volant select "task = 'stack' and not quarantined" --per-cell 50 -o stack.sel
    """
    from volant.core.errors import Refused

    if out and (out.is_dir() or not out.parent.is_dir()):
        raise Refused(f"The selection cannot be written to {out}.", do="Name a file in a folder that exists.")
    with opened(lake) as memory:
        picked = memory.select(question, per_cell=per_cell, weights=weights, seed=seed, why=why, version=version)
    chosen = picked.selection
    if out:
        picked.save(out)
    if json:
        document(
            {
                "hash": chosen.hash,
                "version": chosen.version,
                "query": chosen.query,
                "seed": chosen.seed,
                "why": chosen.why,
                "episodes": len(chosen),
                "ids": chosen.ids,
                "weights": chosen.weights,
                "file": str(out) if out else None,
            }
        )
        return
    click.echo(
        f"{chosen.hash[:12]}: {len(chosen)} episodes at version {chosen.version}" + (f", in {out}" if out else "")
    )
