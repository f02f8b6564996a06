"""Two streams side by side: which command belongs to which state, and the command as it stood at each state."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from volant.core import Kind, Signal

from ._kernels import MOVING, Floats, Ints, jit, tall

__all__ = ["align", "followers"]


def followers(signals: Sequence[Signal]) -> list[tuple[str, str]]:
    """Pairs of a state and the command that it follows: same width, and same dimension names where both have some."""
    found = []
    for state in signals:
        if state.kind not in MOVING or not tall(state):
            continue
        for action in signals:
            named = state.dims and action.dims and _plain(state) != _plain(action)
            if action.kind == Kind.ACTION and tall(action) and action.width == state.width and not named:
                found.append((state.name, action.name))
    return found


def _plain(signal: Signal) -> list[str]:
    return [dim.removeprefix("main_").removeprefix("action.").removeprefix("state.") for dim in signal.dims]


@jit
def align(t: Ints, u: Ints, y: Floats, out: Floats) -> None:
    """The last row of ``y`` (at times ``u``) at or before each time of ``t``; NaN before the first."""
    j = -1
    for i in range(len(t)):
        while j + 1 < len(u) and u[j + 1] <= t[i]:
            j += 1
        for dim in range(y.shape[1]):
            out[i, dim] = y[j, dim] if j >= 0 else np.nan
