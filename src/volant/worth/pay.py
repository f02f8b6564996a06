"""What contributors are paid by a rule that stands in a file: exact to the cent, a pool paid out to its last one.

The rule (``examples/pay.toml``): a fixed sum for each accepted hour, a pool divided by value, hours or accepted hours
(largest remainder, so that the parts add up to the pool), and a floor below which nobody who brought an accepted hour
is left; what the floor adds comes on top of the pool.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path

from ..core.errors import BadValue, NotFound, Refused, suggest
from .share import NOBODY, Contribution, Shares, divided

__all__ = ["Rule", "Statement", "read_rule", "statements", "written"]

_CENT = Decimal("0.01")
_BY = ("value", "hours", "accepted_hours")


@dataclass(frozen=True, slots=True)
class Rule:
    """How pay follows from contributions; ``hash`` names the file's exact bytes."""

    name: str
    currency: str
    per_accepted_hour: Decimal
    pool: Decimal
    by: str
    floor: Decimal
    hash: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One contributor's pay with everything that it follows from."""

    row: Contribution
    fixed: Decimal
    pool: Decimal
    top_up: Decimal
    rule: Rule
    method: str
    version: int

    @property
    def total(self) -> Decimal:
        """What is paid: the three sums together."""
        return self.fixed + self.pool + self.top_up


def read_rule(path: Path) -> Rule:
    """A pay rule from its file. Raises ``NotFound`` and ``BadValue`` that name the entry."""
    if not path.is_file():
        raise NotFound(f"There is no file at {path}.")
    blob = path.read_bytes()
    try:
        said = tomllib.loads(blob.decode("utf-8"), parse_float=Decimal)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadValue(f"{path.name} is no TOML file: {error}.") from error
    known = ("name", "currency", "per_accepted_hour", "pool", "floor")
    for key in said:
        if key not in known:
            raise BadValue(f"{path.name} says {key!r}.", instead=suggest(key, known))
    currency = str(said.get("currency", ""))
    if len(currency) != 3 or not currency.isalpha() or not currency.isupper():
        raise BadValue(f"{path.name} pays in {currency!r}.", do='State a currency, such as currency = "USD".')
    pool = said.get("pool", {})
    if not isinstance(pool, Mapping) or set(pool) - {"amount", "by"}:
        raise BadValue(f"{path.name}: pool is {pool!r}.", do="Write [pool] with amount and by.")
    by = str(pool.get("by", "value"))
    if by not in _BY:
        raise BadValue(f"{path.name} divides the pool by {by!r}.", instead=suggest(by, _BY))
    rule = Rule(
        str(said.get("name", path.stem)),
        currency,
        _sum(said.get("per_accepted_hour", 0), "per_accepted_hour", currency),
        _sum(pool.get("amount", 0), "pool, amount", currency),
        by,
        _sum(said.get("floor", 0), "floor", currency),
        hashlib.blake2b(blob, digest_size=16).hexdigest(),
    )
    if not (rule.per_accepted_hour or rule.pool or rule.floor):
        raise BadValue(f"{path.name} pays nothing.", do="State per_accepted_hour, [pool] amount, or floor.")
    return rule


def _sum(value: object, where: str, currency: str) -> Decimal:
    text = str(value).replace(",", "").strip()
    if isinstance(value, str) and " " in text:
        text, _, other = text.rpartition(" ")
        if other != currency:
            raise BadValue(f"{where} is in {other}, the rule in {currency}, and no rate between them is stated.")
    try:
        made = Decimal(text)
    except InvalidOperation:
        raise BadValue(f"{where} is {value!r}, no sum of money.") from None
    if isinstance(value, bool) or not made.is_finite() or made < 0 or made != made.quantize(_CENT):
        raise BadValue(f"{where} is {value!r}: it must be 0 or more, to the cent.")
    return made.quantize(_CENT)


def statements(shares: Shares, rule: Rule) -> tuple[Statement, ...]:
    """What everybody who is named is paid, in the order of the shares.

    Those who are not named are paid nothing and do not thin the pool. Raises ``Refused`` where a pool is to be divided
    and nobody has anything to divide it by.
    """
    rows = [row for row in shares.rows if row.name != NOBODY]
    weights = [_weight(row, rule.by) for row in rows]
    parts = divided(weights, int(rule.pool * 100))
    if rule.pool and not any(parts):
        raise Refused(f"Nobody who is named has any {rule.by}: the pool of {rule.pool} cannot be divided.")
    made = []
    for row, part in zip(rows, parts, strict=True):
        fixed = (rule.per_accepted_hour * Decimal(repr(row.accepted_hours))).quantize(_CENT, ROUND_HALF_UP)
        pool = (Decimal(part) / 100).quantize(_CENT)
        below = rule.floor - fixed - pool if row.accepted_hours > 0 else Decimal(0)
        made.append(
            Statement(row, fixed, pool, max(Decimal(0), below).quantize(_CENT), rule, shares.method, shares.version)
        )
    return tuple(made)


def _weight(row: Contribution, by: str) -> Fraction:
    if by == "value":
        return Fraction(row.share)
    return Fraction(row.hours if by == "hours" else row.accepted_hours)


def written(one: Statement) -> str:
    """A pay statement as text that its receiver can check by hand."""
    row, rule = one.row, one.rule
    between = "" if row.low is None or row.high is None else f" (95 %: {row.low:.1%} to {row.high:.1%})"
    money = f"{{:>12}} {rule.currency}"
    lines = [
        f"Pay statement for {row.name}",
        "",
        f"{row.episodes} episodes, {row.hours:.4f} hours, of them {row.accepted_hours:.4f} accepted",
        f"share of the value of everything: {row.share:%}{between}, value by {one.method}",
        "",
        f"{money.format(str(one.fixed))}  {row.accepted_hours:.4f} accepted hours x {rule.per_accepted_hour}",
        f"{money.format(str(one.pool))}  part of the pool of {rule.pool} by {rule.by}",
        f"{money.format(str(one.top_up))}  up to the floor of {rule.floor}",
        f"{money.format(str(one.total))}  total",
        "",
        f"Rule {rule.name!r} ({rule.hash}), lake version {one.version}.",
        "The parts of the pool add up to it to the cent.",
    ]
    return "\n".join(lines) + "\n"
