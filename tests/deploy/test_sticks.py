"""Pushes become actions of bodies that differ, and a seat that falls silent moves nothing."""

from __future__ import annotations

import numpy as np
import pytest

from volant.core import Embodiment, Joint, Kind, Moment, Signal, State
from volant.core.errors import BadValue
from volant.deploy.cockpit import AWAY, HANDBACK, REWIND
from volant.deploy.glance import Scene
from volant.deploy.seat import Seat
from volant.deploy.sticks import Sticks


def body(*commands: tuple[str, float, float], seen: tuple[str, ...] = ()) -> Embodiment:
    joints = tuple(Joint(name, "1", low, high) for name, low, high in commands)
    action = Signal("action", Kind.ACTION, (len(commands),), "float32", hz=20, dims=tuple(n for n, _, _ in commands))
    state = Signal("observation.state", Kind.STATE, (len(seen),), "float32", hz=20, dims=seen)
    return Embodiment("made", joints, (state, action))


ARM = body(("dx", -1, 1), ("dy", -1, 1), ("dz", -0.5, 1), ("grip", -1, 1), ("spin", 0.2, 1))
FINGER = body(("x", 0, 512), ("y", 0, 512), seen=("finger.x", "finger.y"))


def test_movements_go_to_their_ends_and_what_nobody_pushes_rests() -> None:
    sticks = Sticks(ARM)
    assert sticks.axes == ("x", "y", "z", "grip")
    assert sticks.action(np.array([1, -0.5, -1, 1.0]), {}, 0).tolist() == [1, -0.5, -0.5, 1, 0.2]
    assert sticks.action(np.zeros(4), {}, 0).tolist() == [0, 0, 0, -1, 0.2]


def test_places_are_sent_ahead_of_where_the_body_is_and_never_off_the_table() -> None:
    sticks = Sticks(FINGER)
    obs = {"observation.state": np.array([[0, 0], [500, 100]], np.float32)}
    assert sticks.axes == ("x", "y")
    assert sticks.action(np.zeros(4), obs, 1).tolist() == [500, 100], "it stays where it is let go"
    assert sticks.action(np.array([1, -1, 0, 0.0]), obs, 1) == pytest.approx([512, 100 - 0.08 * 512])


def test_bodies_that_sticks_cannot_drive_are_refused() -> None:
    for wrong, words in ((body(("torque", -1, 1)), "torque"), (body(("x", 0, 1)), "does not see where it is")):
        with pytest.raises(BadValue, match=words):
            Sticks(wrong)


def test_a_silent_seat_stops_and_says_that_nobody_is_there() -> None:
    none = np.zeros(2, np.bool_)
    now = Moment(State({}, none, np.zeros(2), none), np.zeros(2, np.int64), np.array([False, True]))
    seat = Seat(Sticks(ARM), 20.0)
    seat.hear((2.0, 0.0, 0.0, 0.7), 4)
    act = seat.act(now)
    assert act.actions[1].tolist() == pytest.approx([1, 0, 0, 0.4, 0.2]), "cut to its ends"
    assert (act.marks[AWAY] == 0).all() and act.control.tolist() == [1, 1]
    seat.silent, seat.back, seat.rewind = 6, True, 20
    act = seat.act(now)
    assert act.actions[1].tolist() == pytest.approx([0, 0, 0, 0.4, 0.2]), "the hand keeps what it holds"
    assert (act.marks[AWAY] == 1).all() and (act.marks[HANDBACK] == 1).all() and (act.marks[REWIND] == 20).all()
    assert (seat.act(now).marks[REWIND] == 0).all(), "once"
    seat.start(np.array([0]), (), np.array([0]))
    assert (seat.act(now).marks[HANDBACK] == 0).all()


def test_a_scene_is_what_has_places_and_leaves_out_what_is_not_there() -> None:
    dims = ("hand.x", "hand.y", "hand.z", "open", "block.x", "block.y", "block.cos", "block.sin")
    joints = tuple(Joint(f"hand.{axis}", "m", -1.0, 1.0) for axis in "xyz")
    seen = Signal("state", Kind.STATE, (8,), "float32", hz=20, dims=dims)
    scene = Scene.of(Embodiment("made", joints, (seen, ARM.signals[-1])))
    numbers = np.array([[0, 1, -1, 9, 0.5, 0, 0, 1], [0.2, 0, 0, 0, 0, 0, 1, 0]], np.float32)
    places = scene.places({"state": numbers}, 2)
    assert scene.things == ("hand", "block") and scene.low == (-1, -1, -1)
    assert places[0, 0].tolist() == [0.5, 1.0, 0.0, 0.0]
    assert places[0, 1].tolist() == pytest.approx([0.75, 0.5, 0.5, np.pi / 2])
    assert np.isnan(places[1, 1]).all(), "a thing at the very origin is none"
    assert Scene.of(body(("torque", -1, 1))).things == ()
