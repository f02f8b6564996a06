"""A deployment as shares, and what the data lacks for it."""

from __future__ import annotations

import pytest

from volant.core.errors import BadValue
from volant.lake import Store
from volant.worth.cells import read
from volant.worth.target import parse, represent


def test_what_is_missing_most_comes_first(lake: Store) -> None:
    target = parse('name = "ward"\n[task]\nstack = 50\npush = 20\nfold = 30\n[environment]\na = 0.5\nb = 0.5')
    found = represent(read(lake), target)
    assert found.gaps[0].where == {"task": "fold", "environment": "a"}
    assert found.gaps[0].there == 0 and found.gaps[0].missing == 3
    assert found.gaps[0].high > 0
    known = {(e.name, e.group): e for e in found.estimates}
    assert known["divergence", "environment"].value == 0
    assert known["share to change", "task"].value == pytest.approx(0.3)
    assert all(e.low is not None and e.low <= e.value <= (e.high or 0) for e in found.estimates)
    assert any("assumed" in note for note in found.notes)


def test_stated_combinations_need_no_assumption(lake: Store) -> None:
    text = (
        '[[cell]]\ntask = "stack"\nenvironment = "a"\nshare = 0.9\n[[cell]]'
        '\ntask = "push"\nenvironment = "c"\nshare = 0.1'
    )
    found = represent(read(lake), parse(text))
    assert [gap.where["task"] for gap in found.gaps] == ["stack", "push"]
    assert not found.notes


def test_what_nobody_states_is_said(lake: Store) -> None:
    found = represent(read(lake), parse("[country]\nCH = 1"))
    assert not found.estimates and "no episode states it" in found.notes[0]
    assert found.gaps[0].there == 0


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[task]\na = 0.4", "add up to 0.4"),
        ("[tasks]\na = 1", "no axis"),
        ("name = 'x'", "no share"),
        ("[task]\na = -1\nb = 2", "has the share"),
        ("[task]\na = 'x'", "has the share"),
        ("[[cell]]\nshare = 1", "does not name axes"),
        ("task = 3", "no table"),
        ("[task", "no TOML"),
    ],
)
def test_a_target_without_sense_is_refused(text: str, word: str) -> None:
    with pytest.raises(BadValue, match=word):
        parse(text)
