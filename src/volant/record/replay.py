"""A recorded log, sent as if it happened now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..logs.mcap_file import McapFile
from .carrier import Carrier
from .recorder import Recorder
from .standby import Standby

__all__ = ["replay"]

BATCH = 50_000_000
"""Recorded time that is decoded at once, ns."""


def replay(
    path: Path, recorder: Recorder | Standby, *, speed: float, now: Callable[[], int], sleep: Callable[[float], None]
) -> Carrier:
    """Send an MCAP file at ``speed`` times its own rate (0: as fast as it goes); capture times are kept."""
    source, carrier = McapFile(path), Carrier(recorder)
    carrier.channels = source.channels
    first = mark = begun = 0
    for channel, log, payload, _ in source.messages():
        if not begun:
            first = mark = log
            begun = now()
        if log - mark >= BATCH:
            carrier.channels = source.channels
            carrier.flush()
            mark = log
            ahead = (log - first) / speed - (now() - begun) if speed else 0.0
            if ahead > 0:
                sleep(ahead / 1e9)
        carrier.add(channel, log, payload)
    carrier.channels = source.channels
    carrier.flush()
    for key, words in source.trouble.found:
        carrier.left_out.setdefault(key, words)
    return carrier
