"""Figures: measured once, told as facts, shown with their interval."""

from __future__ import annotations

import pytest

from volant.core.errors import NotFound
from volant.lake import Store
from volant.worth import figures


def test_a_measure_becomes_a_fact_of_every_episode_once(lake: Store) -> None:
    [mean, *_] = figures(lake, ["duration"], at=7) or [None]
    told = lake.facts(key="measure/*")
    version = lake.version
    again = figures(lake, ["duration"], at=8)
    assert lake.version == version
    assert mean is None or mean.n == len(lake.ids())
    assert again == figures(lake, ["duration"], at=9)
    assert len(lake.facts(key="measure/*")) == len(told)


def test_figures_of_the_whole_have_an_interval(lake: Store) -> None:
    found = {(estimate.name, estimate.group): estimate for estimate in figures(lake, ["coverage"], at=1)}
    assert found
    assert all(estimate.n >= 0 for estimate in found.values())


def test_an_unknown_measure_is_suggested(lake: Store) -> None:
    with pytest.raises(NotFound, match="coverage"):
        figures(lake, ["coverag"], at=1)


def test_an_empty_lake_has_nothing_to_measure(tmp_path) -> None:
    with Store(tmp_path / "empty") as empty:
        assert all(estimate.n == 0 or estimate.value == estimate.value for estimate in figures(empty, [], at=1))
