"""Laws of policies: taught the same, the same bytes; opened again, or alone, the same deeds; within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ..core import (
    Demonstrations,
    Embodiment,
    Environment,
    Floats,
    Kind,
    Learner,
    Learning,
    Moment,
    Policy,
    Signal,
    State,
)
from ..core.checkpoint import digest, header
from ..core.errors import VolantError
from .laws import Broken, Law

__all__ = ["BODY", "LAWS", "TOLERANCE", "acted", "walks"]

TOLERANCE = 1e-4
"""How far a lane's action may differ in a crowd from its action alone, as a share of what was demonstrated: matrix
products of other sizes round differently."""

BODY = Embodiment(
    "walker",
    (),
    (
        Signal("observation.state", Kind.STATE, (2,), "float32", "m", "world", 10.0, ("self.x", "mark.x")),
        Signal("action", Kind.ACTION, (2,), "float32", "m", "world", 10.0, ("step", "turn")),
    ),
)
_STATE, _ACTION = BODY.signals
_QUICK = Learning(minutes=0.0005, ensemble=2, seed=3)
_STEPS, _LANES = 12, 16


def walks(count: int, seed: int) -> Demonstrations:
    """Episodes of a robot that walks along a line to a mark: twelve steps each, in environments of their own."""
    rng = np.random.default_rng(seed)
    marks = np.repeat(rng.uniform(-1, 1, count), _STEPS)
    place = marks * np.tile(np.linspace(0, 1, _STEPS), count)
    step = np.clip(marks - place, -0.1, 0.1)
    n = count * _STEPS
    return Demonstrations(
        BODY.signals[:1],
        _ACTION,
        {_STATE.name: np.stack((place, marks), axis=1).astype(np.float32)},
        np.stack((step, np.sign(step)), axis=1),
        np.repeat(np.arange(count), _STEPS),
        np.ones(n, np.int8),
        np.ones(n),
        np.tile(np.linspace(0, 1, _STEPS), count),
        ("success",) * count,
        ("walk",) * count,
        tuple(f"{seed}-{i}" for i in range(count)),
        tuple(f"scene-{seed}-{i}" for i in range(count)),
    )


def acted(policy: Policy, lanes: Sequence[int], steps: int = 9) -> Floats:
    """What the policy does in these of many lanes, ``[steps, n, a]``, whatever comes of it: states are given."""
    rng = np.random.default_rng(0)
    states = rng.uniform(-1.2, 1.2, (steps, _LANES, 2)).astype(np.float32)[:, list(lanes)]
    n = len(lanes)
    controller = policy.controller(n)
    places = [Environment.of("line", "walk", [float(lane)]) for lane in lanes]
    controller.start(np.arange(n), places, np.array(lanes, np.int64))
    still, never = np.zeros(n), np.zeros(n, np.bool_)
    made = []
    for step, state in enumerate(states):
        shown = State({_STATE.name: state}, never, still, never)
        made.append(controller.act(Moment(shown, np.full(n, step), ~never)).actions.copy())
    return np.asarray(made)


def _taught(learner: Learner) -> Policy:
    return _remembered(cast(Any, learner))  # whatever is no value is hashed by its identity


@lru_cache(maxsize=8)
def _remembered(learner: Learner) -> Policy:
    return learner.learn(walks(8, 1), _QUICK)


def _says(learner: Learner) -> None:
    policy = _taught(learner)
    said = header(policy.blob)
    if said["learner"] != learner.name or policy.hash != digest(policy.blob):
        raise Broken(f"{learner.name}: the checkpoint names {said['learner']!r}, or its hash is not that of its bytes.")
    if [signal.name for signal in policy.observations] != [_STATE.name] or policy.action != _ACTION:
        raise Broken(f"{learner.name}: it does not see and do what was demonstrated.")
    if sorted(said.get("scenes", [])) != sorted(walks(8, 1).scenes):
        raise Broken(f"{learner.name}: the checkpoint does not name the environments that taught it.")


def _bytes(learner: Learner) -> None:
    if learner.learn(walks(8, 1), _QUICK).blob != _taught(learner).blob:
        raise Broken(f"{learner.name}: other bytes from the same demonstrations and settings.")
    if learner.learn(walks(8, 2), _QUICK).blob == _taught(learner).blob:
        raise Broken(f"{learner.name}: the same bytes from other demonstrations.")


def _opened(learner: Learner) -> None:
    policy = _taught(learner)
    opened = learner.open(policy.blob)
    if opened.blob != policy.blob or not np.array_equal(acted(opened, [0, 1, 2]), acted(policy, [0, 1, 2])):
        raise Broken(f"{learner.name}: opened from its bytes it acts otherwise.")


def _seeded(learner: Learner) -> None:
    policy = _taught(learner)
    if not np.array_equal(acted(policy, [0, 1, 2]), acted(policy, [0, 1, 2])):
        raise Broken(f"{learner.name}: begun again with the same seeds it acts otherwise.")


def _bounded(learner: Learner) -> None:
    done: npt.NDArray[np.float64] = acted(_taught(learner), list(range(_LANES)))
    low, high = walks(8, 1).actions.min(axis=0), walks(8, 1).actions.max(axis=0)
    if not np.isfinite(done).all() or (done < low - 1e-6).any() or (done > high + 1e-6).any():
        raise Broken(f"{learner.name}: it commands what is beyond everything demonstrated.")


def _alone(learner: Learner) -> None:
    policy = _taught(learner)
    crowd = acted(policy, list(range(7)))
    for lane in (0, 3, 6):
        # the same lane number with the same seed, in a company of one
        alone = acted(policy, [lane])[:, 0]
        if not np.allclose(alone, crowd[:, lane], atol=TOLERANCE):
            far = float(np.abs(alone - crowd[:, lane]).max())
            raise Broken(f"{learner.name}: alone, lane {lane} acts otherwise than in a crowd (by {far:.2g}).")


def _refuses(learner: Learner) -> None:
    lesson = walks(8, 1)
    broken = {_STATE.name: np.full_like(lesson.obs[_STATE.name], np.nan)}
    silent = np.zeros(len(lesson))
    for what, bad in (
        ("one episode", walks(1, 1)),
        ("nothing that counts", replace(lesson, weight=silent)),
        ("observations that are no numbers", replace(lesson, obs=broken)),
    ):
        try:
            learner.learn(bad, _QUICK)
        except VolantError:
            continue
        raise Broken(f"{learner.name}: it learns from {what} without a word.")


LAWS = (
    Law("says-what-it-is", "the checkpoint names its learner, what it sees and does, and where it was taught", _says),
    Law("same-bytes", "the same demonstrations and settings give the same bytes, others give others", _bytes),
    Law("open-is-identity", "opened from its bytes it acts exactly as it did", _opened),
    Law("seeded", "begun again with the same seeds it acts exactly the same", _seeded),
    Law("bounded", "whatever it sees, it commands nothing beyond what was demonstrated", _bounded),
    Law("alone-or-in-a-crowd", f"a lane acts the same in any company, to {TOLERANCE:g}", _alone),
    Law("enough-or-refused", "too little data, and data that is no numbers, are refused in words", _refuses),
)
