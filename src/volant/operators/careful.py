"""Somebody careful: slow and steady, with few mistakes."""

from __future__ import annotations

from ..core.embodiment import Embodiment
from ..core.ports import Controller
from ._person import Person, Traits

__all__ = ["Careful"]

TRAITS = Traits(speed=0.5, tremor=0.03, drift=0.02, pauses=0.1, pause=0.2, mistakes=0.15)


class Careful:
    """Drives by the expert as a careful person would."""

    name = "careful"
    version = "1"

    def drive(self, expert: Controller, body: Embodiment, lanes: int) -> Controller:
        """A person at the controls of so many lanes."""
        return Person(expert, body, lanes, TRAITS)
