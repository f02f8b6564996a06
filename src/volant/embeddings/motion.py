"""How an episode moves, as 64 numbers without any learned model: state and action, relative, normalised, resampled.

===========  =======  =================================================================================================
numbers      weight   what they are
===========  =======  =================================================================================================
0 to 39      1        state: means over 8 equal parts of the time, every stream centred and divided by its own size
40 to 51     0.7      action: the same over 4 parts
52 to 57     0.7      gripper: means over 6 parts, centred and divided by their own range
58 to 63     0.2-0.4  logarithms of seconds, of the sizes of state and action and of how winding the way is; the share
                      of the time at rest; how many dimensions move
===========  =======  =================================================================================================

What should not matter does not: where the movement happens, in which unit, at what rate it was sampled, where its clock
starts, on which side of pi an angle lies, which sign a quaternion has. White noise shrinks a stream instead of being
blown up with it. A body of any number of dimensions fits: many are projected (``_blocks.keeping``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..core import Episode, Kind, Span, Stream
from ._blocks import block_means, clean, keeping
from ._sweep import moved

__all__ = ["Motion", "looked_at"]

Floats = npt.NDArray[np.float64]

WINDOW = 2_000_000_000
"""Length of a window, ns; windows follow each other from the start and do not overlap."""

_TIERS = (
    (Kind.JOINT, Kind.POSE, Kind.STATE),
    (Kind.TWIST, Kind.VELOCITY, Kind.IMU, Kind.WRENCH, Kind.EFFORT),
    (Kind.SCALAR, Kind.TACTILE),
)
"""Kinds that say how a body moves: the first tier of which an episode has any."""

_STATE, _ACTION, _GRIP = (8, 40), (4, 12), 6
_TURN = {"rad": 2 * np.pi, "deg": 360.0}
_JITTER = 4.0
_FINE = 64
"""Parts whose means are taken; coarser parts are means of these."""


class Motion:
    """State-action features of an episode; ``None`` where no number moves or none was recorded."""

    name = "motion"
    version = "1"
    width = 64

    def of(self, episode: Episode) -> npt.NDArray[np.float32] | None:
        """The episode's point, float32 ``[64]``."""
        numeric = _numeric(episode)
        moving, acting = looked_at(episode)
        if not moving and not acting:
            return None
        state, action = _Moved(moving, _STATE[0]), _Moved(acting, _ACTION[0])
        point = np.concatenate([
            keeping(state.flat, _STATE[1]),
            0.7 * keeping(action.flat, _ACTION[1]),
            0.7 * _grip([*(s for s in numeric if s.signal.kind is Kind.GRIPPER), *moving, *acting]),
            _scalars(episode.seconds, state, action),
        ])  # fmt: skip
        return point.astype(np.float32)

    def windows(self, episode: Episode) -> tuple[npt.NDArray[np.float32], Sequence[Span]] | None:
        """Points of consecutive windows of two seconds; ``None`` where there is not one whole window of movement."""
        start, stop = episode.span.start, episode.span.stop
        rows, spans = [], []
        for a in range(start, stop - WINDOW + 1, WINDOW):
            if (point := self.of(episode.between(a, a + WINDOW))) is not None:
                rows.append(point)
                spans.append(Span(a, a + WINDOW))
        return (np.stack(rows), spans) if rows else None


def looked_at(episode: Episode) -> tuple[list[Stream], list[Stream]]:
    """The streams that say how a body moves (the first tier of kinds of which there is any) and those that act on it.

    By name; pictures and empty streams are not among them.
    """
    numeric = _numeric(episode)
    acting = [stream for stream in numeric if stream.signal.kind is Kind.ACTION]
    return next((found for tier in _TIERS if (found := [s for s in numeric if s.signal.kind in tier])), []), acting


def _numeric(episode: Episode) -> list[Stream]:
    found = [s for s in episode.streams if s.video is None and s.signal.numeric and s.signal.width and len(s)]
    return sorted(found, key=lambda stream: stream.name)


class _Moved:
    """Streams as one movement: ``flat`` parts x dimensions with mean square 1, and what was divided away."""

    def __init__(self, streams: Sequence[Stream], parts: int) -> None:
        blocks, sizes, ways, rests = [], [], [], []
        for stream in streams:
            x = np.ascontiguousarray(_turned(stream, clean(stream)))  # a copy of the samples, centred in place
            fine = np.empty((_FINE, x.shape[1]))
            far, power, jitter, way, rest = moved(np.array(stream.t), x, fine)
            size = np.sqrt(power)
            if not size > 1e-13 * far:  # no more than rounding
                blocks.append(np.zeros((parts, x.shape[1])))
                continue
            heard = power / (power + _JITTER * jitter)
            blocks.append(fine.reshape(parts, _FINE // parts, -1).mean(axis=1) / size * heard)
            sizes.append(size)
            ways.append(way / size * heard)
            rests.append(rest)
        self.dims = sum(block.shape[1] for block in blocks)
        whole = np.concatenate(blocks, axis=1) if blocks else np.zeros((parts, 0))
        self.flat = whole.reshape(-1) / np.sqrt(parts * max(1, len(sizes)))
        self.size = float(np.exp(np.mean(np.log(np.clip(sizes, 1e-6, 1e6))))) if sizes else 0.0
        self.way = sum(ways) / len(ways) if ways else 0.0
        self.rest = sum(rests) / len(rests) if rests else 1.0


def _scalars(seconds: float, state: _Moved, action: _Moved) -> Floats:
    """What normalising took away, small enough not to outweigh the movement itself."""
    return np.array([
        0.3 * np.log((1 + seconds) / 11),
        0.2 * np.log(np.clip(state.size, 1e-3, 1e3)) if state.size else 0.0,
        0.2 * np.log(np.clip(action.size, 1e-3, 1e3)) if action.size else 0.0,
        0.3 * np.log((1 + state.way) / 5),
        0.4 * (state.rest - 0.5),
        0.3 * np.log((1 + state.dims + action.dims) / 11),
    ])  # fmt: skip


def _grip(streams: Sequence[Stream]) -> Floats:
    """When the hand opens and closes: from a gripper's own stream, else from dimensions whose name says so."""
    for stream in streams:
        names = stream.signal.dims
        own = stream.signal.kind is Kind.GRIPPER
        places = [i for i, name in enumerate(names) if "grip" in name.lower() or "finger" in name.lower()]
        if own or places:
            x = clean(stream)
            found = block_means(stream.t, (x if own else x[:, places]).mean(axis=1, keepdims=True), _GRIP)[:, 0]
            reach = np.ptp(found)
            return (found - found.mean()) / reach / np.sqrt(_GRIP) if reach > 1e-9 else np.zeros(_GRIP)
    return np.zeros(_GRIP)


def _turned(stream: Stream, x: Floats) -> Floats:
    """Angles without jumps at the end of the circle, quaternions without a flip of sign."""
    period = _TURN.get(stream.signal.unit)
    if period is not None and stream.signal.kind is Kind.JOINT and len(x) > 1:
        return np.unwrap(x, axis=0, period=period)
    if stream.signal.kind is Kind.POSE and x.shape[1] == 7:
        turn = x[:, 3:]
        if (np.abs(np.linalg.norm(turn, axis=1) - 1) < 0.1).all():
            along = np.where(np.einsum("ij,ij->i", turn[1:], turn[:-1]) < 0, -1.0, 1.0)
            turn = turn * np.concatenate([[1.0], np.cumprod(along)])[:, None]
            middle = turn.mean(axis=0)
            turn = turn * np.sign(middle[np.argmax(np.abs(middle))] or 1.0)
            return np.concatenate([x[:, :3], turn], axis=1)
    return x
