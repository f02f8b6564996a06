"""RECAP: which samples went better than expected, so that a policy can be asked for more of those.

A step costs 1, a success ends with 0 and a failure with -300; the value of what is seen is learnt as a distribution
over 201 bins; a sample's advantage compares ten steps with what was expected of them (RECAP, arXiv 2511.14759).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..core import CONTROL, Demonstrations, Floats, Ints, Kind, Signal
from ..core.errors import BadValue
from ..policies._fit import Recipe, fit, forward
from ..policies._sight import CONDITION, Scale, Sight, numbers
from .gather import FAILED

__all__ = ["ADVANTAGE", "Recap", "advantages", "conditioned", "returns"]

Rows = npt.NDArray[np.float32]

ADVANTAGE = Signal(CONDITION + "advantage", Kind.FLAG, (1,), "float32", "1", "1")
"""1 where a sample is known to have gone well, 0 where nothing is said. Policies that know it are asked with 1."""

_BINS = 201


@dataclass(frozen=True, slots=True)
class Recap:
    """``failure``: the terminal reward of one. ``ahead``: steps that an advantage sums. ``positive``: the share of
    samples that count as good. ``silent``: the share of those that are told nothing, so that the policy learns both.
    """

    failure: float = -300.0
    ahead: int = 10
    positive: float = 0.3
    silent: float = 0.1


def conditioned(lesson: Demonstrations, seed: int, how: Recap | None = None) -> Demonstrations:
    """The same samples with one more observation, ``ADVANTAGE``. What a person corrected always counts as good."""
    how = how or Recap()
    if not any(lesson.outcome):
        raise BadValue("No episode says how it ended, which RECAP learns from.", do="Use --failures keep.")
    gain, scale = returns(lesson, how)
    value = _values(lesson, gain, seed)
    score = advantages(value, lesson.episode, scale, _ends(lesson, how), how.ahead)
    good = score >= np.quantile(score, 1.0 - how.positive)
    mixed = np.zeros(len(lesson.ids), np.bool_)
    np.logical_or.at(mixed, lesson.episode, lesson.control == CONTROL.index("policy"))
    good |= mixed[lesson.episode] & (lesson.control != CONTROL.index("policy"))
    told = good & (np.random.default_rng((seed, 30)).random(len(good)) >= how.silent)
    obs = {**lesson.obs, ADVANTAGE.name: told.astype(np.float32)[:, None]}
    return replace(lesson, observations=(*lesson.observations, ADVANTAGE), obs=obs)


def _ends(lesson: Demonstrations, how: Recap) -> Floats:
    """The reward of each episode's last step."""
    return np.array([how.failure if outcome in FAILED else 0.0 for outcome in lesson.outcome])


def returns(lesson: Demonstrations, how: Recap) -> tuple[Floats, float]:
    """The undiscounted sum of rewards from every sample on, scaled to [-1, 0], and the scale."""
    last = np.searchsorted(lesson.episode, lesson.episode, side="right") - 1
    left = last - np.arange(len(lesson))
    total = _ends(lesson, how)[lesson.episode] - left
    scale = max(1.0, float(-total.min()))
    return total / scale, scale


def advantages(value: Floats, episode: Ints, scale: float, ends: Floats, ahead: int) -> Floats:
    """How much better ``ahead`` steps and what is expected after them are than what was expected before.

    A_t = sum of the next rewards / scale + V(t + ahead) - V(t), where an episode that ends sooner has no value after.
    """
    at = np.arange(len(value))
    last = np.searchsorted(episode, episode, side="right") - 1
    over = at + ahead > last
    rewards = np.where(over, ends[episode] - (last - at), -float(ahead)) / scale
    after = np.where(over, 0.0, value[np.minimum(at + ahead, last)])
    return np.asarray(rewards + after - value, np.float64)


def _values(lesson: Demonstrations, gain: Floats, seed: int) -> Floats:
    """What return a sample promises, -1 to 0: the mean of a learnt distribution over 201 bins."""
    sight = Sight(numbers(lesson.observations))
    x = sight.of(lesson.obs, lesson.episode)
    seen = Scale.of(x, np.ones(len(x)))
    middle = np.linspace(-1.0, 0.0, _BINS).astype(np.float32)
    bins = np.zeros((len(x), _BINS), np.float32)
    bins[np.arange(len(x)), np.rint((gain + 1.0) * (_BINS - 1)).astype(np.int64)] = 1.0
    recipe = Recipe(width=64, steps=512, noise=0.1, loss="bins")
    rows = seen.apply(x)
    net, _ = fit(rows, bins, np.ones_like(bins), lesson.weight, members=1, recipe=recipe, seed=seed)
    raw = forward(net, rows)[0]
    chance = np.exp(raw - raw.max(axis=1, keepdims=True))
    return np.asarray((chance @ middle) / chance.sum(axis=1), np.float64)
