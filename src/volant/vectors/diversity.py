"""How many different rows there are in effect: the Vendi score."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue
from ._sound import Floats, blocks, sound

__all__ = ["vendi", "vendi_between"]

_BLOCK = 65_536


def vendi(rows: npt.ArrayLike) -> float:
    """Effective number of different rows, from 1 (all alike) to ``n`` (all at right angles).

    ``exp(-sum l ln l)`` over the eigenvalues ``l`` of ``K / n``, K the cosines of all pairs (Friedman and Dieng 2023).
    The eigenvalues of ``X X^T / n`` and ``X^T X / n`` are the same, so the smaller of both is made: no more than ``d``
    different directions can be told apart, and the score is at most ``min(n, d)``. ``BadValue`` for rows of zeros,
    which point nowhere.
    """
    table = sound(rows)
    if len(table) < table.shape[1]:
        unit = _length_one(table)
        return _score(unit @ unit.T, len(table))
    return _score(_kernel(table), len(table))


def vendi_between(rows: npt.ArrayLike, parts: int = 20) -> tuple[float, float, float]:
    """The same with a normal 95 % interval, by a jackknife that leaves out every ``parts``-th row in turn.

    Low and high are kept within what the score can be. ``BadValue`` for fewer than two rows a part.
    """
    table = sound(rows, least=2 * parts)
    pieces = [_kernel(table[part::parts]) for part in range(parts)]
    sizes = np.array([len(table[part::parts]) for part in range(parts)])
    whole = np.sum(pieces, axis=0)
    value = _score(whole, len(table))
    left = np.array([_score(whole - piece, len(table) - size) for piece, size in zip(pieces, sizes, strict=True)])
    half = 1.96 * float(np.sqrt((parts - 1) / parts * np.sum((left - left.mean()) ** 2)))
    return value, max(1.0, value - half), min(float(min(table.shape)), value + half)


def _kernel(table: Floats) -> npt.NDArray[np.float64]:
    """``X^T X`` of rows of length one."""
    kernel = np.zeros((table.shape[1], table.shape[1]))
    for low, high in blocks(len(table), _BLOCK):
        unit = _length_one(table[low:high])
        kernel += unit.T @ unit
    return kernel


def _score(kernel: npt.NDArray[np.generic], count: int) -> float:
    shares = np.linalg.eigvalsh(kernel.astype(np.float64) / count)
    shares = shares[shares > 1e-12]
    return float(np.exp(-np.sum(shares * np.log(shares)) / shares.sum() + np.log(shares.sum())))


def _length_one(rows: Floats) -> Floats:
    top = np.abs(rows).max(axis=1, keepdims=True)
    zeros = int((top == 0).sum())
    if zeros:
        raise BadValue(f"{zeros} rows are zeros and point nowhere.", do="Leave them out before.")
    unit: Floats = rows / top
    unit /= np.sqrt(np.einsum("ij,ij->i", unit, unit))[:, None]
    return unit
