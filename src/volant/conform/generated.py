"""Inputs for the laws: signals, runs and episodes of every sort, from an explicit seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ..core import LOOK, Columns, Episode, Fact, Kind, Origin, Segment, Signal, Span, Stream, look_signal
from ..video import RawFrames

__all__ = ["SIGNALS", "columns", "episodes", "every", "pair"]

SIGNALS = (
    Signal("observation.state", Kind.STATE, (6,), "float64", hz=30.0),
    Signal("joints", Kind.JOINT, (3,), "float64", "rad", "base", 50.0, ("shoulder", "elbow", "gripper")),
    Signal("velocity", Kind.VELOCITY, (3,), "float64"),
    Signal("effort", Kind.EFFORT, (3,), "float32"),
    Signal("gripper", Kind.GRIPPER, (1,), "float32", "m", hz=30.0, dims=("gripper",)),
    Signal("pose", Kind.POSE, (7,), "float64", "m", "base", 30.0, ("x", "y", "z", "qx", "qy", "qz", "qw")),
    Signal("action", Kind.ACTION, (6,), "float32", hz=30.0),
    Signal("wrench", Kind.WRENCH, (6,), "float64", "N", "tool", 100.0),
    Signal("imu", Kind.IMU, (6,), "float64", hz=200.0),
    Signal("reward", Kind.REWARD, (), "float32"),
    Signal("done", Kind.FLAG, (), "uint8"),
    Signal("scalar", Kind.SCALAR, (), "float64"),
    look_signal(Signal("camera", Kind.IMAGE, (24, 32, 3), "uint8", hz=30.0)),
    look_signal(Signal("head_camera", Kind.IMAGE, (24, 32, 3), "uint8", hz=30.0)),
)
"""One signal of each sort that checks may be asked about."""


def every(trial: Callable[[int], None], examples: int = 25) -> None:
    """Try a law on many seeds with Hypothesis, so that what breaks it is told as small as possible."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    quiet = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    quiet(given(st.integers(0, 2**31 - 1))(trial))()


def columns(signal: Signal, seed: int) -> Columns:
    """Runs of one signal: smooth, still, noisy, spiked, with NaN and odd clocks; some empty or of one sample."""
    rng = np.random.default_rng(seed)
    lengths = [int(rng.integers(0, 4)) if rng.random() < 0.2 else int(rng.integers(4, 160)) for _ in range(4)]
    streams = [Stream(signal, _clock(n, signal, rng), _samples(n, signal, rng)) for n in lengths]
    return Columns.of(streams)


def pair(one: Signal, other: Signal, seed: int) -> tuple[Columns, Columns]:
    """Runs of two signals of the same episodes, on clocks of their own."""
    rng = np.random.default_rng(seed)
    first, second = [], []
    for _ in range(3):
        n = int(rng.integers(0, 160))
        first.append(Stream(one, _clock(n, one, rng), _samples(n, one, rng)))
        m = n if rng.random() < 0.5 else int(rng.integers(0, 160))
        second.append(Stream(other, first[-1].t if m == n else _clock(m, other, rng), _samples(m, other, rng)))
    return Columns.of(first), Columns.of(second)


def episodes(seed: int = 0, count: int = 3, *, pictures: bool = True) -> list[Episode]:
    """Small whole episodes with states, actions, pictures, a task, an outcome and segments."""
    rng = np.random.default_rng(seed)
    return [_episode(rng, number, pictures) for number in range(count)]


def _episode(rng: np.random.Generator, number: int, pictures: bool) -> Episode:
    n = 24 + 5 * number
    t = np.arange(n, dtype=np.int64) * 50_000_000
    names = ("shoulder", "elbow", "wrist", "x", "y", "gripper")
    state = Signal("observation.state", Kind.STATE, (6,), "float32", "rad", "base", 20.0, names)
    action = Signal("action", Kind.ACTION, (6,), "float32", "rad", "base", 20.0, names)
    path = np.cumsum(rng.normal(0, 0.05, (n, 6)), axis=0).astype(np.float32)
    streams = [Stream(state, t, path), Stream(action, t, np.roll(path, -1, axis=0))]
    if pictures:
        camera = Signal("observation.images.front", Kind.IMAGE, (24, 32, 3), "uint8", "1", "front", 20.0)
        frames = rng.integers(0, 256, (n, 24, 32, 3), dtype=np.uint8)
        streams.append(Stream(camera, t, _raw(frames)))
    half = Span(0, int(t[n // 2]))
    return Episode(
        tuple(streams),
        Origin(uri=f"made:{number}", embodiment="arm", operator="a", tier="teleoperation", licence="CC0-1.0"),
        task="stack",
        instruction="stack the cubes",
        segments=(Segment(half, "reach"),),
        said=(Fact("", "outcome", "success" if number % 2 else "failure", "made@1"),),
    )


def _raw(frames: npt.NDArray[np.uint8]) -> RawFrames:
    return RawFrames(lambda start, stop: frames[start:stop], len(frames), frames.shape[1:], "uint8")


def _clock(n: int, signal: Signal, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    step = 1e9 / (signal.hz or 30.0)
    gaps = np.full(n, step)
    mood = rng.integers(0, 4)
    if mood == 1:
        gaps += rng.normal(0, step * 0.2, n)
    elif mood == 2 and n:
        gaps[rng.integers(0, n)] += step * 40
    elif mood == 3 and n:
        gaps[rng.integers(0, n)] = -step * 3 if rng.random() < 0.5 else 0
    return np.cumsum(gaps).astype(np.int64)


def _samples(n: int, signal: Signal, rng: np.random.Generator) -> npt.NDArray[np.generic]:
    width = signal.width
    x = np.cumsum(rng.normal(0, 0.05, (n, width)), axis=0) * 10 ** rng.uniform(-2, 2)
    mood = rng.integers(0, 6)
    if mood == 1:
        x[n // 3 :] = x[n // 3 : n // 3 + 1] if n else x
    elif mood == 2:
        x += rng.normal(0, 1, x.shape)
    elif mood == 3 and n:
        x[rng.integers(0, n), rng.integers(0, width)] += 1e3
    elif mood == 4 and n:
        x[rng.integers(0, n), rng.integers(0, width)] = rng.choice([np.nan, np.inf, -np.inf])
    elif mood == 5:
        x = np.clip(x, -0.1, 0.1)
    if signal.kind == Kind.LOOK:
        x = np.abs(x[:, : len(LOOK)])
    if signal.dtype == "uint8":
        x = (np.nan_to_num(x) > 0).astype(np.float64)
    return x.reshape(n, *signal.shape).astype(signal.dtype)
