"""Weights by hand: what each way of using failures makes of the same few samples."""

from __future__ import annotations

import numpy as np
import pytest

from volant.core import Demonstrations, Kind, Signal
from volant.core.errors import BadValue
from volant.train.failures import Rabc, Sirius, rabc, sirius, sorts, use

STATE = Signal("observation.state", Kind.STATE, (1,), "float32", "m", "world", 10.0, ("x",))
ACTION = Signal("action", Kind.ACTION, (1,), "float32", "m", "world", 10.0, ("dx",))
POLICY, PERSON = 0, 1


def lesson(*episodes: tuple[str, list[int]], progress: list[float] | None = None) -> Demonstrations:
    """Episodes as (outcome, who acted at each step)."""
    size = [len(control) for _, control in episodes]
    n = sum(size)
    return Demonstrations(
        (STATE,),
        ACTION,
        {STATE.name: np.arange(n, dtype=np.float32)[:, None]},
        np.zeros((n, 1)),
        np.repeat(np.arange(len(size)), size),
        np.array([who for _, control in episodes for who in control], np.int8),
        np.ones(n),
        np.array(progress) if progress else np.full(n, np.nan),
        tuple(outcome for outcome, _ in episodes),
        ("walk",) * len(size),
        tuple(f"e{i}" for i in range(len(size))),
    )


def test_drop_leaves_failures_out_and_keep_takes_them() -> None:
    both = lesson(("success", [1, 1]), ("failure", [1, 1, 1]), ("", [1]), ("recovered", [1]), ("aborted", [1]))
    assert use(both, "drop").weight.tolist() == [1, 1, 0, 0, 0, 1, 1, 0]
    assert use(both, "keep").weight.tolist() == [1] * 8


def test_sirius_labels_who_was_in_control_and_what_led_to_a_take_over() -> None:
    both = lesson(("success", [1] * 4), ("success", [0] * 5 + [1] * 2 + [0] * 2), ("aborted", [0] * 3))
    labels = sorts(both, length=3)
    assert labels.tolist() == [-1] * 4 + [0, 0, -10, -10, -10, 1, 1, 0, 0] + [-10] * 3


def test_what_led_to_a_take_over_is_fifteen_steps_and_stays_in_its_episode() -> None:
    both = lesson(("success", [0] * 20), ("success", [0] * 4 + [1] * 2), ("success", [0] * 20 + [1]))
    labels = sorts(both)
    assert labels[:20].tolist() == [0] * 20
    assert labels[20:26].tolist() == [-10] * 4 + [1, 1]
    assert labels[26:].tolist() == [0] * 5 + [-10] * 15 + [1]


def test_sirius_weights_are_those_of_the_formula() -> None:
    labels = np.array([-1] * 20 + [0] * 60 + [1] * 10 + [-10] * 10, np.int8)
    weight = sirius(labels)
    by = {label: float(weight[labels == label][0]) for label in (-1, 0, 1, -10)}
    assert by[-1] == 1.0
    assert by[1] == pytest.approx(0.5 / 0.1)
    assert by[-10] == pytest.approx(0.002 / 0.1)
    assert by[0] == pytest.approx((1 - 0.5 - 0.2 - 0.002) / 0.6)
    assert weight.sum() == pytest.approx(100)


def test_sirius_without_take_overs_or_with_many_demonstrations() -> None:
    assert sirius(np.array([-1, 0, 0], np.int8)).tolist() == [1, 1, 1]
    weight = sirius(np.array([-1] * 6 + [0] * 2 + [1] * 2, np.int8), Sirius())
    assert weight.tolist() == [1] * 6 + [0] * 2 + [2.5] * 2


def test_rabc_weights_are_those_of_the_formula() -> None:
    progress = np.array([0.0, 0.5, 0.505, 0.4, 0.4, np.nan])
    episode = np.array([0, 0, 0, 0, 0, 1])
    delta = np.array([0.5, 0.005, -0.105, 0.0, 0.0])
    mean, spread = max(delta.mean(), 0), delta.std()
    soft = np.clip((delta - (mean - 2 * spread)) / (4 * spread + 1e-6), 0, 1)
    raw = np.array([1.0, soft[1], 0.0, soft[3], soft[4], 1.0])
    made = rabc(progress, episode, Rabc(ahead=1))
    assert np.allclose(made, raw * 6 / raw.sum())
    assert made.mean() == pytest.approx(1.0)


def test_rabc_looks_to_the_last_step_beyond_the_end() -> None:
    made = rabc(np.array([0.0, 0.2, 1.0, 1.0]), np.array([0, 0, 0, 0]))
    assert made[0] == made[1] > made[2] > 0


def test_rabc_without_progress_and_unknown_methods_are_refused() -> None:
    with pytest.raises(BadValue, match="progress"):
        use(lesson(("success", [1, 1])), "rabc")
    with pytest.raises(BadValue, match=r"Did you mean 'sirius'"):
        use(lesson(("success", [1, 1])), "sirus")
