"""The catalogue in memory is the lake's, answers conditions, and stays in its room."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from volant.core import Episode, Fact
from volant.core.errors import BadValue
from volant.lake import Store
from volant.serve.catalogue import ROWS, Catalogue, Wanted

AT = 1_700_000_000_000_000_000


@pytest.fixture
def catalogue(lake: Store) -> Catalogue:
    made = Catalogue()
    made.refresh(lake)
    return made


def test_pages_hold_every_episode_once_newest_first(
    lake: Store, catalogue: Catalogue, make_episode: Callable[..., Episode]
) -> None:
    lake.put([make_episode(100 + i) for i in range(2 * ROWS)], at=AT)
    catalogue.refresh(lake)
    seen: list[int] = []
    found = catalogue.find(Wanted())
    while True:
        seen += [int(str(row["ord"])) for row in found.rows]
        if not found.older:
            break
        before = found
        found = catalogue.find(Wanted(before=found.older))
        assert catalogue.find(Wanted(after=found.newer)).rows == before.rows
    assert len(seen) == found.count == 20 + 2 * ROWS
    assert all(one > other for one, other in pairwise(seen))


def test_facets_count_what_the_filters_leave(catalogue: Catalogue) -> None:
    found = catalogue.find(Wanted((("task", "push"),)))
    assert found.count == 10
    assert dict(found.facets["task"]) == {"push": 10}
    assert sum(n for _, n in found.facets["scene"]) == 10


def test_new_episodes_and_verdicts_are_taken_in(
    lake: Store, catalogue: Catalogue, make_episode: Callable[..., Episode]
) -> None:
    first = str(catalogue.find(Wanted()).rows[0]["id"])
    fresh = make_episode(77, task="fold")
    lake.put([fresh], [Fact(fresh.id, "verdict", "review", "gate@1", at=AT)], at=AT)
    lake.tell([Fact(first, "verdict", "quarantine", "gate@1", at=AT)], at=AT)
    lake.tell([Fact(first, "verdict", "accept", "person/ann@1", at=AT)], at=AT)
    catalogue.refresh(lake)
    rows = {row["id"]: row for row in catalogue.find(Wanted()).rows}
    assert (rows[fresh.id]["verdict"], rows[first]["verdict"]) == ("review", "accept")
    assert first in [row["id"] for row in catalogue.find(Wanted(where="accepted")).rows]
    assert rows[first]["verdict"] == lake.sql("SELECT verdict FROM episodes WHERE id = ?", params=[first])[0][0].as_py()


def test_a_word_is_looked_for_in_names_and_ids(lake: Store, catalogue: Catalogue) -> None:
    assert catalogue.find(Wanted(word="PUS")).count == 10
    assert catalogue.find(Wanted(word="nowhere")).count == 0
    first = lake.ids()[0]
    assert [row["id"] for row in catalogue.find(Wanted(word=first[:10])).rows] == [first]


def test_conditions_may_ask_the_facts(lake: Store, catalogue: Catalogue) -> None:
    failed = "id IN (SELECT subject FROM facts WHERE key = 'outcome' AND value = 'failure')"
    assert catalogue.find(Wanted(where=failed), lake).count == catalogue.find(Wanted(where="outcome = 'failure'")).count


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("tsk = 'x'", "Did you mean 'task'"),
        ("true); DROP TABLE episodes; SELECT (1", "more than one condition"),
        ("id IN (SELECT * FROM read_csv('/etc/hosts'))", "disabled"),
        ("1 = 1) UNION SELECT 1 --", "cannot be asked"),
    ],
)
def test_a_condition_that_is_none_is_refused_in_words(catalogue: Catalogue, where: str, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        catalogue.find(Wanted(where=where))
    assert catalogue.find(Wanted()).count == 20


def test_what_was_found_is_kept_until_the_catalogue_changes(lake: Store, catalogue: Catalogue) -> None:
    asked: list[int] = []

    def count(held: Catalogue) -> int:
        asked.append(1)
        return held.find(Wanted((("verdict", "accept"),))).count

    assert [catalogue.kept("n", count), catalogue.kept("n", count)] == [0, 0]
    lake.tell([Fact(lake.ids()[0], "verdict", "accept", "gate@1", at=AT)], at=AT)
    catalogue.refresh(lake)
    assert catalogue.kept("n", count) == 1
    assert len(asked) == 2
