"""``volant claims``: what somebody says with numbers, held against what follows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ._options import as_json
from ._say import document, note, table

if TYPE_CHECKING:
    from volant.reckon import Finding, Quantity


@click.group("claims")
def command() -> None:
    """Hold claims with numbers against what follows from stated inputs."""


@command.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@as_json
def check(*, file: Path, json: bool) -> None:
    """Say of every claim in FILE whether it is confirmed, contradicted, inconsistent, undefined or unverifiable.

    Exit code 1 where one is contradicted or inconsistent, so that a page's numbers can be kept true in CI.
    """
    from volant import reckon

    found = [reckon.check(claim) for claim in reckon.claims(file)]
    if json:
        document([_document(finding) for finding in found])
    else:
        for finding in found:
            _shown(finding)
        counts = Counter(finding.verdict for finding in found)
        note(", ".join(f"{counts[verdict]} {verdict}" for verdict in reckon.VERDICTS if counts[verdict]))
    if any(finding.wrong for finding in found):
        raise SystemExit(1)


def _shown(finding: Finding) -> None:
    claim = finding.claim
    click.echo(f"{finding.verdict.upper()}  {claim.name}: {claim.says}")
    click.echo(f"  {finding.why}")
    rows = [
        *({"name": name, **_row(quantity)} for name, quantity in {**claim.said, **claim.inputs}.items()),
        *({"name": name, **_row(quantity)} for name, quantity in (finding.also or {}).items()),
    ]
    if claim.formula:
        click.echo(f"  formula: {claim.formula}")
    if rows:
        table(rows)
    if claim.note:
        click.echo(f"  {claim.note}")
    click.echo(f"  claimed by: {claim.source}\n")


def _row(quantity: Quantity) -> dict[str, object]:
    return {"quantity": str(quantity), "how": quantity.how, "source": quantity.source}


def _document(finding: Finding) -> dict[str, object]:
    claim = finding.claim
    return {
        "name": claim.name,
        "says": claim.says,
        "source": claim.source,
        "verdict": finding.verdict,
        "why": finding.why,
        "claimed": {"value": claim.value, "unit": claim.unit, "relation": claim.relation, "within": claim.within},
        "computed": finding.computed,
        "formula": claim.formula,
        "bound": claim.bound,
        "said": claim.said,
        "inputs": claim.inputs,
        "missing": claim.missing,
        "undefined": claim.undefined,
        "also": finding.also or {},
        "note": claim.note,
    }
