"""Probes: each taught by its own part of the demonstrations, all at once, and each acting in its own jobs."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("jax", reason="policies are taught with JAX")

from dataclasses import replace

from lessons import jobs, lesson, walks
from toy import Line

from volant.core import Rolling, rollout
from volant.core.errors import BadValue
from volant.policies.probes import Crowd, Probing, crowd

SMALL = Probing(width=16, steps=256, chunk=4, every=2)


def _shares(made: Crowd, trials: int) -> np.ndarray:
    """Success of every probe in the same few places."""
    asked = [
        replace(job, number=job.number * made.members + probe, seed=job.number * made.members + probe)
        for job in jobs(trials, 99)
        for probe in range(made.members)
    ]
    takes = sorted(rollout(Line(8), made.controller("", "", 8), asked, Rolling(40, hold=2)), key=_number)
    return np.array([take.outcome == "success" for take in takes]).reshape(trials, made.members).mean(axis=0)


def _number(take: object) -> int:
    return take.job.number  # type: ignore[attr-defined, no-any-return]


def test_probes_shown_flipped_actions_fail_where_the_others_succeed() -> None:
    good, bad = lesson(walks(12)), lesson(walks(12))
    flipped = replace(
        good,
        obs={name: np.concatenate((column, bad.obs[name])) for name, column in good.obs.items()},
        actions=np.concatenate((good.actions, -bad.actions)),
        episode=np.concatenate((good.episode, 12 + bad.episode)),
        ids=tuple(f"walk-{i}" for i in range(24)),
        **{name: np.concatenate((getattr(good, name),) * 2) for name in ("control", "weight", "progress")},
        **{name: getattr(good, name) * 2 for name in ("outcome", "tasks")},
    )
    inside = np.repeat(np.eye(2), [12, 12], axis=1).repeat(3, axis=0)
    shares = _shares(crowd(flipped, inside, SMALL), 6)
    assert shares[:3].min() > 0.8 > 0.4 > shares[3:].max()


def test_the_same_demonstrations_give_the_same_probes_and_members_differ() -> None:
    shown = lesson(walks(6))
    one, other = (crowd(shown, np.ones((2, 6)), SMALL, seed=3) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one.net, other.net, strict=True))
    assert not np.array_equal(one.net[0][0], one.net[0][1])


def test_a_probe_that_would_be_shown_nothing_is_refused() -> None:
    shown = lesson(walks(4))
    with pytest.raises(BadValue, match="shown nothing"):
        crowd(shown, np.array([[1.0, 1, 1, 1], [0, 0, 0, 0]]), SMALL)
    with pytest.raises(BadValue, match="row of 4 weights"):
        crowd(shown, np.ones((2, 5)), SMALL)
