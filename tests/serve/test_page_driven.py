"""How well episodes were driven: the newest figure of each episode, whole and by operator, with n and interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("nicegui", reason="the extra `serve` is not installed")

from scipy.stats import norm as normal
from scipy.stats import t as student

from volant.core import Episode, Fact
from volant.lake import Store
from volant.serve.catalogue import Catalogue
from volant.serve.pages import driven as page
from volant.worth.quality import FIGURES, LEAST

AT = 1_700_000_000_000_000_000
NAMES = [one.name for one in FIGURES]


@pytest.fixture
def told(lake: Store, make_episode: Callable[..., Episode]) -> dict[str, dict[str, np.ndarray[Any, Any]]]:
    """A lake of sixty driven episodes, told twice; what counts of each figure by operator (``""``: of all)."""
    made = [make_episode(300 + i) for i in range(60)]
    who = ["ann", "bob", "eve", ""]
    made = [replace(one, origin=replace(one.origin, operator=who[min(3, i // 28)])) for i, one in enumerate(made)]
    rng = np.random.default_rng(5)
    values = {name: rng.uniform(0.5, 2.0, 60) for name in NAMES}
    values["speed"] = np.exp(0.1 * normal.ppf((np.arange(60) % 28 + 0.5) / 28))
    values["speed"][:28] = np.where(np.arange(28) % 3, 1.0, 3.0)
    values["stalls"][:] = 0.25
    said = [Fact(one.id, f"measure/{name}", 99.0, "old@1", at=AT) for one in made for name in NAMES]
    lake.put(made, [*said, Fact(made[0].id, "verdict", "quarantine", "gate@1", at=AT)], at=AT)
    lake.tell(
        [
            Fact(one.id, f"measure/{n}", float(values[n][i]), "new@2", at=AT)
            for i, one in enumerate(made)
            for n in NAMES
        ],
        at=AT,
    )
    own = np.array([one.origin.operator for one in made])
    use = np.arange(60) > 0
    groups = {name: use & (own == name) for name in who[:3]} | {"": use}
    return {name: {key: known[some] for key, some in groups.items()} for name, known in values.items()}


def test_figures_are_those_of_the_newest_facts(lake: Store, told: dict[str, dict[str, np.ndarray[Any, Any]]]) -> None:
    found = page.driven(Catalogue(), lake)
    assert [one.name for one in found.whole] == [one.name for one in FIGURES if not one.within]
    assert [who for who, _ in found.operators] == ["bob", "ann"]  # eve drove fewer than are said of
    assert found.every == 1
    for one in (*found.whole, *(one for _, some in found.operators for one in some)):
        if one.name == page.MODES:
            continue
        values = told[one.name][one.group]
        half = student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
        assert one.n == len(values) >= LEAST
        assert (one.value, one.low, one.high) == pytest.approx(
            (values.mean(), values.mean() - half, values.mean() + half)
        )
    modes = {who: one.value for who, some in found.operators for one in some if one.name == page.MODES}
    assert modes == {"ann": 2.0, "bob": 1.0}
    text = page.drawn(found)
    assert "the same for all 59 episodes" in text
    assert "n = 28" in text


def test_of_very_many_facts_some_episodes_are_counted(
    lake: Store, told: dict[str, dict[str, np.ndarray[Any, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "_MOST", 450)
    found = page.driven(Catalogue(), lake)
    assert found.every == 2
    assert {one.n for one in found.whole} != {59}
    assert len({one.n for one in found.whole}) == 1
    assert "every 2th" not in page.drawn(found)
    assert "one episode in 2" in page.drawn(found)


def test_where_nobody_measured_the_command_is_said(lake: Store) -> None:
    found = page.driven(Catalogue(), lake)
    assert found == page.Driven()
    assert "volant measure quality --by operator" in page.drawn(found)
