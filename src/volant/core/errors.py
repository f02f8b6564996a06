"""Everything that can go wrong, as one tree.

    VolantError                 refused with a reason: exit code 1
    |-- BadInput                what was given cannot be read or used
    |   |-- NotFound            the path, episode, tag or topic does not exist
    |   |-- UnknownFormat       no format claims the file; says who bid what
    |   |-- Damaged             truncated, corrupt or contradictory; says what was saved
    |   |-- Hostile             would execute code, leave its folder or exhaust the machine
    |   `-- BadValue            wrong type, unit, shape or range
    |-- Refused               asked for something that would lose or falsify data
    |-- LakeError             the memory cannot do what was asked
    |   |-- LakeNewer           written by a newer version of Volant
    |   |-- LakeCorrupt         stored bytes differ from their digest
    |   `-- LakeUnwritable      no permission or no space
    |-- MissingPart           an optional package or program is not installed
    `-- Misuse                the command or call itself is wrong: exit code 2

Every message says what is wrong, what exists instead and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "BadInput",
    "BadValue",
    "Damaged",
    "Hostile",
    "LakeCorrupt",
    "LakeError",
    "LakeNewer",
    "LakeUnwritable",
    "Misuse",
    "MissingPart",
    "NotFound",
    "Refused",
    "UnknownFormat",
    "VolantError",
    "suggest",
]


class VolantError(Exception):
    """A refusal with a reason; ``what`` is wrong, ``instead`` exists, ``do`` is the way on."""

    exit_code = 1

    def __init__(self, what: str, *, instead: str = "", do: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.instead = instead
        self.do = do

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.instead, self.do) if part)


class BadInput(VolantError):
    """What was given cannot be read or used."""


class NotFound(BadInput):
    """The path, episode, tag or topic does not exist."""


class UnknownFormat(BadInput):
    """No format claims the file."""


class Damaged(BadInput):
    """A recording is truncated, corrupt or contradicts its own metadata."""


class Hostile(BadInput):
    """Reading on would execute code, leave the folder or exhaust the machine."""


class BadValue(BadInput):
    """A value has the wrong type, unit, shape or range."""


class Refused(VolantError):
    """What was asked for would lose or falsify data."""


class LakeError(VolantError):
    """The memory cannot do what was asked."""


class LakeNewer(LakeError):
    """The lake was written by a newer version of Volant."""


class LakeCorrupt(LakeError):
    """Stored bytes differ from their digest."""


class LakeUnwritable(LakeError):
    """The lake's place has no permission or no space."""


class MissingPart(VolantError):
    """An optional package or program is not installed."""


class Misuse(VolantError):
    """The command or call itself is wrong."""

    exit_code = 2


def suggest(wrong: str, known: Iterable[str]) -> str:
    """A sentence that names what exists instead of ``wrong``: near names first, else all of them."""
    names = sorted(known)
    near = get_close_matches(wrong, names, n=3)
    if near:
        return f"Did you mean {' or '.join(repr(name) for name in near)}?"
    return f"Known: {', '.join(names)}." if names else "None exist yet."
