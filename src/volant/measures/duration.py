"""How long an episode lasts."""

from __future__ import annotations

from ..core import Episode

__all__ = ["Duration"]


class Duration:
    """Seconds from the first sample of any stream to the last."""

    name = "duration"
    version = "1"
    unit = "s"

    def of(self, episode: Episode) -> float | None:
        """``None`` for an episode without samples."""
        return episode.seconds if episode.frames else None
