"""Somebody who does this for the first time: late, trembling, hesitant, often wrong."""

from __future__ import annotations

from ..core.embodiment import Embodiment
from ..core.ports import Controller
from ._person import Person, Traits

__all__ = ["Novice"]

TRAITS = Traits(lag=0.09, speed=0.5, tremor=0.08, drift=0.06, pauses=0.3, pause=0.3, mistakes=0.8)


class Novice:
    """Drives by the expert as a beginner would."""

    name = "novice"
    version = "1"

    def drive(self, expert: Controller, body: Embodiment, lanes: int) -> Controller:
        """A person at the controls of so many lanes."""
        return Person(expert, body, lanes, TRAITS)
