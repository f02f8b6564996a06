"""How far an episode got, by what the task itself says."""

from __future__ import annotations

import numpy as np

from ..core import Episode, Kind

__all__ = ["Progress"]


class Progress:
    """The furthest that the recording's own stream ``progress`` came: 0 nothing, 1 the task is done.

    What a share means is up to whoever recorded it (in the embedded worlds: milestones reached). Where nothing was
    recorded there is none: from motion alone nobody knows where an episode should have gone (see ``approach``).
    """

    name = "progress"
    version = "1"
    unit = "share"

    def of(self, episode: Episode) -> float | None:
        """0 to 1; ``None`` where no such stream was recorded or it leaves 0 to 1."""
        for stream in episode.of(Kind.SCALAR):
            if stream.name.rsplit("/", 1)[-1].rsplit(".", 1)[-1] == "progress" and stream.video is None and len(stream):
                values = stream.values.reshape(-1).astype(np.float64)
                values = values[np.isfinite(values)]
                if len(values) and values.min() >= 0 and values.max() <= 1 + 1e-6:
                    return min(1.0, float(values.max()))
        return None
