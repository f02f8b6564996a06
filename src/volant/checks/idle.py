"""Time before the first motion and after the last."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from volant.core import Episode, Fact, Span, Verdict

from ._profile import numbers
from ._still import still
from .static import Static

__all__ = ["Idle"]


class Idle:
    """For how long nothing moves at the head and the tail of an episode, in seconds each."""

    name = "idle"
    version = "1"
    unit = "s"
    floor = 1.0
    limit = 3.0
    verdict = Verdict.REVIEW
    why = "Nothing moves for {value:.3g} {unit} at an end of the episode."

    def findings(self, episode: Episode) -> Iterable[Fact]:
        """One fact with its span for a head and a tail of more than a second."""
        streams = [s for s in numbers(episode) if Static().applies(s.signal) and len(s.t) >= 16]
        edges = []
        for stream in streams:
            x = np.array(stream.values, dtype=np.float64).reshape(len(stream.t), -1)
            moving = np.zeros(len(x), dtype=np.uint8)
            lag = int(np.clip(round((stream.signal.hz or 30.0) / 2), 4, 256))
            still(x, np.array([0, len(x)], dtype=np.int64), lag, moving)
            rows = np.flatnonzero(moving)
            if not len(rows):
                return
            edges.append((int(stream.t[max(0, rows[0] - lag)]), int(stream.t[rows[-1]])))
        if not edges:
            return
        first, last = min(edge[0] for edge in edges), max(edge[1] for edge in edges)
        by = f"checks/{self.name}@{self.version}"
        for span in (
            Span(episode.span.start, max(episode.span.start, first)),
            Span(last, max(last, episode.span.stop)),
        ):
            if span.seconds > self.floor:
                yield Fact("", f"check/{self.name}", span.seconds, by, span)
