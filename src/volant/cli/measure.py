"""``volant measure``: figures with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from ._options import as_json, limit, opened, with_lake
from ._say import document, note, progress, table
from ._value import value, valuing

if TYPE_CHECKING:
    from volant.core import Estimate
    from volant.worth.target import Gap


@click.command("measure")
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option(
    "--by",
    multiple=True,
    metavar="AXIS",
    help="Coverage by family, body, ...; value by cell, source, ...; quality by operator, site, ...",
)
@click.option("--target", metavar="FILE", help="TOML: where robots shall work; shows how far the data is from it.")
@valuing
@limit(200)
@with_lake
@as_json
def command(
    names: tuple[str, ...],
    by: tuple[str, ...],
    target: str | None,
    *,
    limit: int,
    lake: str | None,
    json: bool,
    **how: Any,
) -> None:
    """Print figures of the lake: each with its unit, how many it rests on, and its interval.

    NAME is a measure, or one of the groups coverage, quality, value and cost.

    Without names, every installed measure. Measures of single episodes become facts (measure/NAME), once each.

    `value` says what cells and sources add to success, as last told; with --probes it asks small policies.

    `quality` shows how well episodes were driven, figure by figure; no score is made of several. Put a floor under
    one of them with `volant curate --floor`.

    \b
      volant measure quality --by operator
      volant measure novelty value --by site
      volant measure value --by cell --probes 240 --world metaworld/push-v3
    """
    from volant.core.errors import NotFound
    from volant.worth.asking import UNTOLD
    from volant.worth.telling import BY

    names = tuple(dict.fromkeys((*names, "value"))) if how["probes"] or how["place"] else names
    with opened(lake) as memory:
        if "value" in names:
            made = [name for name in names if name == "novelty"]  # value counts what it says
            memory.measure(*made) if made else None
            value(memory, [one for one in by if one in BY or "coverage" not in names], **how)
        with progress("Measuring") as tick:
            found = memory.answer(*names, by=by, target=target, progress=tick)
    if names == ("value",) and UNTOLD in found.notes:
        raise NotFound(
            UNTOLD, do="volant measure value --probes 240 --world WORLD/TASK (or: volant measure novelty value)."
        )
    estimates = found.estimates
    shown = estimates[: limit or len(estimates)]
    if json:
        rest = {"notes": found.notes, "heat": found.heat, "gaps": found.gaps}
        document({"total": len(estimates), "estimates": shown, **rest})
        return
    for line in found.notes:
        note(line)
    if not shown and not found.notes:
        note("There is nothing to measure yet. Add recordings with `volant add PATH`.")
        return
    if shown:
        table(_rows(shown))
    if found.gaps:
        note(f"What the target lacks most ({min(10, len(found.gaps))} of {len(found.gaps)}; --json has all):")
        table([_gap(gap) for gap in found.gaps[:10]])
    if len(shown) < len(estimates):
        note(f"{len(shown)} of {len(estimates)}; use --limit to see more.")


def _rows(estimates: Sequence[Estimate]) -> list[dict[str, object]]:
    return [
        {
            "figure": e.name,
            "group": e.group,
            "value": e.value,
            "low": e.low,
            "high": e.high,
            "unit": e.unit,
            "n": e.n,
            "how": f"{e.how}: {e.method}" if e.method else e.how,
        }
        for e in estimates
    ]


def _gap(gap: Gap) -> dict[str, object]:
    shares = {"wanted": gap.wanted, "there": gap.there, "low": gap.low, "high": gap.high}
    return {"where": ", ".join(gap.where.values()), **shares, "episodes missing": gap.missing}
