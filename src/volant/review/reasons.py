"""The words of a review: reasons to return an episode, causes of failure, how raters sign, and how a queue is run."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from ..core.errors import BadValue

__all__ = ["CAUSES", "REASONS", "Reviewing", "author", "chance", "person"]

REASONS = {
    "picture": "The picture is dark, blurred, frozen or covered.",
    "cut": "It starts too late or ends too early.",
    "task": "This is not the task that was asked for.",
    "idle": "Nothing happens for too long.",
    "jerky": "The movement is too jerky to learn from.",
    "sync": "Picture and signals do not belong together.",
    "signal": "A signal is missing or wrong.",
    "private": "Somebody or something private is in view.",
    "repeat": "The same was recorded before.",
}
"""Why an episode goes back, and what its collector reads; words of one's own serve as well."""

CAUSES = (
    "dropped",
    "missed grasp",
    "off course",
    "collision",
    "stalled",
    "wrong object",
    "timeout",
    "robot fault",
    "unknown",
)
"""Why a task failed, in words that raters choose by one key; others are words of one's own."""

_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Reviewing:
    """How a queue is run; the same numbers give the same choices.

    ``double`` is the share of episodes that two people rate, ``gold`` the share of a rater's work that is gold without
    saying so, ``audit`` the share of what the gate accepted that people look at all the same (what it did not accept
    they all see). ``hold`` is for how long a claim keeps others away, in seconds.
    """

    seed: int = 0
    double: float = 0.1
    gold: float = 0.05
    audit: float = 1.0
    hold: float = 600.0

    def __post_init__(self) -> None:
        for name in ("double", "gold", "audit"):
            if not 0 <= getattr(self, name) <= 1:
                raise BadValue(f"The share {name} is {getattr(self, name):g}.", do="Give a share from 0 to 1.")
        if not self.hold > 0:
            raise BadValue(f"A claim cannot hold for {self.hold:g} s.")

    def until(self, at: int) -> int:
        """When a claim of now ends."""
        return at + int(self.hold * _SECOND)

    def raters(self, subject: str) -> int:
        """How many people rate an episode: 2 for the share that is rated double, else 1."""
        return 2 if chance(self.seed, "double", subject) < self.double else 1

    def audited(self, subject: str) -> bool:
        """Whether people look at an episode that the gate accepted."""
        return chance(self.seed, "audit", subject) < self.audit


def chance(seed: int, *words: str) -> float:
    """A number in 0 to 1 that these words always draw with this seed."""
    drawn = hashlib.blake2b("\0".join((str(seed), *words)).encode(), digest_size=8).digest()
    return int.from_bytes(drawn, "big") / 2**64


def author(name: str) -> str:
    """How a person signs facts: ``person/<name>@1``. Raises ``BadValue`` where no name is left."""
    plain = re.sub(r"[^\w.+-]+", "-", name.strip()).strip("-")
    if not plain:
        raise BadValue(f"{name!r:.60} is no name of a person.")
    return f"person/{plain[:64]}@1"


def person(by: str) -> str:
    """The name in a person's signature; empty where no person signed."""
    return by.removeprefix("person/").rpartition("@")[0] if by.startswith("person/") else ""
