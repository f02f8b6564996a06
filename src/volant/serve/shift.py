"""A shift: when it began, how long it lasts, and how many accepted episodes it should bring. One at a time, on disk."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ..core.errors import BadValue

__all__ = ["Shift", "begin", "current"]

_NAME = "shift.json"


@dataclass(frozen=True, slots=True)
class Shift:
    """``begin`` in ns since 1970, ``hours`` it lasts, ``target`` accepted episodes at its end, and who said so."""

    begin: int
    hours: float
    target: int
    by: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.hours <= 24:
            raise BadValue(f"A shift cannot last {self.hours:g} hours.", do="Give more than 0 and at most 24.")
        if not 1 <= self.target <= 1_000_000:
            raise BadValue(f"A shift cannot have {self.target} episodes as its target.", do="Give 1 to 1,000,000.")

    def expected(self, at: int) -> float:
        """What the line from nothing to the target asks for at a time."""
        return self.target * min(1.0, max(0.0, (at - self.begin) / (self.hours * 3.6e12)))


def current(home: Path) -> Shift | None:
    """The shift that was begun last, None where there was none or nobody can read it."""
    try:
        said = json.loads((home / _NAME).read_text(encoding="utf-8"))
        return Shift(int(said["begin"]), float(said["hours"]), int(said["target"]), str(said["by"]))
    except (OSError, ValueError, KeyError, TypeError, BadValue):
        return None


def begin(home: Path, shift: Shift) -> None:
    """Begin a shift in place of the one before."""
    part = home / f".{_NAME}.part"
    part.write_text(json.dumps(asdict(shift)), encoding="utf-8")
    part.replace(home / _NAME)
