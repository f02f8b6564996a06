"""Whether two shares of separate trials differ: Barnard's exact test, which needs no pairs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue

__all__ = ["barnard"]

Floats = npt.NDArray[np.float64]


def barnard(first: tuple[int, int], second: tuple[int, int], *, sides: int = 1) -> float:
    """p-value that two arms with a common share of success differ so much (Barnard 1947; pooled z as statistic).

    ``first`` and ``second`` are (successes, trials). One-sided: the second arm is better. The common share is unknown,
    so the worst one counts: the largest probability over all shares from 0 to 1, on a grid of 257 refined twice.
    Work and memory grow with the product of the trials; 1,000 an arm take about a second.
    """
    (hits0, n0), (hits1, n1) = first, second
    if not (0 <= hits0 <= n0 and 0 <= hits1 <= n1 and n0 and n1):
        raise BadValue(f"{hits0} of {n0} against {hits1} of {n1} are no counts of successes.")
    if n0 * n1 > 10**7:
        raise BadValue(f"Barnard's test of {n0} and {n1} trials is out of reach.", do="Use intervals at such sizes.")
    z = _z(np.arange(n0 + 1)[:, None], n0, np.arange(n1 + 1)[None, :], n1)
    seen = z[hits0, hits1]
    extreme = (np.abs(z) >= abs(seen) - 1e-9) if sides == 2 else (z >= seen - 1e-9)
    low, high, worst = 0.0, 1.0, 0.0
    for _ in range(3):
        shares = np.linspace(low, high, 257)
        found = np.einsum("ki,ki->k", _pmf(n0, shares) @ extreme, _pmf(n1, shares))
        best, step = int(found.argmax()), (high - low) / 256
        worst = max(worst, float(found[best]))
        low, high = max(0.0, shares[best] - step), min(1.0, shares[best] + step)
    return min(1.0, worst)


def _z(hits0: npt.NDArray[np.int64], n0: int, hits1: npt.NDArray[np.int64], n1: int) -> Floats:
    """Difference of shares over its pooled standard error; 0 where neither or both always succeed."""
    pooled = (hits0 + hits1) / (n0 + n1)
    scale = np.sqrt(pooled * (1 - pooled) * (1 / n0 + 1 / n1))
    gap: Floats = hits1 / n1 - hits0 / n0
    return np.divide(gap, scale, out=np.zeros_like(gap), where=scale > 0)


def _pmf(n: int, shares: Floats) -> Floats:
    """Binomial probabilities ``[shares, 0..n]``."""
    from scipy.special import gammaln, xlog1py, xlogy

    k = np.arange(n + 1)
    ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    found: Floats = np.exp(ways + xlogy(k, shares[:, None]) + xlog1py(n - k, -shares[:, None]))
    return found
