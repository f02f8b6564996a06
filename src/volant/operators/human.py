"""An ordinary person: late, a little unsteady, and wrong now and then."""

from __future__ import annotations

from ..core.embodiment import Embodiment
from ..core.ports import Controller
from ._person import Person, Traits

__all__ = ["Human"]

TRAITS = Traits()


class Human:
    """Drives by the expert as an ordinary person would."""

    name = "human"
    version = "1"

    def drive(self, expert: Controller, body: Embodiment, lanes: int) -> Controller:
        """A person at the controls of so many lanes."""
        return Person(expert, body, lanes, TRAITS)
