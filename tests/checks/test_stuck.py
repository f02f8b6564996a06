"""Joints that do not follow their command, and those that only seem so."""

from __future__ import annotations

import numpy as np
from tests.checks.kit import columns_of

from volant.checks.stuck import Stuck
from volant.core import Kind, Signal

HZ = 30
STATE = Signal("observation.state", Kind.STATE, (3,), "float64", hz=HZ)
ACTION = Signal("action", Kind.ACTION, (3,), "float64", hz=HZ)


def _peak(state: np.ndarray, command: np.ndarray) -> float:
    t = (np.arange(len(state)) * 1e9 / HZ).astype(np.int64)
    return float(Stuck().pair_scores(columns_of(STATE, t, state), columns_of(ACTION, t, command)).max())


def _sweep(n: int = 300) -> np.ndarray:
    t = np.arange(n)
    return np.stack([np.sin(t / 17), np.cos(t / 23), np.sin(t / 31 + 1)], axis=1)


def test_a_joint_that_stands_while_its_command_pauses_and_goes_on_is_still_stuck():
    command = _sweep()
    start = command[120].copy()
    command[120:, 0] = start[0] + np.interp(np.arange(180), [0, 25, 65, 90, 179], [0, 0.7, 0.7, 1.4, 1.4])
    state = np.concatenate([command[:2], command[:-2]])
    assert _peak(state, command) == 0
    state[120:, 0] = state[120, 0]
    assert _peak(state, command) > 1.2


def test_a_finger_that_holds_something_does_not_follow_its_switch_and_is_not_stuck():
    command = _sweep()
    command[:, 0] = np.where(np.arange(300) % 150 < 80, -3.0, 3.0)
    state = np.concatenate([command[:2], command[:-2]])
    state[:, 0] = np.interp(np.arange(300), [0, 79, 110, 149, 229, 299], [0, 0, 0.7, 0.2, 0.2, 0.25])
    assert _peak(state, command) < 0.3
