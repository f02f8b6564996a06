"""Defects to plant in any clean episode, at several strengths, with the checks that should find them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core import Episode, Fact, Kind, Signal, Stream

__all__ = ["FAULTS", "Fault"]

Rows = npt.NDArray[np.float64]

_BODY = (Kind.STATE, Kind.JOINT, Kind.POSE)


@dataclass(frozen=True, slots=True, eq=False)
class Dose:
    """How strong a defect is, and the chance that places it."""

    rng: np.random.Generator
    strength: float


Plant = Callable[[Episode, Dose], Episode | None]


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of defect: ``plant`` returns the episode with it, or ``None`` where it makes no sense there.

    ``stated`` is the strength at which recall is promised; ``whole`` says that it shows only beside other episodes.
    """

    name: str
    checks: tuple[str, ...]
    unit: str
    strengths: tuple[float, ...]
    stated: float
    plant: Plant
    whole: bool = False


def _body(episode: Episode, *kinds: Kind) -> Stream | None:
    """The first stream of positions (or of the kinds given) with at least three dimensions that move.

    A simulator's whole state (more than 16 numbers without names) mixes positions and speeds and is passed over.
    """
    for stream in episode.of(*(kinds or _BODY)):
        signal = stream.signal
        mixed = signal.kind == Kind.STATE and not signal.dims and signal.width > 16 and signal.name == "state"
        if (
            signal.numeric
            and not mixed
            and stream.signal.width >= 3
            and len(stream) >= 40
            and (np.ptp(_x(stream), axis=0) > 0).sum() >= 3
        ):
            return stream
    return None


def _x(stream: Stream) -> Rows:
    return np.array(stream.values, dtype=np.float64).reshape(len(stream), -1)


def _put(episode: Episode, stream: Stream, x: Rows | None = None, t: npt.NDArray[np.int64] | None = None) -> Episode:
    """The episode with other samples or times in one stream; streams that shared its clock follow it."""
    made = []
    for other in episode.streams:
        values: Any = other.x
        times = other.t
        if other is stream and x is not None:
            values = x.reshape(other.values.shape).astype(other.values.dtype)
        if t is not None and len(other.t) == len(t) and np.array_equal(other.t, stream.t):
            times = t
        made.append(Stream(other.signal, times, values))
    return replace(episode, streams=tuple(made))


def _clocked(change: Callable[[npt.NDArray[np.int64], Dose], npt.NDArray[np.int64]]) -> Plant:
    def plant(episode: Episode, dose: Dose) -> Episode | None:
        stream = _body(episode)
        return _put(episode, stream, t=change(stream.t.copy(), dose)) if stream and stream.signal.hz else None

    return plant


def _moved(change: Callable[[Rows, Dose], Rows | None], *kinds: Kind) -> Plant:
    def plant(episode: Episode, dose: Dose) -> Episode | None:
        stream = _body(episode, *kinds)
        x = change(_x(stream), dose) if stream else None
        return _put(episode, stream, x) if stream and x is not None else None

    return plant


def _gap(t: npt.NDArray[np.int64], dose: Dose) -> npt.NDArray[np.int64]:
    t[int(dose.rng.integers(20, len(t) - 5)) :] += round(dose.strength * float(np.median(np.diff(t))))
    return t


def _back(t: npt.NDArray[np.int64], dose: Dose) -> npt.NDArray[np.int64]:
    at = int(dose.rng.integers(5, len(t) - 5))
    t[at] = t[at - 1] - round(dose.strength * 1e6)
    return t


def _same(t: npt.NDArray[np.int64], dose: Dose) -> npt.NDArray[np.int64]:
    at = int(dose.rng.integers(5, len(t) - 5))
    t[at : at + int(dose.strength)] = t[at - 1]
    return t


def _leap(t: npt.NDArray[np.int64], dose: Dose) -> npt.NDArray[np.int64]:
    t[int(dose.rng.integers(5, len(t) - 5)) :] += round(dose.strength * 1e9)
    return t


def _lively(rng: np.random.Generator, x: Rows) -> int:
    """A dimension that moves: one of the upper half by path relative to range, and with range at all."""
    spread = np.ptp(x, axis=0)
    distinct = np.array([len(np.unique(column)) for column in x.T])
    path = np.where(
        (spread > 0) & (distinct > 20), np.abs(np.diff(x, axis=0)).sum(axis=0) / np.maximum(spread, 1e-12), 0
    )
    order = np.argsort(-path)
    return int(order[rng.integers(0, max(1, (path > 0).sum() // 2))])


def _nan(x: Rows, dose: Dose) -> Rows:
    at = int(dose.rng.integers(0, len(x) - int(dose.strength)))
    x[at : at + int(dose.strength), dose.rng.integers(0, x.shape[1])] = np.nan
    return x


def _sentinel(x: Rows, dose: Dose) -> Rows:
    x[int(dose.rng.integers(30, len(x))), _lively(dose.rng, x)] = dose.strength
    return x


def _spike(x: Rows, dose: Dose) -> Rows:
    dim = _lively(dose.rng, x)
    x[int(dose.rng.integers(20, len(x) - 5)), dim] += dose.strength * np.ptp(x[:, dim])
    return x


def _shake(x: Rows, dose: Dose) -> Rows:
    """Noise on a joint that moves at least half as far as the one that moves most."""
    spread = np.ptp(x, axis=0)
    dim = int(dose.rng.choice(np.flatnonzero(spread >= 0.5 * spread.max())))
    x[:, dim] += dose.rng.normal(0, dose.strength / 100 * spread[dim], len(x))
    return x


def _switch(x: Rows, dose: Dose) -> Rows:
    x[int(dose.rng.integers(10, len(x) - 5)) :] *= dose.strength
    return x


def _clip(x: Rows, dose: Dose) -> Rows | None:
    distinct = np.array([len(np.unique(column)) for column in x.T])
    if (distinct > 30).sum() < 3:
        return None
    low, high = np.quantile(x, 0.02, axis=0), np.quantile(x, 0.98, axis=0)
    return np.asarray(
        np.clip(x, low + (1 - dose.strength) / 2 * (high - low), high - (1 - dose.strength) / 2 * (high - low))
    )


def _pair(episode: Episode) -> tuple[Stream, Stream] | None:
    """State and command of one width whose courses agree: absolute commands."""
    state = _body(episode)
    action = _body(episode, Kind.ACTION)
    if state is None or action is None or state.signal.width != action.signal.width or len(state) != len(action):
        return None
    x, y = _x(state), _x(action)
    both = np.array(
        [np.corrcoef(p, q)[0, 1] if np.ptp(p) > 0 and np.ptp(q) > 0 else 0.0 for p, q in zip(x.T, y.T, strict=True)]
    )
    return (state, action) if np.median(both) > 0.8 else None


def _stuck(episode: Episode, dose: Dose) -> Episode | None:
    found = _pair(episode)
    if not found:
        return None
    x, y = _x(found[0]), _x(found[1])
    n = round(dose.strength * (found[0].rate or 30))
    if len(x) < n + 40:
        return None
    moves = np.ptp(np.lib.stride_tricks.sliding_window_view(y[30:], n, axis=0), axis=2)
    size = np.ptp(y, axis=0) + 1e-12
    start, dim = np.unravel_index(int(np.argmax(moves / size * (np.ptp(x, axis=0) > 0.3 * size))), moves.shape)
    x[30 + start : 30 + start + n, dim] = x[30 + start, dim]
    return _put(episode, found[0], x)


def _lag(episode: Episode, dose: Dose) -> Episode | None:
    found = _pair(episode)
    if not found:
        return None
    y = _x(found[1])
    n = round(dose.strength / 1000 * (found[1].rate or 30))
    if n < 1 or len(y) < 4 * n + 100:
        return None
    return _put(episode, found[1], np.concatenate([y[n:], np.repeat(y[-1:], n, axis=0)]))


def _hold(episode: Episode, dose: Dose) -> Episode | None:
    """Stand still for so many seconds in the middle: rows are repeated, clocks go on."""
    stream = _body(episode)
    if stream is None or not stream.rate:
        return None
    n, at = round(dose.strength * stream.rate), int(dose.rng.integers(len(stream) // 3, 2 * len(stream) // 3))
    rows = np.concatenate([np.arange(at), np.full(n, at), np.arange(at, len(stream))])
    t = (stream.t[0] + np.arange(len(rows)) * round(1e9 / stream.rate)).astype(np.int64)
    kept = [s for s in episode.streams if s.video is None and len(s) == len(stream)]
    return replace(episode, streams=tuple(Stream(s.signal, t, s.values[rows]) for s in kept))


def _gripper(signal: Signal) -> int | None:
    named = [i for i, dim in enumerate(signal.dims) if "grip" in dim.lower()]
    return named[0] if named else ({7: 6, 14: 6}.get(signal.width) if not signal.dims else None)


def _chatter(episode: Episode, dose: Dose) -> Episode | None:
    stream = _body(episode)
    dim = _gripper(stream.signal) if stream else None
    if stream is None or dim is None or np.ptp(_x(stream)[:, dim]) == 0:
        return None
    x, hz = _x(stream), stream.rate or 30
    low, high = x[:, dim].min(), x[:, dim].max()
    n, at = min(round(2.5 * hz), len(x) - 20), int(dose.rng.integers(10, max(11, len(x) - round(2.5 * hz))))
    flips = np.where((np.arange(n) * dose.strength / hz).astype(int) % 2 == 0, high, low)
    x[at : at + n, dim] = flips[: len(x) - at]
    return _put(episode, stream, x)


def _flip(episode: Episode, _dose: Dose) -> Episode | None:
    made: Episode | None = None
    for stream in (_body(episode), _body(episode, Kind.ACTION)):
        dim = _gripper(stream.signal) if stream else None
        if stream is not None and dim is not None and np.ptp(_x(stream)[:, dim]) > 0:
            x = _x(stream)
            x[:, dim] = x[:, dim].min() + x[:, dim].max() - x[:, dim]
            made = _put(made or episode, stream, x)
    return made


def _swap(episode: Episode, _dose: Dose) -> Episode | None:
    stream = _body(episode)
    if stream is None or stream.signal.width not in (12, 14, 16) or stream.signal.dims:
        return None
    return _put(episode, stream, np.roll(_x(stream), stream.signal.width // 2, axis=1))


def _dead(x: Rows, dose: Dose) -> Rows:
    dim = _lively(dose.rng, x)
    x[:, dim] = x[0, dim]
    return x


def _other_unit(x: Rows, dose: Dose) -> Rows:
    return x * dose.strength


def _short(episode: Episode, dose: Dose) -> Episode | None:
    stream = _body(episode)
    if stream is None:
        return None
    keep = max(2, round(dose.strength * len(stream)))
    return replace(episode, streams=tuple(s.part(0, min(keep, len(s))) for s in episode.streams if s.video is None))


def _copy(episode: Episode, dose: Dose) -> Episode | None:
    """A copy of the first 100, 80, 60 ... percent."""
    stream = _body(episode, Kind.ACTION) or _body(episode)
    if stream is None:
        return None
    keep = round(dose.strength / 100 * len(stream))
    parts = tuple(s.part(0, min(keep, len(s))) for s in episode.streams if s.video is None)
    return replace(episode, streams=parts, said=(Fact("", "declared/index", 10**9, "faults@1"),))


def _slow(episode: Episode, dose: Dose) -> Episode | None:
    stream = _body(episode)
    if stream is None or not stream.signal.hz:
        return None
    return _put(
        episode, stream, t=np.round(stream.t[0] + (stream.t - stream.t[0]) * (1 + dose.strength / 100)).astype(np.int64)
    )


def _fewer(episode: Episode, dose: Dose) -> Episode | None:
    said = Fact("", "declared/length", episode.frames + int(dose.strength), "faults@1")
    kept = tuple(fact for fact in episode.said if fact.key != "declared/length")
    return replace(episode, said=(*kept, said))


ALL: Sequence[Fault] = (
    Fault("samples missing", ("gap",), "samples", (1, 2, 4, 15), 4, _clocked(_gap)),
    Fault("clock backwards", ("monotonic",), "ms", (1, 100), 1, _clocked(_back)),
    Fault("one time twice", ("duplicate_time",), "samples", (1, 5), 1, _clocked(_same)),
    Fault("clock leaps", ("time_jump",), "s", (100, 1e6), 100, _clocked(_leap)),
    Fault("wrong rate", ("rate",), "%", (5, 15, 50), 15, _slow),
    Fault("wrong length", ("count",), "samples", (1, 10), 1, _fewer),
    Fault("not a number", ("nan",), "samples", (1, 5), 1, _moved(_nan)),
    Fault("sentinel value", ("sentinel",), "value", (9999, 65535), 9999, _moved(_sentinel)),
    Fault("encoder spike", ("jump",), "ranges", (1, 2, 4), 4, _moved(_spike)),
    Fault("shaking joint", ("jerk",), "% of range", (2, 5, 8), 8, _moved(_shake)),
    Fault("stuck joint", ("stuck",), "s", (1, 2, 3), 3, _stuck),
    Fault("standing still", ("static",), "s", (2, 4, 6), 4, _hold),
    Fault("gripper chatter", ("chatter",), "flips/s", (2, 5, 8), 5, _chatter),
    Fault("cut-off commands", ("saturation",), "share left", (0.8, 0.6, 0.5), 0.5, _moved(_clip, Kind.ACTION)),
    Fault("command and state apart", ("lag", "desync"), "ms", (200, 400, 600), 400, _lag, True),
    Fault("unit changes inside", ("unit_switch",), "factor", (57.29578, 1000), 57.29578, _moved(_switch)),
    Fault("unit of another set", ("unit_mix",), "factor", (57.29578, 1000), 57.29578, _moved(_other_unit), True),
    Fault("left and right swapped", ("swap",), "", (1,), 1, _swap, True),
    Fault("gripper turned round", ("gripper_flip",), "", (1,), 1, _flip, True),
    Fault("dead dimension", ("dead",), "", (1,), 1, _moved(_dead), True),
    Fault("take broken off", ("aborted",), "share left", (0.5, 0.2, 0.1), 0.2, _short, True),
    Fault("copied episode", ("duplicate",), "% copied", (60, 80, 100), 80, _copy, True),
)

FAULTS = {fault.name: fault for fault in ALL}
"""Every fault by name."""
