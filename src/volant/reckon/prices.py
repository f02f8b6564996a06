"""What one unit of data takes: its hours and its price, stated by a person or known to the lake, always with units."""

from __future__ import annotations

import math
import re

from ..core.errors import BadValue, suggest
from ..lake import Store
from .forecast import Asked
from .formula import Quantity, converted
from .learning import Learning
from .units import CURRENCIES

__all__ = ["asked", "cost_known", "price_of"]

_PRICE = re.compile(r"\s*([0-9][0-9_,]*(?:\.[0-9]+)?)\s*([A-Z]{3}(?:\s*/.*)?)\s*")


def price_of(text: str) -> Quantity:
    """A stated price such as ``85 USD`` or ``85 USD/hour``. Raises ``BadValue`` where number or currency is missing."""
    found = _PRICE.fullmatch(text)
    if not found:
        raise BadValue(f"{text!r} is no price.", do="Write a number and its unit: '85 USD', or '85 USD/hour'.")
    currency = found[2].partition("/")[0].strip()
    if currency not in CURRENCIES:
        raise BadValue(f"{currency!r} is no currency.", instead=suggest(currency, CURRENCIES))
    return Quantity(float(found[1].replace(",", "").replace("_", "")), found[2], "assumed", "--cost-per")


def asked(
    learning: Learning, target: float, hours_per: float | None = None, cost_per: str = "", store: Store | None = None
) -> tuple[Learning, Asked]:
    """A forecast's question: what one unit of n takes in hours and money, as far as somebody stated or measured it.

    Where no price is stated, the lake's own cost of an accepted hour is used (``cost/per_accepted_hour``, told by
    ``volant cost``). Raises ``BadValue`` for a price by the hour where no hours are known.
    """
    if hours_per is not None and not (math.isfinite(hours_per) and hours_per > 0):
        raise BadValue(f"{hours_per:g} hours for one unit of n cannot be.")
    hours = hours_per if hours_per is not None else _hours_in(learning.unit)
    price = price_of(cost_per) if cost_per else None
    if price is None and store is not None and (hours or learning.hours):
        price = cost_known(store)
    if price is None:
        return learning, Asked(target, hours)
    money, each, over = price.unit.partition("/")
    factor = 1.0
    if each:
        taken = hours or learning.hours
        if taken is None:
            raise BadValue(
                f"A price by the {over.strip()} needs the hours that one unit of n takes.",
                do="Give --hours-per, or a price of one unit of n.",
            )
        factor = taken
        price = converted(price, f"{money.strip()}/hour")
    elif learning.unit == "":
        raise BadValue("A price of one n needs to know what n counts.", do="Give --unit.")
    low, high = price.bounds
    return learning, Asked(target, hours, (price.value * factor, low * factor, high * factor), money.strip(), price.how)


def _hours_in(unit: str) -> float | None:
    """Hours in one unit of n where n is a time; ``None`` where it is something else."""
    try:
        return converted(Quantity(1.0, unit), "hour").value if unit else None
    except BadValue:
        return None


def cost_known(store: Store) -> Quantity | None:
    """The lake's cost of an accepted hour as last told, with its interval; ``None`` where nobody reckoned it."""
    table = store.facts(key="cost/*")
    latest = {(key, stream): value for key, value, stream in zip(table.key, table.value, table.stream, strict=True)}
    at = [stream for key, stream in latest if key == "cost/per_accepted_hour"]
    if not at:
        return None
    unit = at[-1]
    value, low, high = (
        latest.get((key, unit))
        for key in ("cost/per_accepted_hour", "cost/per_accepted_hour/low", "cost/per_accepted_hour/high")
    )
    if not isinstance(value, int | float):
        return None
    ends = [float(end) if isinstance(end, int | float) else None for end in (low, high)]
    return Quantity(float(value), unit, "measured", "volant cost", ends[0], ends[1])
