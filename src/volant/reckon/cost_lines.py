"""A cost ledger's lines: what each robot, person, room and disk costs in the period, exact to the cent.

Everything is reckoned in decimal numbers as they were written (a TOML float is read as its digits), one line is rounded
to the cent once (half up), and the total is the sum of the lines, so a person who adds them by hand gets the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from ..core.errors import BadValue, suggest
from .units import CURRENCIES

__all__ = ["CENT", "SECTIONS", "Line", "Rates", "amount", "cents", "lines_of", "number"]

CENT = Decimal("0.01")
_YEAR = Decimal(365)
Entry = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ledger: ``money`` in the ledger's currency, to the cent, and by which formula it came."""

    section: str
    name: str
    money: Decimal
    formula: str
    how: str
    source: str


@dataclass(frozen=True, slots=True)
class Rates:
    """The ledger's currency, and what one unit of each other currency is worth in it, where the file states that."""

    currency: str
    stated: Mapping[str, Decimal]

    def here(self, value: Decimal, currency: str, where: str) -> Decimal:
        """A sum in the ledger's currency. Raises ``BadValue`` for two currencies without a stated rate."""
        if currency == self.currency:
            return value
        if currency not in self.stated:
            raise BadValue(
                f"{where} is in {currency}, the ledger in {self.currency}, and no rate between them is stated.",
                do=f"Add [rates] {currency} = VALUE: how many {self.currency} one {currency} was worth.",
            )
        return value * self.stated[currency]


def cents(value: Decimal) -> Decimal:
    """Rounded to the cent, half up, as bills are."""
    return value.quantize(CENT, ROUND_HALF_UP)


def number(value: object, where: str) -> Decimal:
    """A number as it was written, 0 or more. Raises ``BadValue``."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise BadValue(f"{where} is {value!r}, no number.")
    try:
        made = Decimal(str(value).replace(",", "").strip())
    except InvalidOperation:
        raise BadValue(f"{where} is {value!r}, no number.") from None
    if not made.is_finite() or made < 0:
        raise BadValue(f"{where} is {value}: it must be 0 or more.")
    return made


def amount(value: object, rates: Rates, where: str) -> Decimal:
    """A sum of money in the ledger's currency from ``"25,000.00 EUR"``; a plain number is in the ledger's own."""
    if not isinstance(value, str):
        return number(value, where)
    digits, _, currency = value.strip().rpartition(" ")
    if not digits:
        raise BadValue(f"{where} is {value!r}: number or currency is missing.", do="Write '12.50 USD'.")
    if currency not in CURRENCIES:
        raise BadValue(f"{where} is in {currency!r}, which is no currency.", instead=suggest(currency, CURRENCIES))
    return rates.here(number(digits, where), currency, where)


class _Read:
    """One entry while it is read: money and numbers by name, and what it may say."""

    def __init__(self, entry: Entry, rates: Rates, where: str) -> None:
        self.entry, self.rates, self.where = entry, rates, where

    def money(self, name: str, default: str = "") -> Decimal:
        return amount(self._get(name, Decimal(default) if default else None), self.rates, f"{self.where}, {name}")

    def plain(self, name: str, default: str = "") -> Decimal:
        return number(self._get(name, Decimal(default) if default else None), f"{self.where}, {name}")

    def _get(self, name: str, default: object) -> object:
        if name not in self.entry and default is None:
            raise BadValue(f"{self.where} does not say {name!r}.", do=f"Add {name} = ... to it.")
        return self.entry.get(name, default)


def _robots(read: _Read, days: Decimal) -> tuple[Decimal, str]:
    count, life = read.plain("count", "1"), read.plain("life_days")
    price, rest = read.money("price"), read.money("residual", "0")
    if life == 0 or rest > price:
        raise BadValue(f"{read.where}: a life of {life} days and {rest} of {price} left cannot be.")
    worn = (price - rest) * days / life
    energy = read.plain("watts", "0") / 1000 * read.plain("hours", "0") * read.money("per_kwh", "0")
    care = read.money("maintenance_per_year", "0") * days / _YEAR
    return count * (worn + energy + care), "count x (depreciation + energy + maintenance)"


def _people(read: _Read, _: Decimal) -> tuple[Decimal, str]:
    paid = read.plain("count", "1") * read.plain("hours") * read.money("per_hour")
    return paid * (1 + read.plain("on_cost", "0")), "count x hours x wage x (1 + on-cost)"


def _monthly(read: _Read, days: Decimal) -> tuple[Decimal, str]:
    return read.money("per_month") * 12 * days / _YEAR, "per month x 12 x days / 365"


def _storage(read: _Read, days: Decimal) -> tuple[Decimal, str]:
    held = read.plain("terabytes") * read.money("per_terabyte_month")
    return held * 12 * days / _YEAR, "TB x price of a TB-month x 12 x days / 365"


def _simulation(read: _Read, _: Decimal) -> tuple[Decimal, str]:
    return read.plain("hours") * read.money("per_hour"), "hours x price of an hour"


def _shared(read: _Read, _: Decimal) -> tuple[Decimal, str]:
    share = read.plain("share")
    if share > 1:
        raise BadValue(f"{read.where} bears {share} of a shared cost.", do="A share is between 0 and 1.")
    return read.money("amount") * share, "amount of the period x share"


SECTIONS: Mapping[str, tuple[Callable[[_Read, Decimal], tuple[Decimal, str]], tuple[str, ...]]] = {
    "robots": (
        _robots,
        ("count", "price", "residual", "life_days", "watts", "hours", "per_kwh", "maintenance_per_year"),
    ),
    "people": (_people, ("count", "hours", "per_hour", "on_cost")),
    "facility": (_monthly, ("per_month",)),
    "review": (_people, ("count", "hours", "per_hour", "on_cost")),
    "storage": (_storage, ("terabytes", "per_terabyte_month")),
    "simulation": (_simulation, ("hours", "per_hour")),
    "shared": (_shared, ("amount", "share")),
}
"""What a ledger may hold: the formula of each section and what its entries may say beside name, how and source."""


def lines_of(section: str, entries: object, rates: Rates, days: Decimal) -> list[Line]:
    """The lines of one section. Raises ``BadValue`` for what is missing, unknown or no amount."""
    formula, fields = SECTIONS[section]
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise BadValue(f"{section} is no list of entries.", do=f"Write [[{section}]] above each.")
    made = []
    for place, entry in enumerate(entries, 1):
        name = str(entry.get("name", f"{section} {place}"))
        where, how = f"{section}, {name!r}", str(entry.get("how", "assumed"))
        for key in entry:
            if key not in (*fields, "name", "how", "source"):
                raise BadValue(f"{where} says {key!r}.", instead=suggest(key, fields))
        if how not in ("measured", "cited", "assumed"):
            raise BadValue(f"{where} was {how!r}.", instead="Known: measured, cited, assumed.")
        money, words = formula(_Read(entry, rates, where), days)
        made.append(Line(section, name, cents(money), words, how, str(entry.get("source", ""))))
    return made
