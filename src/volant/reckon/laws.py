"""Laws of scaling as others state them: a form, two numbers, and the unit without which they mean nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..core.errors import BadValue, Refused
from .formula import Quantity, converted

__all__ = ["Law", "multiplied"]


@dataclass(frozen=True, slots=True)
class Law:
    """``power``: ``y = a n^-b``; ``logarithmic``: ``y = a - b ln n``; n counted in ``unit``, y a loss or a gap.

    ``source`` says who states it. Raises ``BadValue`` where the unit is missing: the same two numbers with n in hours
    and in thousands of hours are two laws.
    """

    form: str
    a: float
    b: float
    unit: str
    source: str = ""

    def __post_init__(self) -> None:
        if self.form not in ("power", "logarithmic"):
            raise BadValue(f"No law has the form {self.form!r}.", instead="Known: power, logarithmic.")
        if not self.unit.strip():
            raise BadValue(
                f"The law y = {self.written} does not say what n counts.",
                do="State its unit, such as 'hour' or 'khour': its numbers mean nothing without.",
            )
        if not (math.isfinite(self.a) and math.isfinite(self.b)):
            raise BadValue(f"{self.a} and {self.b} are no numbers of a law.")

    @property
    def written(self) -> str:
        """The law in one line, without its unit."""
        return f"{self.a:g} n^-{self.b:g}" if self.form == "power" else f"{self.a:g} - {self.b:g} ln n"

    def at(self, amount: Quantity) -> float:
        """What the law says at an amount of data, in whatever unit of the same kind it is given.

        Raises ``Refused`` where a loss would be negative: then the unit is wrong, or the law left its range.
        """
        n = converted(amount, self.unit).value
        if n <= 0:
            raise BadValue(f"A law says nothing of {amount}.")
        value = self.a * n**-self.b if self.form == "power" else self.a - self.b * math.log(n)
        if value < 0:
            raise Refused(
                f"At {amount} the law {self.written} with n in {self.unit} says {value:.4g}: no loss is negative.",
                do="Look for the law's unit: it may count thousands of what it seems to count.",
            )
        return value


def multiplied(exponent: float, times: float) -> float:
    """What ``times`` as much data leaves of an error that falls as ``n^-exponent``; no unit is needed for a ratio."""
    if times <= 0:
        raise BadValue(f"{times:g} times as much data cannot be.")
    return float(times**-exponent)
