"""Doubt: a policy is unsure of what it never saw, and says so."""

from __future__ import annotations

import numpy as np
import pytest

from volant import plug
from volant.core import Demonstrations, Episode, Kind, Learning, Policy, Signal, Stream
from volant.deploy.doubt import disagreement, doubt

SEEN = Signal("q", Kind.STATE, (2,), "float32", "rad", hz=20)
DONE = Signal("action", Kind.ACTION, (2,), "float32", "rad", hz=20)


def _lesson(episodes: int = 20, steps: int = 30) -> Demonstrations:
    """Whatever is seen, go back to zero."""
    rng = np.random.default_rng(0)
    seen = rng.normal(0, 1, (episodes * steps, 2)).astype(np.float32)
    n, whose = len(seen), np.repeat(np.arange(episodes), steps)
    return Demonstrations(
        (SEEN,), DONE, {"q": seen}, -seen.astype(np.float64), whose, np.zeros(n, np.int8), np.ones(n),
        np.full(n, np.nan), ("success",) * episodes, ("home",) * episodes, tuple(map(str, range(episodes))),
    )  # fmt: skip


def _taught() -> tuple[Policy, list[Episode]]:
    pytest.importorskip("jax")
    lesson = _lesson()
    policy = plug.learner("bc").learn(lesson, Learning(ensemble=3, options={"steps": 400}))
    t = np.arange(30, dtype=np.int64) * 50_000_000
    rows = lesson.obs["q"].reshape(-1, 30, 2)
    return policy, [Episode((Stream(SEEN, t, row),)) for row in rows]


def test_a_policy_is_unsure_where_nobody_showed_it_anything() -> None:
    policy, episodes = _taught()
    found = doubt(policy, episodes)
    known, strange = {"q": np.array([[0.1, 0.2]], np.float32)}, {"q": np.array([[30.0, -40.0]], np.float32)}
    assert found.n == 8 * len(episodes) and found.usual > 0
    assert found.words(known) == "" and "times its usual" in found.words(strange)
    assert disagreement(policy, strange)[0] > 2 * found.usual
    assert found.knows([SEEN]) and not found.knows([DONE])


def test_without_episodes_that_it_can_see_nothing_is_said() -> None:
    policy, _ = _taught()
    found = doubt(policy, [Episode((Stream(DONE, np.zeros(1, np.int64), np.zeros((1, 2), np.float32)),))])
    assert found.n == 0 and found.words({"q": np.array([[30.0, -40.0]], np.float32)}) == ""
