"""The world's own script, as it is: what other operators bend."""

from __future__ import annotations

from ..core.embodiment import Embodiment
from ..core.ports import Controller

__all__ = ["Expert"]


class Expert:
    """Drives by the scripted expert of the world, unchanged."""

    name = "expert"
    version = "1"

    def drive(self, expert: Controller, body: Embodiment, lanes: int) -> Controller:
        """The expert itself."""
        return expert
