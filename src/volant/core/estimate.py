"""A number that may be shown: with its unit, how many it rests on, its interval and how it was made."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import BadValue

__all__ = ["Estimate"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its honesty: ``value`` in ``unit`` from ``n`` observations, inside ``low`` to ``high``.

    ``how`` is measured, cited or assumed; ``method`` names the formula and the confidence level, ``group`` what it is
    about (empty for everything). ``low`` and ``high`` are ``None`` where no interval is defined.
    """

    name: str
    value: float
    unit: str
    n: int
    low: float | None = None
    high: float | None = None
    how: str = "measured"
    method: str = ""
    group: str = ""

    def __post_init__(self) -> None:
        if self.how not in ("measured", "cited", "assumed"):
            raise BadValue(f"Estimate {self.name!r} was {self.how!r}.", instead="Known: measured, cited, assumed.")

    def __str__(self) -> str:
        interval = "" if self.low is None or self.high is None else f" [{self.low:.4g}, {self.high:.4g}]"
        return f"{self.name} {self.value:.4g} {self.unit}{interval} (n={self.n}, {self.how})"
