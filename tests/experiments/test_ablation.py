"""Whose ranking agrees with leaving out: what is made of values, and the groups whose worth is planted."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("metaworld", reason="Meta-World has no build for this Python")

from volant.core.errors import BadValue
from volant.experiments import Bench, page, picture, value
from volant.experiments.value import planted

NAMES = ("a", "b", "c", "d", "flipped")
TRUE = np.array([0.3, 0.2, 0.1, 0.05, -0.4])


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """Values by methods that need no policy, and a truth that two halves of the policies tell alike."""
    said = {"good": 2 * TRUE, "reversed": -TRUE, "silent": np.ones(5)}
    monkeypatch.setattr(value, "_drawn", lambda *_: SimpleNamespace(names=NAMES))
    monkeypatch.setattr(value, "_true", lambda bench, draw, seed: np.tile(TRUE + seed / 100, (4, 1)))
    monkeypatch.setattr(value, "_estimated", lambda *_: said)
    return said


def test_the_page_says_which_method_agrees_and_which_finds_the_harmful_group(told: dict[str, np.ndarray]) -> None:
    found = value.run(Bench("metaworld", "push-v3", budget=39, seeds=3))
    agreed = {one.words: (one.mean, one.sure) for one in found.differences}
    assert agreed["Spearman, good"] == agreed["Kendall, good"] == (1.0, True)
    assert agreed["Spearman, reversed"] == (-1.0, True)
    assert agreed["Spearman, silent"] == (0.0, False)
    assert all(-1 <= one.low <= one.high <= 1 and one.n == 3 for one in found.differences)
    text = page(found, "volant experiment value", "value.svg")
    assert "| flipped | 0.00 [0.00, 0.00] | 0.00 [0.00, 0.00] | 1.00 [1.00, 1.00] |" in text
    assert "comes last: ablation 3, good 3, reversed 0, silent 0." in text
    assert "Not separated from no agreement at all: Spearman, silent." in text
    drawn = picture(found)
    assert drawn.count("<circle") == len(found.differences) == 8
    assert ">-1.0<" in drawn and ">0<" in drawn


def test_a_truth_that_never_changes_is_refused(told: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(value, "_true", lambda *_: np.zeros((4, 5)))
    with pytest.raises(BadValue, match="changed nothing"):
        value.run(Bench("metaworld", "push-v3", budget=39, seeds=3))


def test_planted_groups_spend_the_budget_and_need_regions() -> None:
    groups = planted(("aa", "ab", "ba", "bb"), 39)
    assert sum(group.count for group in groups) == 36
    assert [group.trick for group in groups if group.trick] == ["copied", "again", "flipped"]
    with pytest.raises(BadValue, match="make no groups"):
        planted(("all",), 39)
