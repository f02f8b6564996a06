"""How many samples a second really arrived: the rate that training sees, gaps included."""

from __future__ import annotations

from ..core import Episode
from ._motion import moving

__all__ = ["EffectiveRate"]


class EffectiveRate:
    """Samples minus one over seconds of the stream that says where the body is; gaps lower it."""

    name = "effective_rate"
    version = "2"
    unit = "Hz"

    def of(self, episode: Episode) -> float | None:
        """``None`` where fewer than two samples or no time passed."""
        stream = moving(episode)
        if stream is None:
            return None
        seconds = (int(stream.t.max()) - int(stream.t.min())) / 1e9
        return (len(stream) - 1) / seconds if seconds > 0 else None
