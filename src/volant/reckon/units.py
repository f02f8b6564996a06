"""Which units there are: physics, bytes, money and the things that robotics counts, each a dimension of its own.

The registry is pint's, filled from the list below and nothing else, and made when the first unit is asked for. A
robot is no number, a byte is no number, and every currency is a dimension: what cannot be added is refused, and one
currency becomes another only by a rate that somebody states ("EUR/USD").
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from ..core.errors import BadValue, suggest

if TYPE_CHECKING:
    import pint
    from pint.facets.plain import PlainUnit

__all__ = [
    "CURRENCIES",
    "PLAIN",
    "difference",
    "known",
    "money",
    "named",
    "product",
    "reduced",
    "registry",
    "root",
    "written",
]

CURRENCIES = ("USD", "EUR", "CNY", "GBP", "JPY", "KRW", "PHP", "CHF", "INR", "TWD", "CAD", "AUD", "SGD", "BRL", "MXN")
"""The currencies, by their ISO 4217 codes; no rate between them is known."""

PLAIN = "1"
"""The unit of a number that has none by its nature: a share, a ratio. An empty unit means that nobody said."""

_COUNTED = (
    "robot",
    "operator",
    "person = _ = people",
    "episode = _ = trajectory = demonstration = demo = sample",
    "task",
    "environment = _ = scene",
    "object",
    "frame",
    "token",
    "step",
    "store",
    "site",
    "station",
    "shift",
    "call = _ = intervention",
    "operation",
    "point",
    "car",
)

_PHYSICS = """
yocto- = 1e-24
nano- = 1e-9 = n-
micro- = 1e-6 = µ-
milli- = 1e-3 = m-
centi- = 1e-2 = c-
kilo- = 1e3 = k-
mega- = 1e6 = M-
giga- = 1e9 = G-
tera- = 1e12 = T-
peta- = 1e15 = P-
exa- = 1e18 = E-
kibi- = 2**10 = Ki-
mebi- = 2**20 = Mi-
gibi- = 2**30 = Gi-
tebi- = 2**40 = Ti-
second = [time] = s
minute = 60 * second = min
hour = 60 * minute = h = hr
day = 24 * hour = d
week = 7 * day
year = 365 * day = yr
month = year / 12
metre = [length] = m = meter
gram = [mass] = g
kelvin = [temperature] = K
ampere = [current] = A
newton = kilogram * metre / second ** 2 = N
joule = newton * metre = J
watt = joule / second = W
volt = watt / ampere = V
hertz = 1 / second = Hz
byte = [information] = B
bit = byte / 8
radian = [] = rad
percent = 0.01 = %
"""

_MOST = 100
_WRITTEN = re.compile(r"[A-Za-zµ%0-9_ */^().-]+")


@cache
def registry() -> pint.UnitRegistry[float]:
    """The one list of units of this process, made when first asked for; importing it takes pint, so it is late."""
    import pint

    units: pint.UnitRegistry[float] = pint.UnitRegistry(None, preprocessors=[])
    lines = [line for line in _PHYSICS.splitlines() if line]
    for counted in _COUNTED:
        name, _, rest = counted.partition(" = ")
        lines.append(f"{name} = [{name}]" + (f" = {rest}" if rest else ""))
    lines += [f"{code} = [currency_{code}]" for code in CURRENCIES]
    lines.append("combination = task * environment")
    units.load_definitions(lines)
    return units


def known() -> tuple[str, ...]:
    """The names that units are made of, without prefixes and aliases, for messages that say what exists."""
    names = [line.split(" =")[0] for line in _PHYSICS.splitlines() if line and "-" not in line.split(" =")[0]]
    return (*names, *(counted.split(" =")[0] for counted in _COUNTED), "combination", *CURRENCIES)


def named(unit: str) -> PlainUnit:
    """A unit from its text ("GB/robot/day", "USD/h", "1"); BadValue where it is empty, unknown or no unit at all."""
    text = unit.strip()
    if not text:
        raise BadValue("A quantity has no unit.", do=f"State one; write {PLAIN!r} for a plain number.")
    if len(text) > _MOST or not _WRITTEN.fullmatch(text):
        raise BadValue(f"{text[:_MOST]!r} is no unit.", instead=_example())
    return _parsed(text)


@cache
def _parsed(text: str) -> PlainUnit:
    from pint.errors import PintError, UndefinedUnitError

    try:
        return registry().parse_units(text)
    except UndefinedUnitError as wrong:
        lost = str(wrong.args[0] if isinstance(wrong.args[0], str) else wrong.args[0][0])
        raise BadValue(f"Unknown unit {lost!r} in {text!r}.", instead=suggest(lost, known())) from None
    except (PintError, ValueError, TypeError, SyntaxError, ArithmeticError, AttributeError):
        raise BadValue(f"{text!r} is no unit.", instead=_example()) from None


def _example() -> str:
    return "Units are products of names: GB/robot/day, USD/h, task*environment."


@cache
def root(unit: str) -> float:
    """How many root units (seconds, bytes, metres, one of each counted thing) one such unit is."""
    return float(registry().Quantity(1.0, named(unit)).to_root_units().magnitude)


def product(one: PlainUnit, other: PlainUnit, power: float = 1) -> PlainUnit:
    """The unit of ``one`` times ``other`` to a power."""
    return registry().Unit(one * other**power)


def written(unit: PlainUnit) -> str:
    """A unit as short text that reads back as itself: ``TB/d/robot``; ``1`` for a plain number."""
    return "1" if unit == registry().dimensionless else f"{unit:~C}"


def reduced(unit: PlainUnit) -> str:
    """The same kind of unit with hours and days, or metres and feet, made one; as text."""
    return written(registry().Unit(registry().Quantity(1.0, unit).to_reduced_units().units))


def money(unit: PlainUnit) -> frozenset[str]:
    """The currencies that a unit is made of."""
    return frozenset(name[10:-1] for name in unit.dimensionality if name.startswith("[currency_"))


def difference(left: PlainUnit, right: PlainUnit) -> str:
    """Why two units cannot be added, compared or converted into one another; empty where they can."""
    if left.dimensionality == right.dimensionality:
        return ""
    mine, theirs = money(left), money(right)
    if mine and theirs and mine != theirs:
        one, other = min(mine), min(theirs - mine or theirs)
        return (
            f"Two currencies, {written(left)} and {written(right)}, meet without a rate. State one as an input "
            f"(unit {other}/{one}, with its day as the source) and multiply by it."
        )
    return f"{written(left)} and {written(right)} are not the same kind of thing."
