"""How much of the time a body stands still between its first and its last movement."""

from __future__ import annotations

import numpy as np

from ..core import Episode
from ._motion import motion

__all__ = ["Stalls"]

LOOK = 0.2
"""Seconds over which a displacement is looked at: longer than the hand trembles, shorter than people hesitate."""
SLOW = 0.1
"""Share of a brisk displacement (the 90th percentile of the episode) below which a body counts as still."""
LEAST = 0.25
"""Seconds that a stop lasts at least; shorter ones are turns."""


class Stalls:
    """Share of the time at rest between the first movement and the last: at most a tenth of its brisk speed.

    A stop lasts a quarter of a second or more. Waiting that a task asks for (until something is poured) counts too.
    """

    name = "stalls"
    version = "1"
    unit = "share"

    def of(self, episode: Episode) -> float | None:
        """0 to 1; ``None`` where nothing moves or the episode is shorter than a second."""
        found = motion(episode)
        if found is None:
            return None
        path, rate = found
        wide = max(1, round(LOOK * rate))
        if len(path) <= max(rate, wide + 1):
            return None
        away = np.linalg.norm(path[wide:] - path[:-wide], axis=1)
        brisk = float(np.percentile(away, 90))
        moving = np.flatnonzero(away >= SLOW * brisk)
        if brisk <= 0 or len(moving) < 2:
            return None
        rests = np.diff(moving) - 1
        stops = rests[(rests > 0) & (rests + wide - 1 >= LEAST * rate)] + wide - 1
        first = moving[0] + wide - 1 if moving[0] else 0
        last = moving[-1] + 1 if moving[-1] < len(away) - 1 else moving[-1] + wide
        return min(1.0, float(stops.sum()) / float(max(1, last - first)))
