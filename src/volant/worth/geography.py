"""Where the data was made beside where it is used: who feeds the robots and who is fed by them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import BadValue, NotFound
from .share import NOBODY, Shares

__all__ = ["Country", "apart", "geography", "read_use"]


@dataclass(frozen=True, slots=True)
class Country:
    """One country: its part of the hours, of the value, and of the declared use (each adds up to one)."""

    name: str
    hours: float
    value: float
    use: float

    @property
    def fed(self) -> float:
        """Use minus value: above 0 where a country gets more than it gives."""
        return self.use - self.value


def read_use(path: Path) -> dict[str, float]:
    """A declared deployment: ``[use]`` with a weight for each country (``KE = 0.1``), made to add up to one.

    Raises ``NotFound`` and ``BadValue``.
    """
    if not path.is_file():
        raise NotFound(f"There is no file at {path}.")
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8")).get("use")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadValue(f"{path.name} is no TOML file: {error}.") from error
    if not isinstance(said, dict) or not said:
        raise BadValue(f"{path.name} declares no use.", do="Write [use] with a weight for each country: KE = 0.1.")
    for name, weight in said.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < float("inf"):
            raise BadValue(f"use, {name} is {weight!r}, no weight.")
    whole = float(sum(said.values()))
    if whole <= 0:
        raise BadValue(f"{path.name}: all uses are 0.")
    return {str(name): float(weight) / whole for name, weight in said.items()}


def geography(shares: Shares, use: dict[str, float]) -> tuple[Country, ...]:
    """Contributions by country beside the declared use, those that give most beyond what they get first."""
    if shares.by != "country":
        raise BadValue(f"Contributions by {shares.by} have no geography.", do="Count them by country.")
    hours = sum(row.hours for row in shares.rows) or 1.0
    given = {row.name: (row.hours / hours, float(row.share)) for row in shares.rows}
    names = [*given, *(name for name in use if name not in given)]
    made = [Country(name, *given.get(name, (0.0, 0.0)), use.get(name, 0.0)) for name in names]
    return tuple(sorted(made, key=lambda one: (one.name == NOBODY, one.fed, one.name)))


def apart(countries: tuple[Country, ...]) -> float:
    """How far giving and getting lie apart: half the sum of differences, 0 (the same countries) to 1 (none shared)."""
    return sum(abs(one.fed) for one in countries) / 2
