"""Piloting from Python: what it reads like, what comes home, what it teaches, and its picture."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import volant
from volant import plug
from volant.core.errors import Misuse, NotFound
from volant.deploy.desk import Rules
from volant.deploy.picture import drawn
from volant.deploy.telling import foreseen, knowledge, worn

sys.path.insert(0, str(Path(__file__).parent))

from floor import Plan, Road


@pytest.fixture(autouse=True)
def road(monkeypatch: pytest.MonkeyPatch) -> None:
    """The toy road as an installed world."""
    there = plug.names
    monkeypatch.setattr(plug, "names", lambda group: ("road",) if group == "worlds" else there(group))
    monkeypatch.setattr(plug, "world", lambda name: Road())


def test_it_reads_like_the_design_and_take_overs_come_home(tmp_path: Path) -> None:
    with (
        volant.Lake(tmp_path / "lake") as lake,
        volant.pilot(
            Plan(0.8), "road/walk", takeover="expert", gate="progress", robots=8, held_out=20, rules=Rules(hold=2)
        ) as run,
    ):
        first = run(episodes=16)
        assert len(lake.add(first).added) == len(first) == 16
        again = run(episodes=16)
        assert not {e.id for e in first} & {e.id for e in again}, "each call has work of its own"
        found = lake.facts("SELECT count(*) AS n FROM facts WHERE key = 'intervention/correction'")
        assert found["n"][0].as_py() == len(first.helps) > 0
        tiers = set(lake.episodes()["tier"].to_pylist())
        assert tiers == {"autonomous", "intervention"}


def test_wrong_words_are_refused_with_what_exists() -> None:
    with pytest.raises(Misuse, match="operators"):
        volant.pilot(Plan(), "road/walk", operator=3)
    with pytest.raises(NotFound, match="no task"):
        volant.pilot(Plan(), "road/wlak")
    with pytest.raises(NotFound, match="no checkpoint"):
        volant.pilot("/nowhere.ckpt", "road/walk")


def test_a_shift_is_drawn_and_teaches() -> None:
    done = volant.pilot(Plan(0.8), "road/walk", gate="progress", robots=8, operators=2, held_out=40)(episodes=30)
    root = ElementTree.fromstring(drawn(done, "eight robots"))
    boxes = [part for part in root.iter() if part.tag.endswith("rect")]
    assert len(boxes) == 4 + len(done.stretches)
    seen = foreseen(done, "progress")
    assert seen is not None and {figure.name for figure in seen.figures} >= {"brier", "skill", "auc", "alarmed"}
    assert foreseen(done, "oracle") is None
    names = [figure.name for figure in knowledge(done)]
    assert names[0] == "cause" and "time between failures" in names
    assert isinstance(worn(done), tuple)
