"""What is seen of Sawyer arms: rows of MuJoCo's arrays, gathered lane by lane; the rest for many lanes at once."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt

from ..core.acting import Bools, Floats, Ints
from ._sawyer_tasks import Rule, Sight

__all__ = ["Eyes", "gather", "pressed", "touching"]

_ARRAYS = {"body": ("xpos", "xquat"), "site": ("site_xpos", "site_xmat"), "geom": ("geom_xpos", "geom_xmat")}
_FINGERS = ("site:rightEndEffector", "site:leftEndEffector")
_HAND = ("body:hand", "body:rightclaw", "body:leftclaw")
_NAMED = {
    "body": mujoco.mjtObj.mjOBJ_BODY,
    "site": mujoco.mjtObj.mjOBJ_SITE,
    "geom": mujoco.mjtObj.mjOBJ_GEOM,
    "joint": mujoco.mjtObj.mjOBJ_JOINT,
}
_JOINTS = {"nail in": "NailSlideJoint", "lever up": "LeverAxis"}
_DIAL = 0.05
_WIDTH = {"xpos": 3, "site_xpos": 3, "geom_xpos": 3, "xquat": 4}

Bound = tuple[tuple[Any, Ints, Any], ...]


class Eyes:
    """Gathers what a task's sight names for so many lanes, and computes observations and measures from it.

    ``things`` are the bodies that hang together with the first thing, ``sides`` each geom's side in a contact.
    """

    def __init__(self, model: Any, sight: Sight, lanes: int) -> None:
        self.sight, self.model = sight, model
        rule = sight.rule
        extra = [rule.where] if ":" in rule.where else []
        extra += ["site:stick_end"] if rule.also == "stick inserted" else []
        points = [*_HAND, *_FINGERS, *(thing.replace("dial:", "body:") for thing in sight.things), *extra]
        self._rows = {name: i for i, name in enumerate(sorted(set(points), key=_array))}
        turns = [turn for turn in sight.turns if ":" in turn]
        joint = "knob_Joint_1" if "dial:" in sight.things[0] else _JOINTS.get(rule.also)
        self._gathers: list[tuple[str, Ints, npt.NDArray[Any]]] = []
        self._points = self._gather(list(self._rows), 0, lanes)
        self._quats = {turn: self._gather([turn], 1, lanes) for turn in turns}
        self._joint = np.zeros((lanes, 1))
        if joint:
            number = mujoco.mj_name2id(model, _NAMED["joint"], joint)
            self._gathers.append(("qpos", model.jnt_qposadr[[number]].astype(np.int64), self._joint))
        self.things = self._tree(sight.things[0].replace("dial:", "body:"))
        self.sides = self._sides()

    def _gather(self, names: list[str], which: int, lanes: int) -> npt.NDArray[Any]:
        """Room for rows of one sort for all lanes, and the orders to fill it; names of one array lie together."""
        by: dict[str, list[int]] = {}
        for name in names:
            kind, called = name.split(":")
            array = "xmat" if which and kind == "frame" else _ARRAYS[kind][which]
            by.setdefault(array, []).append(self._id(kind, called))
        room = np.zeros((lanes, len(names), _WIDTH.get(next(iter(by)), 9)))
        at = 0
        for array, ids in by.items():
            self._gathers.append((array, np.asarray(ids, np.int64), room[:, at : at + len(ids)]))
            at += len(ids)
        return room

    def _id(self, kind: str, name: str) -> int:
        return int(mujoco.mj_name2id(self.model, _NAMED["body" if kind == "frame" else kind], name))

    def _tree(self, point: str) -> tuple[int, ...]:
        """Bodies that hang together with a point: what contact and mass mean by the task's thing."""
        kind, name = point.split(":")
        number = self._id(kind, name)
        body = number if kind == "body" else getattr(self.model, f"{kind}_bodyid")[number]
        root = self.model.body_rootid[body]
        return tuple(np.flatnonzero(self.model.body_rootid == root).tolist())

    def _sides(self) -> npt.NDArray[np.int8]:
        """Each geom's side in a contact that counts: 1 the robot's, 2 the thing's, 0 neither."""
        robot = self.model.body_rootid[self._id("body", "hand")]
        of = self.model.geom_bodyid
        sides = np.where(self.model.body_rootid[of] == robot, 1, 0)
        return np.where(np.isin(of, self.things), 2, sides).astype(np.int8)

    def bind(self, data: Any, lane: int) -> Bound:
        """Views to gather a lane by, from its MuJoCo data."""
        return tuple((getattr(data, name), ids, room[lane]) for name, ids, room in self._gathers)

    def point(self, name: str, rows: Ints) -> Floats:
        """One point of some lanes, world frame, m."""
        return self._points[rows, self._rows[name]]  # type: ignore[no-any-return]

    def fingers(self, rows: Ints) -> Floats:
        """The middle between the fingers."""
        middle = (self.point(_FINGERS[0], rows) + self.point(_FINGERS[1], rows)) / 2.0
        return np.asarray(middle)

    def hand(self, rows: Ints) -> Floats:
        """The hand's place and the gripper's opening, 1 where it is 0.1 m."""
        apart = self.point("body:rightclaw", rows) - self.point("body:leftclaw", rows)
        opening = np.clip(_length(apart) / 0.1, 0.0, 1.0)
        return np.concatenate((self.point("body:hand", rows), opening[:, None]), axis=1)

    def objects(self, rows: Ints) -> Floats:
        """Places and quaternions of one or two things, ``[n, 14]``, zeros where there is one."""
        out = np.zeros((len(rows), 14))
        last = len(self.sight.things) - 1
        for i, (thing, turn) in enumerate(zip(self.sight.things, self.sight.turns, strict=True)):
            place = self.point(thing.replace("dial:", "body:"), rows)
            if thing.startswith("dial:"):
                angle = self._joint[rows, 0]
                place = place + _DIAL * np.stack((np.sin(angle), -np.cos(angle), np.zeros(len(rows))), axis=1)
            if i == last and any(self.sight.offset):
                place = place + np.asarray(self.sight.offset)
            out[:, 7 * i : 7 * i + 3] = place
            out[:, 7 * i + 3 : 7 * i + 7] = self._turn(turn, rows)
        return out

    def _turn(self, turn: str, rows: Ints) -> Floats | tuple[float, ...]:
        if turn in ("zero", "unit"):
            return (float(turn == "unit"), 0.0, 0.0, 0.0)
        found = self._quats[turn][rows, 0]
        return found if turn.startswith("body:") else _quaternions(found.reshape(-1, 3, 3))

    def judge(self, rows: Ints, objects: Floats, goal: Floats, held: Bools) -> tuple[Floats, Bools]:
        """How far each lane is from done, in the rule's measure, and whether it is done."""
        rule = self.sight.rule
        if rule.also in _JOINTS:
            joint = self._joint[rows, 0]
            if rule.also == "nail in":
                return np.maximum(rule.within - joint, 0.0), joint > rule.within
            error = np.abs(-joint - np.pi / 2.0)
            return error, error <= np.pi / 24
        at = self._where(rule, rows, objects)
        if rule.height is not None:
            goal = np.concatenate((goal[:, :2], np.full((len(goal), 1), rule.height)), axis=1)
        if rule.also == "above the goal":
            return np.maximum(goal[:, 2] - objects[:, 2], 0.0), objects[:, 2] > goal[:, 2]
        away = (at - goal) * np.asarray(rule.scale)
        distance = _length(away)
        if rule.also == "nut on peg":
            error = goal - at
            return distance, (_length(error[:, :2]) < 0.02) & (error[:, 2] > 0.0)
        done = distance <= rule.within
        if rule.also == "stick inserted":
            end = self.point("site:stick_end", rows)
            off = np.abs(end - at)
            done &= (end[:, 0] >= at[:, 0]) & (off[:, 1] <= 0.04) & (off[:, 2] <= 0.06)
        return distance, done & held if rule.also == "stick held" else done

    def _where(self, rule: Rule, rows: Ints, objects: Floats) -> Floats:
        if rule.where == "fingers":
            return self.fingers(rows)
        if rule.where == "second":
            return objects[:, 7:10]
        if ":" in rule.where:
            return self.point(rule.where, rows)
        return objects[:, :3] + np.asarray(rule.shift) if any(rule.shift) else objects[:, :3]


def gather(bound: Bound) -> None:
    """Copy a lane's rows into the rooms of all lanes."""
    for view, ids, room in bound:
        view.take(ids, 0, room, "clip")


def touching(pairs: list[npt.NDArray[np.int32]], sides: npt.NDArray[np.int8]) -> Bools:
    """Whether the robot touches the task's thing, of each lane's pairs of geoms in contact."""
    counts = [len(some) for some in pairs]
    where = np.repeat(np.arange(len(pairs)), counts)
    both = sides[np.concatenate(pairs)] if len(where) else np.zeros((0, 2), np.int8)
    out = np.zeros(len(pairs), np.bool_)
    out[where[both[:, 0] + both[:, 1] == 3]] = True
    return out


def pressed(data: Any, thing: int, pads: tuple[int, int]) -> bool:
    """Whether both finger pads press on a geom, from MuJoCo's contact arrays."""
    if not data.ncon or not data.nefc:
        return False
    pairs, force = data.contact.geom, data.efc_force[data.contact.efc_address]
    on = (pairs == thing).any(axis=1)
    return all(force[on & (pairs == pad).any(axis=1)].sum() > 0 for pad in pads)


def _array(name: str) -> tuple[str, str]:
    return _ARRAYS[name.partition(":")[0]][0], name


def _length(x: Floats) -> Floats:
    return np.asarray(np.sqrt(np.vecdot(x, x)))


def _quaternions(m: Floats) -> Floats:
    """Unit quaternions xyzw of rotation matrices ``[n, 3, 3]``, computed from the largest component (Shepperd 1978)."""
    trace = m[:, 0, 0] + m[:, 1, 1] + m[:, 2, 2]
    largest = np.argmax(np.stack((m[:, 0, 0], m[:, 1, 1], m[:, 2, 2], trace), axis=1), axis=1)
    out = np.empty((len(m), 4))
    for i in range(4):
        rows = np.flatnonzero(largest == i)
        if not len(rows):
            continue
        one, j, k = m[rows], (i + 1) % 3, (i + 2) % 3
        if i == 3:
            cross = (one[:, 2, 1] - one[:, 1, 2], one[:, 0, 2] - one[:, 2, 0], one[:, 1, 0] - one[:, 0, 1])
            out[rows] = np.stack((*cross, 1.0 + trace[rows]), axis=1)
            continue
        out[rows, i] = 1.0 - trace[rows] + 2.0 * one[:, i, i]
        out[rows, j], out[rows, k] = one[:, j, i] + one[:, i, j], one[:, k, i] + one[:, i, k]
        out[rows, 3] = one[:, k, j] - one[:, j, k]
    return np.asarray(out / _length(out)[:, None])
