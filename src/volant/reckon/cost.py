"""What an hour costs: a ledger of the period, divided by what came of it, to the cent.

The ledger is a TOML file (``examples/ledger.toml``): a currency, the days of the period, rates where more than one
currency occurs, the sections of :mod:`.cost_lines`, and ``[results]``: raw hours, accepted hours or acceptance, new
combinations, success before and after. What the file leaves out is asked of the lake.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from ..core import Estimate, Fact
from ..core.errors import BadValue, NotFound, suggest
from ..statistics.intervals import wilson
from .cost_lines import SECTIONS, Line, Rates, cents, lines_of, number
from .formula import HOW
from .units import CURRENCIES

__all__ = ["BY", "Book", "Results", "Share", "facts_of", "figures", "read_book"]

BY = "reckon/cost@1"
_RESULTS = ("raw_hours", "accepted_hours", "accepted", "judged", "combinations", "before", "after", "how", "source")


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``n``: a share that was counted, so that it has an interval (Wilson 1927, 95 %)."""

    hits: float
    n: int

    @property
    def value(self) -> float:
        """The share itself."""
        return self.hits / self.n

    @property
    def bounds(self) -> tuple[float, float]:
        """Its 95 % interval."""
        return wilson(self.hits, self.n)


@dataclass(frozen=True, slots=True)
class Results:
    """What came of the period; ``None`` where neither the file nor the lake says.

    ``accepted_hours`` is stated; else it is ``raw_hours`` times ``acceptance``, with its interval. ``before`` and
    ``after`` are successes of trials of the policy that the period began and ended with.
    """

    raw_hours: Decimal | None = None
    accepted_hours: Decimal | None = None
    acceptance: Share | None = None
    combinations: Decimal | None = None
    before: Share | None = None
    after: Share | None = None
    how: str = "assumed"
    source: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """A ledger as it was read: its lines add up to ``total`` exactly."""

    name: str
    currency: str
    days: Decimal
    lines: tuple[Line, ...]
    results: Results

    @property
    def total(self) -> Decimal:
        """What the period cost, to the cent."""
        return sum((line.money for line in self.lines), Decimal("0.00"))

    @property
    def how(self) -> str:
        """As sure as the least sure of its lines."""
        return max((line.how for line in self.lines), key=HOW.index, default="assumed")

    def sections(self) -> dict[str, Decimal]:
        """The total of each section that has lines, in the ledger's order."""
        made: dict[str, Decimal] = {}
        for line in self.lines:
            made[line.section] = made.get(line.section, Decimal("0.00")) + line.money
        return made


def read_book(path: Path) -> Book:
    """A ledger from its file. Raises ``NotFound`` and ``BadValue`` that name the entry."""
    if not path.is_file():
        raise NotFound(f"There is no file at {path}.")
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadValue(f"{path.name} is no TOML file: {error}.") from error
    known = ("name", "currency", "days", "rates", "results", *SECTIONS)
    for key in said:
        if key not in known:
            raise BadValue(f"{path.name} has a part {key!r}.", instead=suggest(key, known))
    currency = said.get("currency", "")
    if currency not in CURRENCIES:
        raise BadValue(f"{path.name} reckons in {currency!r}.", do='State a currency, such as currency = "USD".')
    stated = _table(said, "rates")
    for other in stated:
        if other not in CURRENCIES:
            raise BadValue(f"rates: {other!r} is no currency.", instead=suggest(other, CURRENCIES))
    rates = Rates(currency, {other: number(value, f"rates, {other}") for other, value in stated.items()})
    days = number(said.get("days", "missing"), "days")
    if days == 0:
        raise BadValue("A period of 0 days costs nothing.")
    lines = [line for section in SECTIONS if section in said for line in lines_of(section, said[section], rates, days)]
    if not lines:
        raise BadValue(f"{path.name} has no lines.", do=f"Add some: {', '.join(f'[[{name}]]' for name in SECTIONS)}.")
    return Book(str(said.get("name", path.stem)), currency, days, tuple(lines), _results(_table(said, "results")))


def _table(said: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = said.get(name, {})
    if not isinstance(found, Mapping):
        raise BadValue(f"{name} is {found!r}.", do=f"Write [{name}] above its entries.")
    return found


def _results(said: Mapping[str, object]) -> Results:
    for key in said:
        if key not in _RESULTS:
            raise BadValue(f"results says {key!r}.", instead=suggest(key, _RESULTS))
    how = str(said.get("how", "assumed"))
    if how not in HOW:
        raise BadValue(f"results were {how!r}.", instead=f"Known: {', '.join(HOW)}.")
    hours = {key: number(said[key], f"results, {key}") for key in ("raw_hours", "accepted_hours") if key in said}
    if hours.get("accepted_hours", Decimal(0)) > hours.get("raw_hours", Decimal("Infinity")):
        raise BadValue(f"{hours['accepted_hours']} accepted hours of {hours['raw_hours']} raw ones cannot be.")
    judged = _pair([said.get("accepted"), said.get("judged")], "accepted and judged") if "judged" in said else None
    return Results(
        hours.get("raw_hours"),
        hours.get("accepted_hours"),
        judged,
        number(said["combinations"], "results, combinations") if "combinations" in said else None,
        _pair(said["before"], "before") if "before" in said else None,
        _pair(said["after"], "after") if "after" in said else None,
        how,
        str(said.get("source", "")),
    )


def _pair(value: object, name: str) -> Share:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise BadValue(f"results, {name} is {value!r}.", do="Write [successes, trials].")
    hits, n = (number(one, f"results, {name}") for one in value)
    if n == 0 or hits > n or n != n.to_integral_value():
        raise BadValue(f"results, {name}: {hits} of {n} cannot be.")
    return Share(float(hits), int(n))


def figures(book: Book, results: Results) -> tuple[tuple[Estimate, ...], tuple[str, ...]]:
    """Cost per raw hour, accepted hour, new combination and point of success, and what could not be told and why.

    A share's interval goes over to what is divided by it; where the interval of a gain holds 0, its cost has no
    upper end, and where nothing was gained there is no cost of a point at all.
    """
    how = max((book.how, results.how), key=HOW.index)
    total, made, missing = float(book.total), list[Estimate](), list[str]()
    made.append(Estimate("total", total, book.currency, len(book.lines), None, None, book.how, "sum of lines"))

    def per(name: str, unit: str, amount: tuple[float, float | None, float | None], n: int, method: str) -> None:
        value, least, most = amount
        if value <= 0:
            missing.append(f"Nothing to divide by: {value:g} {unit}, so there is no {name.replace('_', ' ')}.")
            return
        exact = float(cents(book.total / Decimal(repr(value))))
        low = total / most if most else None
        high = None if least is None else total / least if least > 0 else float("inf")
        made.append(Estimate(name, exact, f"{book.currency}/{unit}", n, low, high, how, method))

    if results.raw_hours is None:
        missing.append("Raw hours are not known: state [results] raw_hours, or name a lake.")
    else:
        per("per_raw_hour", "hour", (float(results.raw_hours), None, None), 0, "total / raw hours")
    _accepted(results, per, missing)
    if results.combinations is None:
        missing.append("New combinations are not known: state [results] combinations, or name a lake.")
    else:
        per("per_new_combination", "combination", (float(results.combinations), None, None), 0, "total / combinations")
    if results.before is None or results.after is None:
        missing.append("Success before and after is not known: state [results] before and after, or turn the wheel.")
    else:
        gain, low, high = _gain(results.before, results.after)
        count = results.before.n + results.after.n
        per("per_point", "point", (gain, low, high), count, "total / points of success gained, Newcombe 95 %")
    return tuple(made), tuple(missing)


def _accepted(results: Results, per: Callable[..., None], missing: list[str]) -> None:
    share, raw = results.acceptance, results.raw_hours
    if results.accepted_hours is not None:
        hours = float(results.accepted_hours)
        if share is None or share.hits == 0:
            per("per_accepted_hour", "hour", (hours, None, None), 0, "total / accepted hours")
        else:  # counted as hours; the interval is that of the share of episodes
            least, most = (hours * bound / share.value for bound in share.bounds)
            per("per_accepted_hour", "hour", (hours, least, most), share.n, "total / accepted hours, Wilson 95 %")
    elif share is not None and raw is not None:
        hours = float(raw) * share.value
        least, most = (float(raw) * bound for bound in share.bounds)
        per("per_accepted_hour", "hour", (hours, least, most), share.n, "total / (raw hours x acceptance), Wilson 95 %")
    else:
        missing.append("Accepted hours are not known: state accepted_hours, or accepted and judged, or name a lake.")


def _gain(before: Share, after: Share) -> tuple[float, float, float]:
    """Points of success gained, and their 95 % interval (Newcombe 1998, from the two Wilson intervals)."""
    (low_b, high_b), (low_a, high_a) = before.bounds, after.bounds
    gain = after.value - before.value
    down = ((after.value - low_a) ** 2 + (high_b - before.value) ** 2) ** 0.5
    up = ((high_a - after.value) ** 2 + (before.value - low_b) ** 2) ** 0.5
    return 100 * gain, 100 * (gain - down), 100 * (gain + up)


def facts_of(book: Book, made: Sequence[Estimate], at: int) -> list[Fact]:
    """What the lake shall know: each figure about the ledger by its name, the unit as stream, interval and n beside."""
    facts = []
    for one in made:
        said: dict[str, float | str | None] = {"": one.value, "/low": one.low, "/high": one.high, "/how": one.how}
        for tail, value in {**said, "/n": float(one.n)}.items():
            if value is not None and value != float("inf"):
                facts.append(Fact(f"ledger:{book.name}", f"cost/{one.name}{tail}", value, BY, stream=one.unit, at=at))
    return facts
