"""How many different rows there are in effect: the Vendi score."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue
from ._sound import Floats, blocks, sound

__all__ = ["vendi"]

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
        kernel = unit @ unit.T
    else:
        kernel = np.zeros((table.shape[1], table.shape[1]))
        for low, high in blocks(len(table), _BLOCK):
            unit = _length_one(table[low:high])
            kernel += unit.T @ unit
    shares = np.linalg.eigvalsh(kernel.astype(np.float64) / len(table))
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
