"""Episodes lived by a loop or by processes are the same, and reach the lake through the gate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("metaworld", reason="Meta-World has no build for this Python")

from volant import intake, plug
from volant.core import Job, Rolling
from volant.core.errors import NotFound
from volant.lake import Store
from volant.runners.living import Driver, _cut, episodes, live

TASK = "reach-v3"


def jobs(count: int) -> list[Job]:
    places = plug.world("metaworld").sample(TASK, count, seed=3)
    return [Job(number, place, 10 + number) for number, place in enumerate(places)]


def test_pieces_hold_every_job_once_in_order() -> None:
    for count in (0, 1, 2, 5, 20, 50, 1000):
        wanted = jobs(1) * count
        pieces = _cut(tuple(wanted), 16)
        assert [job for piece in pieces for job in piece] == wanted
        assert len(pieces) <= 32


@pytest.mark.slow
def test_processes_live_what_a_loop_lives() -> None:
    here = live("metaworld", TASK, Driver(), jobs(5), Rolling(25), lanes=2, runner="loop")
    done: list[int] = []
    there = live("metaworld", TASK, Driver(), jobs(5), Rolling(25), lanes=2, workers=2, progress=done.append)
    assert [take.job.number for take in there] == list(range(5))
    assert done[-1] == 5
    for one, other in zip(here, there, strict=True):
        assert one.outcome == other.outcome
        assert np.array_equal(one.actions, other.actions)
        assert all(np.array_equal(one.obs[name], other.obs[name]) for name in one.obs)


def test_lived_episodes_come_into_the_lake_with_failures_labelled(tmp_path: Path) -> None:
    driver = Driver()
    takes = live("metaworld", TASK, driver, jobs(3), Rolling(30), runner="loop")
    made = list(episodes("metaworld", TASK, takes, driver.origin("metaworld")))
    with Store(tmp_path / "lake") as store:
        added = intake.admit(store, made, at=1)
        again = intake.admit(store, made, at=2)
        rows = store.sql("SELECT task, scene, tier, operator FROM episodes").to_pylist()
        outcomes = store.facts(key="outcome").value
    assert sorted(added.added) == sorted(episode.id for episode in made)
    assert (again.added, again.known) == ([], 3)
    assert {(row["task"], row["tier"], row["operator"]) for row in rows} == {(TASK, "simulation", "expert")}
    assert {row["scene"] for row in rows} == {job.environment.hash for job in jobs(3)}
    assert sorted(outcomes) == sorted(take.outcome for take in takes)


def test_an_unknown_operator_or_task_is_refused_by_name() -> None:
    with pytest.raises(NotFound, match="expert"):
        live("metaworld", TASK, Driver("expret"), jobs(1), Rolling(5), runner="loop")
    with pytest.raises(NotFound, match="reach-v3"):
        live("metaworld", "reech-v3", Driver(), jobs(1), Rolling(5))
