"""How jerky a body moves: log dimensionless jerk; less negative is smoother."""

from __future__ import annotations

import numpy as np

from ..core import Episode
from ._motion import motion, speed

__all__ = ["Jerk"]


class Jerk:
    """LDLJ: ``-ln(T^3 / v_peak^2 * integral |d^3 x / dt^3|^2 dt)`` (Hogan and Sternad 2009), free of units."""

    name = "jerk"
    version = "2"
    unit = "1"

    def of(self, episode: Episode) -> float | None:
        """One number for the whole episode; ``None`` where nothing moves."""
        found = motion(episode)
        if found is None:
            return None
        path, rate = found
        peak = float(speed(path, rate).max())
        third = np.diff(path, n=3, axis=0) * rate**3
        total = float(np.sum(third**2)) / rate
        seconds = (len(path) - 1) / rate
        if peak <= 0 or total <= 0:
            return None
        return -float(np.log(seconds**3 / peak**2 * total))
