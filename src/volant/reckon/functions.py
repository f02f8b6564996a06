"""The functions that a formula may call: each once in Python, once in JavaScript, with what it does to units.

Numbers are in root units on both sides, so a page with sliders and the command line reckon the same. ``availability``
and ``busy`` are the finite-source queue M/M/c//N of machine repair (p(n) is proportional to the product over k <= n
of (N - k + 1) r / min(k, c)): N robots, c operators, r = rate of needing help while working x mean handling time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..core.errors import BadValue

__all__ = ["FUNCTIONS", "JAVASCRIPT", "Function"]

_SLACK = 1e-9
"""Rounding up or down ignores what floating point adds: 2.0000000001 robots are 2."""

_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Function:
    """One function: its Python form, its name in JavaScript, and its rule of units.

    ``rule`` is same (any one unit in, it comes out), plain (only plain numbers), root (the unit's square root),
    whole (only counted things, as 2.5 hours have no next whole) or share (counts in, a plain number out).
    """

    call: Callable[..., float]
    javascript: str
    rule: str
    fewest: int = 1
    most: int = 1


def _ceil(x: float) -> float:
    return float(math.ceil(x - _SLACK * max(1.0, abs(x))))


def _floor(x: float) -> float:
    return float(math.floor(x + _SLACK * max(1.0, abs(x))))


def _down(robots: float, operators: float, ratio: float) -> tuple[float, float, int, int]:
    """How many robots are down and how many are being helped, in the long run."""
    fleet, crew = int(_floor(robots + 0.5)), int(_floor(operators + 0.5))
    if not 1 <= fleet <= _LARGEST or crew < 1 or ratio < 0:
        raise BadValue(
            f"A queue of {robots:g} robots, {operators:g} operators and a load of {ratio:g} is none.",
            do=f"It takes 1 to {_LARGEST} robots, an operator, and a load of 0 or more.",
        )
    if ratio == 0:
        return 0.0, 0.0, fleet, crew
    n = np.arange(1, fleet + 1, dtype=np.float64)
    logs = np.concatenate(([0.0], np.cumsum(np.log((fleet - n + 1) * ratio / np.minimum(n, crew)))))
    p = np.exp(logs - logs.max())
    p /= p.sum()
    down = np.arange(fleet + 1, dtype=np.float64)
    return float(p @ down), float(p @ np.minimum(down, crew)), fleet, crew


def _availability(robots: float, operators: float, ratio: float) -> float:
    down, _, fleet, _ = _down(robots, operators, ratio)
    return 1 - down / fleet


def _busy(robots: float, operators: float, ratio: float) -> float:
    _, helped, _, crew = _down(robots, operators, ratio)
    return helped / crew


FUNCTIONS: dict[str, Function] = {
    "abs": Function(abs, "Math.abs", "same"),
    "min": Function(min, "Math.min", "same", 1, 64),
    "max": Function(max, "Math.max", "same", 1, 64),
    "exp": Function(math.exp, "Math.exp", "plain"),
    "log": Function(math.log, "Math.log", "plain"),
    "sqrt": Function(math.sqrt, "Math.sqrt", "root"),
    "ceil": Function(_ceil, "V.ceil", "whole"),
    "floor": Function(_floor, "V.floor", "whole"),
    "availability": Function(_availability, "V.availability", "share", 3, 3),
    "busy": Function(_busy, "V.busy", "share", 3, 3),
}
"""Name to function; these and no others can be called in a formula."""

JAVASCRIPT = """
const V = {
  ceil: x => Math.ceil(x - 1e-9 * Math.max(1, Math.abs(x))),
  floor: x => Math.floor(x + 1e-9 * Math.max(1, Math.abs(x))),
  queue(robots, operators, ratio) {
    const N = V.floor(robots + 0.5), c = V.floor(operators + 0.5);
    if (!(N >= 1 && N <= 1048576 && c >= 1 && ratio >= 0)) return [NaN, NaN, N, c];
    if (ratio === 0) return [0, 0, N, c];
    const logs = new Float64Array(N + 1);
    let top = 0;
    for (let n = 1; n <= N; n++) {
      logs[n] = logs[n - 1] + Math.log((N - n + 1) * ratio / Math.min(n, c));
      if (logs[n] > top) top = logs[n];
    }
    let all = 0, down = 0, helped = 0;
    for (let n = 0; n <= N; n++) {
      const p = Math.exp(logs[n] - top);
      all += p; down += p * n; helped += p * Math.min(n, c);
    }
    return [down / all, helped / all, N, c];
  },
  availability(robots, operators, ratio) { const [d, , N] = V.queue(robots, operators, ratio); return 1 - d / N; },
  busy(robots, operators, ratio) { const [, h, , c] = V.queue(robots, operators, ratio); return h / c; },
};
"""
"""The same functions for a page; ``V`` is the only name that it makes."""
