"""Probes in a world: groups of planted worth, and a lake's cells, valued by what small policies achieve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("metaworld", reason="Meta-World has no build for this Python")
pytest.importorskip("jax", reason="policies are taught with JAX")

from volant import plug
from volant.core.errors import BadValue
from volant.experiments import Bench
from volant.experiments.probing import probed, valued
from volant.lake import Store
from volant.policies.probes import Probing
from volant.train import gather
from volant.worth.telling import tell, told

PLACE = ("metaworld", "drawer-open-v3")
COUNT = 12
BRIEF = Probing(steps=192)


@pytest.fixture(scope="module")
def drawers(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A dozen demonstrations of a drawer that is opened."""
    store, bench = Store(tmp_path_factory.mktemp("drawers") / "lake"), Bench(*PLACE, source="expert")
    store.put(bench.shown(bench.places(COUNT, "shown"), "shown"), at=1)
    return store


@pytest.mark.slow
def test_flipped_demonstrations_are_worth_less_than_nothing(drawers: Store) -> None:
    lesson = gather(drawers.episodes(drawers.ids()))
    group = np.arange(COUNT) % 2
    sign = np.where(group[lesson.episode] == 1, -1.0, 1.0)[:, None] * np.ones(4)
    sign[:, 3] = 1.0
    held = plug.world(PLACE[0]).sample(PLACE[1], 1, seed=99)
    mixed = replace(lesson, actions=lesson.actions * sign)
    found = probed(PLACE, mixed, (("kept", "flipped"), group), held, probes=20, how=BRIEF, runner="loop")
    kept, flipped = found.values["datamodel"]
    assert flipped.value < -0.2 and flipped.high < 0 and flipped.value < kept.value
    with pytest.raises(BadValue, match="was taught in"):
        probed(PLACE, mixed, (("kept", "flipped"), group), Bench(*PLACE).places(COUNT, "shown")[:1], probes=20)


@pytest.mark.slow
def test_a_lake_is_told_what_its_cells_are_worth_or_why_nothing_can_be_said(drawers: Store) -> None:
    with pytest.raises(BadValue, match="too few"):
        valued(drawers, PLACE, probes=4)
    with pytest.raises(BadValue, match="nothing to be compared"):
        valued(drawers, PLACE, by="operator", probes=40)
    found = valued(drawers, PLACE, probes=20, trials=1, how=BRIEF, runner="loop")
    tell(drawers, found, 2)
    shown = told(drawers)
    assert {one.name for one in shown} == {"value/datamodel", "value/left-out"}
    assert all(one.low <= one.value <= one.high and one.group.startswith("cell:") for one in shown)
