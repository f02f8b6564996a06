"""Motion: what should not matter does not, what moves alike lies near, and every body fits."""

from __future__ import annotations

import numpy as np
import pytest

from volant.core import Episode, Kind, Signal, Stream
from volant.embeddings.motion import Motion

MOTION = Motion()


def moved(
    seed: int, *, hz: float = 50.0, seconds: float = 4.0, dims: int = 7, shift: float = 0.0, scale: float = 1.0,
    noise: float = 0.0, start: int = 0, unit: str = "rad", kind: Kind = Kind.JOINT,
) -> Episode:  # fmt: skip
    """A smooth movement that depends on the seed alone, and an action that leads it."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(3, dims)), rng.uniform(0, 3, (3, dims))
    t = np.arange(int(seconds * hz) + 1) / hz

    def at(u: np.ndarray) -> np.ndarray:
        return sum(a[k] * np.sin((k + 1) * u[:, None] * 2 * np.pi / seconds + b[k]) for k in range(3))

    x = scale * at(t) + shift + noise * np.random.default_rng(seed + 999).normal(size=(len(t), dims))
    times = (t * 1e9).round().astype(np.int64) + start
    state = Stream(Signal("state", kind, (dims,), "float64", unit, hz=hz), times, x)
    act = Stream(Signal("action", Kind.ACTION, (dims,), "float64", unit, hz=hz), times, scale * at(t + 0.1) + shift)
    return Episode((state, act))


def far(one: Episode, other: Episode) -> float:
    a, b = MOTION.of(one), MOTION.of(other)
    assert a is not None and b is not None
    return float(np.linalg.norm(a - b))


APART = min(far(moved(a), moved(b)) for a in range(6) for b in range(a))


@pytest.mark.parametrize(
    ("change", "most"),
    [
        ({"start": 10**15}, 0.0),
        ({"shift": 5.0}, 1e-5),
        ({"hz": 20.0}, 0.02),
        ({"hz": 200.0}, 0.02),
        ({"noise": 0.02}, 0.05),
        ({"noise": 0.1}, 0.15),
        ({"scale": 1.2}, 0.1),
    ],
    ids=str,
)
def test_what_should_not_matter_hardly_does(change: dict[str, float], most: float) -> None:
    """Where, at what rate, on what clock, in whose noise, a little larger; others lie much farther away."""
    assert APART > 0.7
    assert far(moved(1), moved(1, **change)) <= most


def test_an_angle_may_pass_the_end_of_the_circle() -> None:
    plain = moved(1)
    x = np.angle(np.exp(1j * (plain["state"].values + 3.0)))
    wrapped = Episode((Stream(plain["state"].signal, plain["state"].t, x), plain["action"]))
    assert np.ptp(x) > 6
    assert far(plain, wrapped) < 1e-5


def test_the_sign_of_a_quaternion_does_not_matter() -> None:
    rng, t = np.random.default_rng(0), np.arange(100) * 10_000_000
    turn = np.cumsum(rng.normal(size=(100, 4)) * 0.05, axis=0) + np.array([1.0, 0, 0, 0])
    turn /= np.linalg.norm(turn, axis=1, keepdims=True)
    place, signal = rng.normal(size=(100, 3)).cumsum(axis=0), Signal("pose", Kind.POSE, (7,), "float64", "m", hz=100)
    flips = np.where(rng.random(100) < 0.5, -1.0, 1.0)[:, None]
    one, other = (Episode((Stream(signal, t, np.hstack([place, q])),)) for q in (turn, turn * flips))
    assert far(one, other) < 1e-6


@pytest.mark.parametrize("dims", [1, 2, 5, 6, 14, 43, 500])
def test_every_body_fits_and_distances_survive_the_projection(dims: int) -> None:
    points = np.stack([MOTION.of(moved(seed, dims=dims)) for seed in range(8)])
    assert points.shape == (8, 64) and points.dtype == np.float32
    away = np.linalg.norm(points[:, None] - points[None], axis=-1)[np.triu_indices(8, 1)]
    assert away.min() > 0.3
    assert np.linalg.norm(points, axis=1).max() < 3


def test_white_noise_is_not_blown_up() -> None:
    t, rng = np.arange(200) * 20_000_000, np.random.default_rng(0)
    signal = Signal("state", Kind.JOINT, (7,), "float64", "rad", hz=50)
    still = [Episode((Stream(signal, t, rng.normal(size=(200, 7)) * 1e-4),)) for _ in range(2)]
    assert far(*still) < 0.15


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_numbers_that_are_none_leave_a_finite_point(bad: float) -> None:
    one = moved(3)
    x = one["state"].values.copy()
    x[5:9, 2] = bad
    assert np.isfinite(MOTION.of(Episode((Stream(one["state"].signal, one["state"].t, x), one["action"])))).all()


def test_nothing_recorded_has_no_point_and_nothing_moved_has_one() -> None:
    assert MOTION.of(Episode(())) is None
    assert MOTION.windows(Episode(())) is None
    words = Stream(Signal("said", Kind.LANGUAGE, (), "str"), np.array([0]), np.array(["hello"], object))
    assert MOTION.of(Episode((words,))) is None
    one = moved(1)
    still = Stream(one["state"].signal, one["state"].t[:1], one["state"].values[:1])
    assert np.isfinite(MOTION.of(Episode((still,)))).all()


def test_a_clock_that_runs_backwards_or_stands_still_is_passed_over() -> None:
    one = moved(1)
    for t in (one["state"].t[::-1].copy(), np.zeros_like(one["state"].t)):
        odd = Episode((Stream(one["state"].signal, t, one["state"].values), one["action"]))
        assert far(one, odd) < 0.5


def test_the_hand_is_found_by_its_name() -> None:
    t = np.arange(100) * 20_000_000
    signal = Signal("state", Kind.STATE, (2,), "float64", dims=("x", "left.gripper"), hz=50)

    def closing(at: int) -> Episode:
        return Episode((Stream(signal, t, np.stack([np.sin(t / 1e9), np.arange(100) > at], axis=1)),))

    early, late = (MOTION.of(closing(at)) for at in (20, 70))
    assert early is not None and late is not None
    assert np.abs(early[52:58] - late[52:58]).max() > 0.1


def test_windows_are_what_the_window_alone_gives() -> None:
    one = moved(2, seconds=7.0)
    found = MOTION.windows(one)
    assert found is not None
    rows, spans = found
    assert len(rows) == 3 and [span.seconds for span in spans] == [2.0, 2.0, 2.0]
    cut = MOTION.windows(one.between(0, 4_500_000_000))
    assert cut is not None and np.array_equal(cut[0], rows[:2])
    assert np.array_equal(MOTION.of(one.between(spans[1].start, spans[1].stop)), rows[1])


def test_a_stream_that_stands_still_is_not_blown_up_from_rounding() -> None:
    t = np.arange(37, dtype=np.int64) * 20_000_000
    state = Signal("observation.state", Kind.STATE, (2,), "float64", "m")
    still = Stream(state, t, np.tile([0.1, 1e6 + 0.3], (37, 1)))
    moving = Stream(Signal("action", Kind.ACTION, (1,), "float64", "m"), t, np.sin(t[:, None] / 1e8))
    point = MOTION.of(Episode((still, moving)))
    assert point is not None and not point[:40].any() and point[40:52].any()
