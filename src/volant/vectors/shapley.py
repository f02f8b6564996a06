"""Who contributed how much to answers by nearest neighbours: exact Shapley values in ``n log n`` a question."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue
from ._kernels import apart
from ._sound import Floats, shared, sound

__all__ = ["knn", "knn_numbers"]

Values = npt.NDArray[np.float64]


def knn(train: npt.ArrayLike, labels: npt.ArrayLike, test: npt.ArrayLike, test_labels: npt.ArrayLike,
        neighbours: int = 5) -> Values:  # fmt: skip
    """Shapley value of each training row for voting by nearest neighbours, mean over the test rows; float64 ``[n]``.

    A set of rows is worth the share of the ``neighbours`` votes that its nearest rows give to the right label, a vote
    that nobody casts counting as wrong. The values are exact (Jia et al. 2019, theorem 1) and add up to what all rows
    together are worth. Of equally near rows the lower place is the nearer.
    """
    kinds, right = np.asarray(labels), np.asarray(test_labels)
    _aligned(train, kinds, test, right)
    codes = np.unique(np.concatenate([kinds, right]), return_inverse=True)[1]
    mine, asked = codes[: len(kinds)], codes[len(kinds) :]
    return _mean_value(train, test, neighbours, lambda t: (mine == asked[t]).astype(np.float64))


def knn_numbers(train: npt.ArrayLike, values: npt.ArrayLike, test: npt.ArrayLike, test_values: npt.ArrayLike,
                neighbours: int = 5) -> Values:  # fmt: skip
    """The same for numbers: a neighbour's vote is ``1 - |its number - the right one| / span`` not right or wrong.

    ``span`` is the range of all numbers given, so votes lie between 0 and 1; where all are equal every vote is 1.
    """
    have, right = np.asarray(values, np.float64), np.asarray(test_values, np.float64)
    _aligned(train, have, test, right)
    both = np.concatenate([have, right])
    if not np.isfinite(both).all():
        raise BadValue("The numbers hold NaN or infinity.", do="Leave those rows out before.")
    span = float(np.ptp(both)) or 1.0
    return _mean_value(train, test, neighbours, lambda t: 1 - np.abs(have - right[t]) / span)


def _aligned(train: npt.ArrayLike, labels: npt.NDArray[np.generic], test: npt.ArrayLike,
             test_labels: npt.NDArray[np.generic]) -> None:  # fmt: skip
    for rows, marks, name in ((train, labels, "training"), (test, test_labels, "test")):
        count = len(np.asarray(rows)) if np.ndim(rows) else 0
        if marks.ndim != 1 or len(marks) != count:
            raise BadValue(f"{count} {name} rows have labels of the shape {marks.shape}.", do="Give one label a row.")


def _mean_value(train: npt.ArrayLike, test: npt.ArrayLike, neighbours: int, votes: Callable[[int], Values]) -> Values:
    table = sound(train, "training rows")
    asked = sound(test, "test rows", width=table.shape[1])
    if neighbours < 1:
        raise BadValue(f"{neighbours} neighbours answer nothing.", do="Give at least 1.")
    total = np.zeros(len(table))

    def some(low: int, high: int) -> Values:
        return sum((_value(table, asked[t], votes(t), neighbours) for t in range(low, high)), np.zeros(len(table)))

    shared(some, len(asked), 4, take=lambda part: np.add(total, part, out=total))
    return total / len(asked)


def _value(train: Floats, query: Floats, votes: Values, neighbours: int) -> Values:
    """From the farthest row, which matters only in sets of few, to the nearest."""
    count = len(train)
    far = np.empty(count, np.float32)
    apart(train, query, far)
    # Distances are not negative, so their bits sort as they do; the place below them settles ties.
    marks = far.view(np.uint32).astype(np.uint64) << np.uint64(32) | np.arange(count, dtype=np.uint64)
    marks.sort()
    order = (marks & np.uint64(0xFFFFFFFF)).astype(np.int64)
    near = votes[order]
    place = np.arange(1, count, dtype=np.float64)
    steps = np.empty(count)
    steps[:-1] = (near[:-1] - near[1:]) * np.minimum(neighbours, place) / (neighbours * place)
    steps[-1] = near[-1] * min(neighbours, count) / (neighbours * count)
    value = np.empty(count)
    value[order] = np.cumsum(steps[::-1])[::-1]
    return value
