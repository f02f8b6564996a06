"""A person at the keyboard: keys become commands, and a terminal is left as it was."""

from __future__ import annotations

import numpy as np
import pytest

from volant.cli._terminal import keys
from volant.core import Embodiment, Joint, Kind, Moment, Signal, State
from volant.core.errors import BadValue, Refused
from volant.deploy.cockpit import HANDBACK
from volant.deploy.keyboard import Keyboard

DIMS = ("dx", "dy", "dz", "grip")
ARM = Embodiment(
    "arm",
    tuple(Joint(name, "1", -1.0, 1.0) for name in DIMS),
    (Signal("action", Kind.ACTION, (4,), "float32", hz=20, dims=DIMS),),
)
NONE = np.zeros(1, np.bool_)
NOW = Moment(State({}, NONE, np.zeros(1), NONE), np.zeros(1, np.int64), ~NONE)


def driven(*pressed: str) -> tuple[list[list[float]], list, list[str]]:
    """The commands that these keys give, tick by tick; what was typed before the take-over is not among them."""
    typed, words = ["wwww", *pressed], []
    board = Keyboard(ARM, lambda: typed.pop(0), words.append)
    board.start(np.array([0]), (), np.array([0]))
    acts = [board.act(NOW) for _ in pressed]
    return [act.actions[0].tolist() for act in acts], acts, words


def test_a_key_moves_for_three_ticks_and_the_last_of_two_counts() -> None:
    moves, acts, words = driven("d", "", "", "", "ws")
    assert [move[0] for move in moves] == [1, 1, 1, 0, 0]
    assert moves[4] == [0, -1, 0, -1]
    assert "Robot 0 is yours" in words[0] and acts[0].control.tolist() == [1]


def test_fingers_close_and_open_and_the_robot_is_given_back_or_given_up() -> None:
    moves, acts, _ = driven("g", "", "g", "h", "x")
    assert [move[3] for move in moves] == [1, 1, -1, -1, -1]
    assert [act.marks[HANDBACK][0] for act in acts] == [0, 0, 0, 1, 0]
    assert [bool(act.stop[0]) for act in acts] == [False] * 4 + [True]


def test_a_body_that_does_not_name_its_movements_is_refused() -> None:
    bare = Embodiment("bare", (), (Signal("action", Kind.ACTION, (1,), "float32", hz=20, dims=("torque",)),))
    with pytest.raises(BadValue, match="torque"):
        Keyboard(bare, str, print)


def test_without_a_terminal_it_is_refused_in_words() -> None:
    with pytest.raises(Refused, match="needs a terminal"), keys():
        pass
