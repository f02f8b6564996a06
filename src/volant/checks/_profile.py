"""One pass over a whole batch: what set checks remember of each dimension of each run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from volant.core import Alike, Batch, Kind, Signal, Sketch

from ._kernels import MOVING, Floats, Ints, jit, ready, tall

__all__ = [
    "COUNT",
    "FIRST",
    "HELD",
    "LAST",
    "MAX",
    "MEAN",
    "MIN",
    "PATH",
    "SIZE",
    "TURN",
    "alone",
    "groups",
    "lengths",
    "likeness",
    "numbers",
    "profile",
    "remember",
]

COUNT, MIN, MAX, MEAN, FIRST, LAST, PATH, HELD, TURN, SIZE = range(10)


def numbers(batch: Batch, *kinds: Kind) -> Iterator[tuple[Alike, Signal]]:
    """The positions and commands that set checks compare, signal by signal over episodes that are alike."""
    wanted = kinds or (*MOVING, Kind.ACTION)
    for alike in batch.alike:
        for signal in alike.signals:
            if signal.kind in wanted and tall(signal):
                yield alike, signal


def groups(alike: Alike, *more: str) -> list[str]:
    """The group each episode is compared in: task, body and whatever else must be equal."""
    tail = "|".join((alike.embodiment, *more))
    return [f"{task}|{tail}" for task in alike.tasks]


def alone(alike: Alike, name: str) -> list[str]:
    """The same group for all episodes, whatever their task."""
    return [name] * len(alike.episodes)


def likeness(signal: Signal) -> str:
    """What two signals must share to be compared number by number."""
    return f"{signal.name}[{signal.width}]{','.join(signal.dims)}"


def lengths(alike: Alike, name: str) -> Ints:
    """Samples of each run of a signal."""
    return np.asarray(np.diff(alike.columns(name).cuts))


def remember(
    alike: Alike, names: Sequence[str], rows: npt.NDArray[np.bool_], values: npt.NDArray[np.floating]
) -> Iterable[Sketch]:
    """One sketch for each chosen run: its row of ``values`` in its group."""
    chosen = np.flatnonzero(rows).tolist()
    kept = values[chosen].reshape(len(chosen), -1).tolist() if chosen else ()
    for run, row in zip(chosen, kept, strict=True):
        yield Sketch(alike.ids[run], names[run], tuple(row))


def profile(alike: Alike, name: str) -> npt.NDArray[np.float64]:
    """Per run and dimension ``[runs, width, 10]``, in the order of the names above.

    Share held is the part of steps without motion, turn-back the mean of the smaller of two opposite steps, size
    the mean absolute value; all zero where a dimension has no finite value.
    """
    return alike.once(_profile, name)


def _profile(alike: Alike, name: str) -> npt.NDArray[np.float64]:
    _, x, cuts = ready(alike.columns(name))
    out = np.zeros((len(cuts) - 1, x.shape[1], 10))
    _walk(x, cuts, out)
    return out


@jit
def _walk(x: Floats, cuts: Ints, out: Floats) -> None:
    for run in range(len(cuts) - 1):
        _walk_one(x[cuts[run] : cuts[run + 1]], out[run])


@jit
def _walk_one(x: Floats, out: Floats) -> None:
    for dim in range(x.shape[1]):
        count = held = 0
        low, high, total, size = np.inf, -np.inf, 0.0, 0.0
        first = last = step = path = turn = 0.0
        for i in range(x.shape[0]):
            now = float(x[i, dim])
            if not np.isfinite(now):
                continue
            if count == 0:
                first = now
            else:
                move = now - last
                path += abs(move)
                held += move == 0.0
                if move * step < 0.0:
                    turn += min(abs(move), abs(step))
                step = move
            last = now
            count += 1
            total += now
            size += abs(now)
            low, high = min(low, now), max(high, now)
        if count:
            out[dim, 0], out[dim, 1], out[dim, 2], out[dim, 3] = count, low, high, total / count
            out[dim, 4], out[dim, 5], out[dim, 6], out[dim, 7] = first, last, path, held / max(1, count - 1)
            out[dim, 8], out[dim, 9] = turn / max(1, count - 1), size / count
