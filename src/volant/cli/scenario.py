"""``volant scenario``: what several fleets come to in several futures, from stated inputs."""

from __future__ import annotations

from pathlib import Path

import click

from ._options import as_json
from ._say import document, note, table


@click.command("scenario")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with sliders here.")
@click.option("--all", "everything", is_flag=True, help="Show every formula's result, not only the key figures.")
@as_json
def command(*, file: Path, out: Path | None, everything: bool, json: bool) -> None:
    """Play the fleets of FILE in its futures: every figure follows from inputs that say where they come from.

    `-o page.html` writes one self-contained page on which every input is a slider.
    """
    from volant.reckon import played, scenario
    from volant.reckon.sliders import page

    told = scenario(file)
    results = played(told)
    if out is not None:
        _write(out, page(told))
    if json:
        document(
            {
                "title": told.title,
                "inputs": told.inputs,
                "formulas": told.formulas,
                "cases": [
                    {"fleet": fleet, "future": future, "figures": figures}
                    for (fleet, future), figures in results.items()
                ],
                "page": out,
            }
        )
        return
    names = list(told.formulas) if everything else list(told.keys)
    for name in names:
        click.echo(f"{told.formulas[name].label}")
        table(
            [
                {"future": told.futures[future].title}
                | {told.fleets[fleet].title: str(results[fleet, future][name]) for fleet in told.fleets}
                for future in told.futures
            ]
        )
        click.echo()
    assumed = sum(each.quantity.how == "assumed" for each in told.inputs.values())
    note(f"{len(told.inputs)} inputs, {assumed} of them assumed; --json says where each comes from.")
    if out is not None:
        note(f"{out} written.")


def _write(out: Path, text: str) -> None:
    from volant.core.errors import LakeUnwritable

    try:
        out.write_text(text, encoding="utf-8")
    except OSError as wrong:
        raise LakeUnwritable(f"{out} cannot be written: {wrong.strerror}.", do="Name another place with -o.") from None
