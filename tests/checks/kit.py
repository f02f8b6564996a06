"""What the tests of checks share: signals that suit a check, wandering samples with faults, columns of one run."""

from __future__ import annotations

import numpy as np

from volant import plug
from volant.core import Check, Columns, Kind, PairCheck, Signal


def signals_for(check: Check, dtype: str = "float64") -> list[Signal]:
    """Signals that the check applies to, at least one."""
    quat = ("x", "y", "z", "qx", "qy", "qz", "qw")
    made = [
        Signal("state", Kind.STATE, (7,), dtype, hz=30),
        Signal("action", Kind.ACTION, (7,), dtype, hz=30),
        Signal("wrench", Kind.WRENCH, (3,), dtype, hz=100),
        Signal("pose", Kind.POSE, (7,), dtype, hz=None, dims=quat),
        Signal("grip", Kind.GRIPPER, (1,), dtype, hz=10),
    ]
    return [signal for signal in made if check.applies(signal)][:3]


def wander(rng: np.random.Generator, size: int, signal: Signal, broken: bool = True):
    """Times and samples of a wandering body; where ``broken`` with gaps, NaN, plateaus, spikes and leaps."""
    step = rng.choice([33, 33, 33, 34, 32, 50], size) * 1_000_000
    if broken and size > 20:
        step[rng.integers(1, size, 3)] = rng.choice([-5, 0, 500], 3) * 1_000_000
    t = np.cumsum(step).astype(np.int64)
    dtype = signal.dtype
    x = np.cumsum(rng.normal(0, 0.01, (size, signal.width)), axis=0) + rng.normal(0, 0.5, signal.width)
    if size > 60:
        hold = rng.integers(0, size - 40)
        x[hold : hold + 40] = x[hold]
        np.clip(x[:, 0], -0.3, 0.3, out=x[:, 0])
        x[:, -1] = np.sign(np.sin(np.arange(size) / rng.uniform(1, 20)))
    if broken and size > 20:
        x[rng.integers(0, size), 0] = np.nan
        x[rng.integers(0, size), 1 % signal.width] = 9999.0
        x[rng.integers(0, size)] *= 57.3
        x[rng.integers(0, size), 0] += 5
    return t, x.astype(dtype) if np.dtype(dtype).kind == "f" else np.nan_to_num(x * 50).clip(0, 200).astype(dtype)


def columns_of(signal: Signal, t, x, limits=None) -> Columns:
    """One run."""
    return Columns(signal, t, x, np.array([0, len(t)], dtype=np.int64), limits)


_ALL = [check for _, check in sorted(plug.checks().items())]
CHECKS = [check for check in _ALL if isinstance(check, Check) and signals_for(check)]
PAIRS = [check for check in _ALL if isinstance(check, PairCheck)]
