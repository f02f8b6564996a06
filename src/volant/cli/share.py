"""``volant share``: who contributed how much, what they are paid, where data is made and where it is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ._options import as_json, opened, with_lake
from ._say import document, note, table

if TYPE_CHECKING:
    from volant.worth.pay import Statement
    from volant.worth.share import Shares


@click.command("share")
@click.option(
    "--by", type=click.Choice(["collector", "operator", "site", "country"]), help="Only by this (default: all)."
)
@click.option(
    "--value", default="", metavar="METHOD", help="How value is found: shapley, novelty, hours, or a told one."
)
@click.option("--pay", type=click.Path(path_type=Path), metavar="RULE.toml", help="Pay collectors by this rule.")
@click.option("--deployment", type=click.Path(path_type=Path), metavar="USE.toml", help="Where the data is used.")
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="DIR", help="A folder for pay statements.")
@with_lake
@as_json
def command(by: str | None, value: str, *, pay: Path | None, out: Path | None, json: bool, **where: Any) -> int:
    """Show contributions by collector, site and country: hours, accepted hours, novelty, share of value, intervals.

    Shares add up to one exactly. Value is what was told (value/METHOD), else KNN-Shapley for the outcomes of rollouts,
    else novelty, else accepted hours; which it is, is said. A pay rule (examples/pay.toml) makes a statement for each
    collector, a declared deployment (examples/deployment.toml) sets giving beside getting.
    """
    from volant.core.errors import Misuse
    from volant.worth.geography import apart, geography, read_use
    from volant.worth.pay import read_rule, statements
    from volant.worth.share import contributions

    if out is not None and pay is None:
        raise Misuse("Statements need a pay rule.", do="Give --pay RULE.toml.")
    rule = read_rule(pay) if pay is not None else None
    deployment = where["deployment"]
    use = read_use(deployment) if deployment is not None else None
    chosen = [by] if by else ["collector", "site", "country"]
    need = {*chosen, *(["collector"] if rule else []), *(["country"] if use else [])}
    with opened(where["lake"]) as memory:
        made = {one: contributions(memory.store, one, value) for one in sorted(need)}
    paid = statements(made["collector"], rule) if rule else ()
    countries = geography(made["country"], use) if use else ()
    if out is not None:
        _write(out, paid)
    if json:
        document(
            {
                "shares": [made[one] for one in chosen],
                "pay": [_plain(one) for one in paid],
                "geography": [{"fed": one.fed, **_fields(one)} for one in countries],
                "apart": apart(countries) if countries else None,
            }
        )
        return 0
    for one in chosen:
        _shown(made[one])
    if paid:
        table([{"collector": one.row.name, **_money(one)} for one in paid])
        note(f"Paid by {paid[0].rule.name!r}: {sum(one.total for one in paid)} {paid[0].rule.currency} in all.")
    if countries:
        table([{**_fields(one), "gets_beyond": one.fed} for one in countries])
        note(f"Giving and getting lie {apart(countries):.0%} apart (0: the same countries, 100: none shared).")
    return 0


def _shown(shares: Shares) -> None:
    table(
        [
            {
                shares.by: row.name,
                "episodes": row.episodes,
                "hours": row.hours,
                "accepted": row.accepted_hours,
                "novelty": row.novelty,
                "share": f"{row.share:.6f}",
                "low": row.low,
                "high": row.high,
            }
            for row in shares.rows
        ]
    )
    for line in shares.said:
        note(line)


def _fields(one: object) -> dict[str, object]:
    from dataclasses import asdict, is_dataclass

    assert is_dataclass(one) and not isinstance(one, type)
    return asdict(one)


def _money(one: Statement) -> dict[str, object]:
    said = {"fixed": one.fixed, "pool": one.pool, "top_up": one.top_up, "total": one.total}
    return {**{name: str(value) for name, value in said.items()}, "currency": one.rule.currency}


def _plain(one: Statement) -> dict[str, object]:
    rule = {"rule": one.rule.name, "rule_hash": one.rule.hash, "value": one.method, "lake_version": one.version}
    return {**_fields(one.row), **_money(one), **rule}


def _write(out: Path, paid: tuple[Statement, ...]) -> None:
    """One text and one JSON document for each collector, named by a number: names of people are no file names."""
    import json

    from volant.worth.pay import written

    from ._say import plain

    out.mkdir(parents=True, exist_ok=True)
    for place, one in enumerate(paid, 1):
        (out / f"{place:04d}.txt").write_text(written(one), encoding="utf-8")
        (out / f"{place:04d}.json").write_text(json.dumps(plain(_plain(one)), indent=1) + "\n", encoding="utf-8")
