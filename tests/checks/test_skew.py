"""Cameras that show motion earlier or later than the body measures it."""

from __future__ import annotations

import numpy as np
import pytest
from tests.checks.kit import columns_of

from volant.checks.skew import Skew
from volant.core import LOOK, Kind, Signal, look_signal

HZ = 30
CAMERA = look_signal(Signal("front", Kind.IMAGE, (4, 4, 3), "uint8", hz=HZ))
BODY = Signal("observation.state", Kind.STATE, (3,), "float64", hz=HZ)


def _peak(speed: np.ndarray, late: int) -> float:
    """The highest score of a camera whose pictures change as the body moves, so many frames later."""
    rng = np.random.default_rng(0)
    t = (np.arange(len(speed)) * 1e9 / HZ).astype(np.int64)
    body = np.cumsum(speed[:, None] * [1.0, -0.7, 0.4], axis=0) + rng.normal(0, 1e-3, (len(speed), 3))
    looks = np.zeros((len(speed), len(LOOK)))
    seen = np.roll(speed, late)
    looks[:, LOOK.index("change")] = np.minimum(seen, 0.6) + 0.3 + rng.normal(0, 0.02, len(speed))
    return float(Skew().pair_scores(columns_of(CAMERA, t, looks), columns_of(BODY, t, body)).max())


def _strokes(n: int, often: int, seed: int = 1) -> np.ndarray:
    """Strokes of a few frames, at random or every ``often`` frames."""
    rng = np.random.default_rng(seed)
    at = np.arange(20, n - 20, often) if often else np.sort(rng.choice(n - 40, n // 14, replace=False)) + 20
    size = np.ones(len(at)) if often else rng.uniform(0.5, 1.2, len(at))
    return sum(s * np.exp(-0.5 * ((np.arange(n) - a) / 3.5) ** 2) for a, s in zip(at, size, strict=True))


@pytest.mark.parametrize("late", [-15, -12, 12, 15])
def test_a_camera_that_is_early_or_late_is_found_although_its_change_saturates(late: int):
    assert _peak(_strokes(300, 0), late) == pytest.approx(abs(late) * 1000 / HZ, abs=40)


def test_motion_that_repeats_itself_is_no_skew():
    assert _peak(_strokes(300, 19), 3) < Skew().limit


def test_slow_motion_that_is_like_itself_everywhere_is_no_skew():
    slow = 0.5 + 0.4 * np.sin(np.arange(300) / 90)
    assert _peak(slow, 12) < Skew().limit
