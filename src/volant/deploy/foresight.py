"""What a gate's scores foretell, learnt from the operations that its limit was set by."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..core import Estimate, Floats, Take
from .cockpit import Watch
from .gate import Gate, need
from .gates.ensemble import Ensemble
from .gates.progress import Progress
from .moments import replayed
from .sentinel import alarm, judged, taught

__all__ = ["foresight"]

_LEAST = 20


def foresight(
    gate: str, watches: Sequence[Watch], alone: Sequence[Take]
) -> tuple[Callable[[Floats], Floats] | None, tuple[Estimate, ...]]:
    """The probability of failure by the highest need so far, and how good it is on operations that did not teach it.

    Taught by every other operation that the policy did alone and judged on the rest; none where there are fewer than
    forty, where all ended alike, or where the gate cannot be replayed.
    """
    failed = np.array([take.outcome != "success" for take in alone], np.bool_)
    half = failed[::2]
    if gate not in ("ensemble", "progress") or len(alone) < 2 * _LEAST or half.all() or not half.any():
        return None, ()
    seen: Gate = Ensemble() if gate == "ensemble" else Progress(len(alone))
    needs = [need(column, watches[0].threshold) for column in replayed(seen, alone)]
    sentinel = taught(needs[::2], half)
    limit = alarm(sentinel, needs[::2], min(0.9, max(0.02, float(half.mean()))))
    return sentinel, judged(sentinel, needs[1::2], failed[1::2], limit).figures
