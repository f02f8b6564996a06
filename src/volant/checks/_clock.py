"""What the clock checks share: intervals between samples, zero where a run begins."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Kind, Signal

from ._kernels import Ints

__all__ = ["intervals", "ticking"]


def ticking(signal: Signal) -> bool:
    """Whether a channel is sampled (pictures and numbers) rather than said now and then (words, events).

    A second clock of a topic (when it was logged beside when it was stamped) ticks with the topic, which is judged.
    """
    return not signal.kind.textual and signal.kind != Kind.CLOCK


def intervals(columns: Columns) -> Ints:
    """Nanoseconds since the sample before, 0 on the first sample of each run."""
    step = np.zeros(len(columns.t), dtype=np.int64)
    np.subtract(columns.t[1:], columns.t[:-1], out=step[1:])
    starts = columns.cuts[:-1]
    step[starts[starts < len(step)]] = 0
    return step
