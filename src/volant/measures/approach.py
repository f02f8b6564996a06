"""How much of an episode's movement brought it nearer to where it ended."""

from __future__ import annotations

import numpy as np

from ..core import Episode
from ._motion import motion

__all__ = ["Approach"]


class Approach:
    """``d(0) / sum |d(t+1) - d(t)|`` with ``d`` the distance to the episode's own end: 1 never turns back.

    Displacement toward the end state. It says nothing of whether the end was the right one, and a task with several
    legs (fetch, then carry) turns back by its nature: compare within a task.
    """

    name = "approach"
    version = "1"
    unit = "share"

    def of(self, episode: Episode) -> float | None:
        """0 to 1; ``None`` where nothing moves."""
        found = motion(episode)
        if found is None:
            return None
        away = np.linalg.norm(found[0] - found[0][-1], axis=1)
        way = float(np.abs(np.diff(away)).sum())
        return float(away[0]) / way if way > 0 else None
