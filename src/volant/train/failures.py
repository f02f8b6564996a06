"""What failures and take-overs are good for: five published ways from the same episodes to what each sample counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..core import CONTROL, Demonstrations, Floats, Ints
from ..core.errors import BadValue, suggest
from .advantage import conditioned
from .gather import FAILED

__all__ = ["DEMONSTRATION", "INTERVENTION", "METHODS", "PREINTERVENTION", "ROLLOUT", "Rabc", "Sirius", "sorts", "use"]

Labels = npt.NDArray[np.int8]

DEMONSTRATION, ROLLOUT, INTERVENTION, PREINTERVENTION = -1, 0, 1, -10
"""Sirius' labels of a sample: a person's own episode, the policy at work, a take-over, and what led to one."""

_POLICY = CONTROL.index("policy")


@dataclass(frozen=True, slots=True)
class Sirius:
    """Shares of the sampling that take-overs and what led to them get, and how many steps led to one (Sirius)."""

    intervention: float = 0.5
    before: float = 0.002
    length: int = 15


@dataclass(frozen=True, slots=True)
class Rabc:
    """Progress is looked for ``ahead`` steps on; above ``enough`` a sample counts fully (RA-BC, SARM)."""

    ahead: int = 50
    enough: float = 0.01


def use(lesson: Demonstrations, method: str, seed: int = 0) -> Demonstrations:
    """The same samples, weighed (or marked) by one of ``METHODS``; what counts nothing stays, with weight 0.

    ``drop`` leaves episodes out that failed, ``keep`` learns from all alike, ``sirius`` weighs by who was in control,
    ``rabc`` by the progress that follows, ``recap`` tells the policy which samples went better than expected.
    """
    if method not in METHODS:
        raise BadValue(f"Failures cannot be used by {method!r}.", instead=suggest(method, METHODS))
    return METHODS[method](lesson, seed)


def _drop(lesson: Demonstrations, _: int) -> Demonstrations:
    failed = np.array([outcome in FAILED for outcome in lesson.outcome], np.bool_)
    return replace(lesson, weight=np.where(failed[lesson.episode], 0.0, lesson.weight))


def _keep(lesson: Demonstrations, _: int) -> Demonstrations:
    return lesson


def _sirius(lesson: Demonstrations, _: int) -> Demonstrations:
    return replace(lesson, weight=lesson.weight * sirius(sorts(lesson)))


def _rabc(lesson: Demonstrations, _: int) -> Demonstrations:
    if not np.isfinite(lesson.progress).any():
        raise BadValue("No episode knows its progress, which RA-BC weighs by.", do="Use --failures drop, or sirius.")
    return replace(lesson, weight=lesson.weight * rabc(lesson.progress, lesson.episode))


METHODS: dict[str, Callable[[Demonstrations, int], Demonstrations]] = {
    "drop": _drop,
    "keep": _keep,
    "sirius": _sirius,
    "rabc": _rabc,
    "recap": conditioned,
}


def sorts(lesson: Demonstrations, length: int = Sirius().length) -> Labels:
    """Sirius' label of every sample.

    An episode in which no policy acted is a demonstration. In the others what the policy did is a rollout, what
    anybody else did an intervention, and the last ``length`` rollout steps before each take-over are relabelled as
    what led to it; an episode that was aborted ended in a take-over too.
    """
    policy = lesson.control == _POLICY
    mixed = np.zeros(len(lesson.ids), np.bool_)
    np.logical_or.at(mixed, lesson.episode, policy)
    labels = np.where(mixed[lesson.episode], np.where(policy, ROLLOUT, INTERVENTION), DEMONSTRATION).astype(np.int8)
    return _preceded(labels, lesson, length)


def _preceded(labels: Labels, lesson: Demonstrations, length: int) -> Labels:
    n = len(labels)
    same = lesson.episode[1:] == lesson.episode[:-1]
    over = np.flatnonzero(same & (labels[1:] == INTERVENTION) & (labels[:-1] == ROLLOUT)) + 1
    aborted = np.array([outcome == "aborted" for outcome in lesson.outcome], np.bool_)
    last = np.flatnonzero(np.append(~same, n > 0)) + 1
    ended = last[aborted[lesson.episode[last - 1]] & (labels[last - 1] == ROLLOUT)]
    made = labels.copy()
    for at in np.concatenate((over, ended)).tolist():
        part = np.arange(max(0, at - length), at)
        part = part[(lesson.episode[part] == lesson.episode[at - 1]) & (labels[part] == ROLLOUT)]
        made[part] = PREINTERVENTION
    return made


def sirius(labels: Labels, how: Sirius | None = None) -> Floats:
    """Weight of every sample: take-overs get half of all sampling, what led to them next to nothing.

    With r the natural share of each label, a demonstration weighs 1, an intervention 0.5 / r, what led to one
    0.002 / r, and the rollouts share what is left (nothing where demonstrations alone are more than that). Without
    any take-over every sample weighs 1.
    """
    how = how or Sirius()
    share = {label: float((labels == label).mean()) for label in (-1, 0, 1, -10)} if len(labels) else {}
    weight = np.ones(len(labels))
    if not share.get(INTERVENTION):
        return weight
    rest = 1.0 - how.intervention - share[DEMONSTRATION] - how.before
    target = {INTERVENTION: how.intervention, PREINTERVENTION: how.before, ROLLOUT: max(rest, 0.0)}
    for label, mass in target.items():
        if share[label]:
            weight[labels == label] = mass / share[label]
    return weight


def rabc(progress: Floats, episode: Ints, how: Rabc | None = None) -> Floats:
    """Weight of every sample by the progress that follows it, with mean 1.

    delta = progress[t + ahead] - progress[t], the last step standing in beyond the end. A step back weighs 0, a
    delta above ``enough`` 1, what lies between clip((delta - (mu - 2 sigma)) / (4 sigma), 0, 1) with mu = max(mean,
    0); unknown progress 1.
    """
    how = how or Rabc()
    last = np.searchsorted(episode, episode, side="right") - 1
    delta = progress[np.minimum(np.arange(len(progress)) + how.ahead, last)] - progress
    known = np.isfinite(delta)
    if not known.any():
        return np.ones(len(progress))
    mean, spread = max(float(delta[known].mean()), 0.0), float(delta[known].std())
    soft = np.clip((delta - (mean - 2 * spread)) / (4 * spread + 1e-6), 0.0, 1.0)
    weight = np.where(delta > how.enough, 1.0, np.where(delta < 0, 0.0, soft))
    weight = np.where(known, weight, 1.0)
    total = float(weight.sum())
    return weight * (len(weight) / total) if total else np.ones(len(progress))
