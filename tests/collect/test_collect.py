"""Experience made on purpose: counted environments, failures kept, and nothing added twice."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("metaworld", reason="Meta-World has no build for this Python")

from volant import Lake
from volant.collect import Collecting
from volant.core.errors import BadValue, NotFound

PLACE = "metaworld/reach-v3"
SHORT = {"horizon": 40, "runner": "loop", "lanes": 4}


def test_so_many_episodes_are_lived_in_so_many_environments_and_known_when_repeated(tmp_path: Path) -> None:
    with Lake(tmp_path / "lake") as lake:
        told: list[int] = []
        done = lake.collect(PLACE, "human", episodes=6, vary=3, progress=told.append, **SHORT)
        again = lake.collect(PLACE, "human", episodes=6, vary=3, **SHORT)
        rows = lake.episodes().to_pylist()
    assert (done.environments, sum(done.outcomes.values()), told[-1]) == (3, 6, 6)
    assert len({row["scene"] for row in rows}) == 3
    assert {(row["operator"], row["tier"]) for row in rows} == {("human", "teleoperation")}
    assert len(done.added.added) == 6
    assert (again.added.added, again.added.known) == ([], 6)
    assert done.seconds == pytest.approx(done.steps / 80)


def test_what_failed_is_kept_and_counted(tmp_path: Path) -> None:
    with Lake(tmp_path / "lake") as lake:
        done = lake.collect(PLACE, episodes=2, **{**SHORT, "horizon": 3})
        said = lake.facts("SELECT value FROM facts WHERE key = 'outcome'").to_pylist()
    assert done.outcomes == {"failure": 2}
    assert (done.success.value, done.success.n) == (0.0, 2)
    assert len(said) == 2


def test_what_cannot_be_collected_is_refused_before_anything_moves(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="5 environments"):
        Collecting(episodes=2, vary=5)
    with Lake(tmp_path / "lake") as lake:
        with pytest.raises(NotFound, match="reach-v3"):
            lake.collect("metaworld/raech-v3", episodes=1)
        with pytest.raises(NotFound, match="human"):
            lake.collect(PLACE, "humann", episodes=1, **SHORT)
        assert len(lake.episodes()) == 0
