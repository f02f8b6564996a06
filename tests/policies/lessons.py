"""Demonstrations in the toy world: walk along the line to the mark."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from volant.core import Demonstrations, Environment, Job, Rolling, Take, rollout
from volant.core.ports import Controller

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))

from toy import BODY, Line, Walk

__all__ = ["jobs", "lesson", "lived_by", "walks"]


def jobs(count: int, seed: int) -> list[Job]:
    marks = np.random.default_rng(seed).uniform(-1.0, 1.0, count)
    return [Job(i, Environment.of("line", "walk", [mark]), i) for i, mark in enumerate(marks)]


def lived_by(controller: Controller, count: int, seed: int, lanes: int = 4) -> list[Take]:
    takes = rollout(Line(lanes), controller, jobs(count, seed), Rolling(40, hold=2))
    return sorted(takes, key=lambda take: take.job.number)


def walks(count: int, seed: int = 0) -> list[Take]:
    return lived_by(Walk(), count, seed)


def lesson(takes: list[Take]) -> Demonstrations:
    size = [len(take) for take in takes]
    return Demonstrations(
        BODY.signals[:-1],
        BODY.signals[-1],
        {"observation.state": np.concatenate([take.obs["observation.state"] for take in takes])},
        np.concatenate([take.actions for take in takes]),
        np.repeat(np.arange(len(takes)), size),
        np.concatenate([take.control for take in takes]),
        np.ones(sum(size)),
        np.concatenate([take.progress for take in takes]),
        tuple(take.outcome for take in takes),
        tuple(take.job.environment.task for take in takes),
        tuple(f"walk-{take.job.number}" for take in takes),
    )
