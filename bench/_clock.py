"""Time and memory of work, and how a result line looks."""

import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

__all__ = ["median_of", "peak_mb", "ratio", "seconds", "timed"]


def seconds(work: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Wall seconds of one call, and what it made."""
    start = time.perf_counter()
    made = work()
    return time.perf_counter() - start, made


def median_of(work: Callable[[], object], times: int = 5) -> float:
    """Median wall seconds of some calls."""
    return statistics.median(seconds(work) for _ in range(times))


def peak_mb() -> float:
    """Largest resident memory of this process so far, in MB."""
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6


def ratio(what: str, ours: str, other: str, value: float, promise: str, kept: bool | None) -> None:
    """One result line: what was measured, both figures, their ratio and whether the promise holds (``None``: nothing
    was promised of this one, and ``promise`` says why)."""
    held = "" if kept is None else " KEPT" if kept else " BROKEN"
    print(f"{what}: {ours}; {other}; ratio {value:.3g} (promise: {promise}){held}", flush=True)
