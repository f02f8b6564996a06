"""Somebody in a hurry: quick and seldom waiting, with mistakes of their own."""

from __future__ import annotations

from ..core.embodiment import Embodiment
from ..core.ports import Controller
from ._person import Person, Traits

__all__ = ["Hasty"]

TRAITS = Traits(lag=0.06, speed=0.85, tremor=0.06, drift=0.06, pauses=0.03, mistakes=1.1)


class Hasty:
    """Drives by the expert as somebody in a hurry would."""

    name = "hasty"
    version = "1"

    def drive(self, expert: Controller, body: Embodiment, lanes: int) -> Controller:
        """A person at the controls of so many lanes."""
        return Person(expert, body, lanes, TRAITS)
