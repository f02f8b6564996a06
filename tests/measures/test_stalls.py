"""Stops, progress and turns back, on movements whose answer is known."""

import numpy as np
import pytest

from volant.core import Episode, Kind, Signal, Stream
from volant.measures.approach import Approach
from volant.measures.progress import Progress
from volant.measures.smoothness import Smoothness
from volant.measures.stalls import Stalls

HZ = 50.0


def _stream(name: str, x: np.ndarray, kind: Kind = Kind.POSE) -> Stream:
    signal = Signal(name, kind, x.shape[1:], "float64", "m", "base", HZ)
    return Stream(signal, (np.arange(len(x)) * 1e9 / HZ).astype(np.int64), x)


def _moving(x: np.ndarray) -> Episode:
    return Episode((_stream("pose", x),))


def _stopping(*stops: int) -> np.ndarray:
    """Two seconds of even movement with stops of so many samples, and a second of idleness at both ends."""
    leg = np.ones(100 // (len(stops) + 1))
    steps = [np.zeros(50), leg, *(part for stop in stops for part in (np.zeros(stop), leg)), np.zeros(50)]
    return np.cumsum(np.concatenate(steps))[:, None] * [0.01, -0.02]


@pytest.mark.parametrize(
    ("stops", "share"), [((), 0.0), ((5,), 0.0), ((100,), 100 / 200), ((30, 70), 100 / 199), ((25, 5), 25 / 129)]
)
def test_stops_between_first_and_last_movement_are_counted_and_short_ones_are_turns(
    stops: tuple[int, ...], share: float
) -> None:
    assert Stalls().of(_moving(_stopping(*stops))) == pytest.approx(share, abs=0.03)


def test_a_trembling_hand_that_rests_is_at_rest() -> None:
    path = _stopping(100) + np.random.default_rng(0).normal(0, 0.004, (300, 2))
    assert Stalls().of(_moving(path)) == pytest.approx(0.5, abs=0.05)


def test_what_never_moves_or_is_too_short_has_no_stalls() -> None:
    assert Stalls().of(_moving(np.zeros((100, 2)))) is None
    assert Stalls().of(_moving(_stopping()[60:90])) is None


def test_progress_is_the_furthest_that_the_recording_says() -> None:
    path = _stream("pose", _stopping())
    said = _stream("label/progress", np.r_[np.linspace(0, 0.75, 150), np.full(50, 0.5)], Kind.SCALAR)
    assert Progress().of(Episode((path, said))) == pytest.approx(0.75)
    assert Progress().of(Episode((path,))) is None
    percent = _stream("progress", np.linspace(0, 75, 200), Kind.SCALAR)
    assert Progress().of(Episode((path, percent))) is None


def test_approach_is_one_without_a_turn_and_less_with_one() -> None:
    straight = np.linspace(0, 1, 100)[:, None] * [1.0, 2.0]
    assert Approach().of(_moving(straight)) == pytest.approx(1)
    back = np.r_[np.linspace(0, 0.8, 80), np.linspace(0.8, 0.4, 40), np.linspace(0.4, 1, 60)][:, None]
    assert Approach().of(_moving(back)) == pytest.approx(1 / 1.8, abs=0.01)
    assert Approach().of(_moving(np.zeros((100, 1)))) is None


def test_how_a_body_moves_is_not_read_from_what_lies_around_it() -> None:
    rng = np.random.default_rng(1)
    body = _stream("observation.state", _stopping(), Kind.STATE)
    things = _stream("observation.environment_state", rng.standard_normal((200, 17)), Kind.STATE)
    assert Smoothness().of(Episode((body, things))) == Smoothness().of(Episode((body,)))
    assert Smoothness().of(Episode((things,))) is not None
