"""What a shift teaches besides its figures: how well failure was foreseen, what goes wrong, which robot wears."""

from __future__ import annotations

import numpy as np

from ..core import Estimate
from .drift import Drifted, Motion, Watchman
from .failures import between, ended, pareto
from .gate import Gate
from .gates.ensemble import Ensemble
from .gates.progress import Progress
from .moments import replayed, taken
from .pilot import Piloted
from .sentinel import Judged, alarm, judged, taught

__all__ = ["foreseen", "knowledge", "worn"]

_LEAST = 20
_BODY = "observation.state"


def foreseen(done: Piloted, gate: str, rate: float | None = None) -> Judged | None:
    """A sentinel taught by every other of the held-out operations and judged on the rest; none where it cannot be."""
    takes = done.alone
    if gate not in ("ensemble", "progress") or len(takes) < 2 * _LEAST:
        return None
    seen: Gate = Ensemble() if gate == "ensemble" else Progress(len(takes))
    scores = replayed(seen, takes)
    failed = np.array([take.outcome != "success" for take in takes])
    share = rate if rate is not None else min(0.9, max(0.02, float(failed[::2].mean())))
    sentinel = taught(scores[::2], failed[::2])
    return judged(sentinel, scores[1::2], failed[1::2], alarm(sentinel, scores[::2], share))


def knowledge(done: Piloted) -> tuple[Estimate, ...]:
    """Causes from the commonest, and the time between failures of the fleet and of its five worst robots."""
    work = ended(done)
    return (*pareto([one.cause for one in work]), *between(work)[:6])


def worn(done: Piloted) -> tuple[Drifted, ...]:
    """Robots whose bodies left the fleet during the shift, against the held-out operations; empty where unknown."""
    robots = {episode.origin.robot for episode in done}
    if len(done.alone) < _LEAST or _BODY not in done.alone[0].obs:
        return ()
    width = done.alone[0].obs[_BODY].shape[1]
    episode = done.episodes[0]
    names = episode[_BODY].signal.dims or tuple(f"dimension {i}" for i in range(width))
    usual = [Motion.of(take, "") for take in done.alone if len(take) >= 12]
    if len(usual) < _LEAST:
        return ()
    horizon = max(10, 2 * len(done.episodes) // len(robots))
    guard = Watchman(usual, names, len(robots), horizon=horizon)
    return guard.watch([Motion.of(taken(one), one.origin.robot) for one in done])
