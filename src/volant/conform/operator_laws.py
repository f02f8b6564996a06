"""Laws of operators: seeded, the same in any company, within bounds, and somebody: who acts is said of every step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..core import CONTROL, Act, Embodiment, Environment, Floats, Ints, Joint, Kind, Moment, Operator, Signal, State
from .laws import Broken, Law

__all__ = ["BODY", "LAWS", "driven"]

BODY = Embodiment(
    "walker",
    (Joint("step", "1", -1.0, 1.0), Joint("grip", "1", -1.0, 1.0)),
    (
        Signal("observation.state", Kind.STATE, (2,), "float64", "m", "world", 20.0, ("self.x", "mark.x")),
        Signal("action", Kind.ACTION, (2,), "float64", "1", "world", 20.0, ("step", "grip")),
    ),
)
"""A robot that walks along a line to a mark, 5 cm a step at full speed, and closes its hand there."""
_STEPS = 120


class _Walker:
    """The script that operators bend."""

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """Nothing is remembered."""

    def act(self, moment: Moment) -> Act:
        """Towards the mark."""
        seen = np.asarray(moment.state.obs["observation.state"], np.float64)
        gap = seen[:, 1] - seen[:, 0]
        there = np.where(np.abs(gap) < 0.05, 1.0, -1.0)
        return Act(np.stack((np.clip(20 * gap, -1, 1), there), axis=1), np.full(len(gap), 2, np.int8))


def driven(operator: Operator, seeds: Sequence[int], *, truth: float = 0.0, twice: bool = False) -> list[Act]:
    """What an operator does on lanes of these seeds, step by step; ``truth`` is put where nobody may look."""
    n = len(seeds)
    person = operator.drive(_Walker(), BODY, n)
    on = np.ones(n, np.bool_)
    acts: list[Act] = []
    for _ in range(1 + twice):
        acts = []
        person.start(np.arange(n), [Environment.of("line", "walk", [2.0])] * n, np.asarray(seeds, np.int64))
        place = np.zeros(n)
        for step in range(_STEPS):
            obs = {"observation.state": np.stack((place, np.full(n, 2.0)), axis=1)}
            hidden = {"distance": np.full(n, truth)}
            state = State(obs, np.full(n, truth > 0), np.full(n, truth), np.zeros(n, np.bool_), hidden)
            act = person.act(Moment(state, np.full(n, step), on))
            acts.append(replace(act, actions=act.actions.copy()))
            place = place + 0.05 * np.clip(act.actions[:, 0], -1, 1)
    return acts


def _actions(acts: Sequence[Act]) -> Floats:
    return np.stack([act.actions for act in acts])


def _seeded(operator: Operator) -> None:
    first, again = (_actions(driven(operator, [3, 4], twice=twice)) for twice in (False, True))
    if not np.array_equal(first, again):
        raise Broken(f"{operator.name}: begun again with the same seeds it acts otherwise.")


def _alone(operator: Operator) -> None:
    crowd = _actions(driven(operator, [1, 2, 3, 4, 5]))
    for lane in (0, 2, 4):
        if not np.array_equal(_actions(driven(operator, [lane + 1]))[:, 0], crowd[:, lane]):
            raise Broken(f"{operator.name}: alone it acts otherwise than beside others.")


def _bounded(operator: Operator) -> None:
    done = _actions(driven(operator, list(range(6))))
    if done.shape != (_STEPS, 6, 2) or not np.isfinite(done).all() or (np.abs(done) > 1 + 1e-9).any():
        raise Broken(f"{operator.name}: it commands what the body cannot do.")


def _somebody(operator: Operator) -> None:
    words = {CONTROL[int(who)] for act in driven(operator, [0, 1]) for who in act.control}
    if not words <= {"person", "script"}:
        raise Broken(f"{operator.name}: an operator is a person or a script, not {', '.join(sorted(words))}.")


def _blind(operator: Operator) -> None:
    plain, told = (_actions(driven(operator, [0, 1], truth=truth)) for truth in (0.0, 1.0))
    if not np.array_equal(plain, told):
        raise Broken(f"{operator.name}: it acts on success, progress or labels, which nobody can see.")


LAWS = (
    Law("seeded", "begun again with the same seeds it acts exactly the same", _seeded),
    Law("alone-or-beside-others", "a lane is driven the same in any company", _alone),
    Law("within-bounds", "it commands every lane, and nothing beyond the body's limits", _bounded),
    Law("somebody", "every step says whether a person or a script was in control", _somebody),
    Law("sees-what-is-shown", "success, progress and labels change nothing that it does", _blind),
)
