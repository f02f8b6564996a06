"""How straight a body goes: distance between start and end over length of the path."""

from __future__ import annotations

import numpy as np

from ..core import Episode
from ._motion import motion

__all__ = ["PathEfficiency"]


class PathEfficiency:
    """``|x_end - x_start| / sum |x_{t+1} - x_t|``: 1 is a straight line, near 0 a loop or a search."""

    name = "path_efficiency"
    version = "2"
    unit = "share"

    def of(self, episode: Episode) -> float | None:
        """One number for the whole episode; ``None`` where nothing moves."""
        found = motion(episode)
        if found is None:
            return None
        path, _ = found
        length = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
        return float(np.linalg.norm(path[-1] - path[0])) / length if length > 0 else None
