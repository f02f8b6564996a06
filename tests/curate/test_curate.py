"""Curation: repeats and failures out, floors named, cells level, every pick with its reason, always the same."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from volant import plug
from volant.cli._group import cli
from volant.core import FactTable
from volant.core.errors import BadValue, NotFound, Refused
from volant.curate import Curating, curate, load, remember
from volant.curate.cells import levelled
from volant.curate.floors import BETTER, TOLD_BY, Floor, lowest, parse, reached
from volant.lake import Store

BY = f"embeddings/motion@{plug.embedding('motion').version}"


def told(lake: Store, rows: np.ndarray | None = None) -> np.ndarray:
    """The lake's episodes as points, so that what is chosen is known."""
    ids = lake.ids()
    rows = np.random.default_rng(0).normal(size=(len(ids), 4)) if rows is None else rows
    lake.tell_vectors(ids, "embedding/motion", rows.astype(np.float32), BY, at=1)
    table = FactTable()
    table.many(ids, "measure/smoothness", [float(i) for i in range(len(ids))], "measures/smoothness@1")
    lake.tell(table, at=1)
    return rows


def test_cells_are_filled_like_joined_vessels() -> None:
    given, rest = levelled([1, 5, 9], 9)
    assert (given.tolist(), rest) == ([1, 4, 4], 0)
    given, rest = levelled([4, 4, 4], 8)
    assert (given.tolist(), rest) == ([2, 2, 2], 2)
    given, rest = levelled([3, 2], 99)
    assert (given.tolist(), rest) == ([3, 2], 0)
    assert levelled([9, 9], 10, most=3)[0].tolist() == [3, 3]


def test_a_floor_is_a_value_or_a_percentile_within_the_task() -> None:
    assert parse(" measure/jerk >= -3.5 ") == Floor("jerk", True, -3.5)
    tasks, values = np.array([0, 0, 0, 1, 1]), np.array([1.0, 2.0, np.nan, 10.0, 20.0])
    assert reached(parse("x>=p50"), values, tasks).tolist() == [False, True, False, False, True]
    for text in ("x", "x>=p101", "x>=1.2.3", "x>3"):
        with pytest.raises(BadValue):
            parse(text)


def test_what_quality_goes_by_can_be_measured() -> None:
    assert set(BETTER) <= {*plug.names("measures"), *TOLD_BY}


def test_an_episode_ranks_by_the_worst_that_is_known_of_it() -> None:
    measures = {"a": np.array([0.0, 1.0, 2.0]), "b": np.array([5.0, np.nan, 1.0])}
    rank, which = lowest(measures, [("a", 1), ("b", -1)], np.zeros(3, np.int64))
    assert rank.tolist() == [0.0, 0.5, 1.0]
    assert which[0] == 0


def test_tasks_and_places_get_the_same_and_failures_stay_out(lake: Store) -> None:
    told(lake)
    made = curate(lake, Curating(8))
    assert set(made.cells.values()) == {2}
    assert len(made.cells) == 4
    outcome = {row["id"]: row["outcome"] for row in lake.catalogue().to_pylist()}
    assert all(outcome[one] == "success" for one in made.selection.ids)
    assert made.left_out == {"failed": 7, "not needed": 5}
    assert all("in its cell" in pick.why for pick in made.picks)
    assert set(made.left) | set(made.selection.ids) == set(lake.ids())


def test_quotas_are_met_and_the_rest_is_levelled(lake: Store) -> None:
    told(lake)
    made = curate(lake, Curating(6, quotas=("push=5",)))
    assert Counter(pick.cell.partition(" ")[0] for pick in made.picks) == {"push": 5, "stack": 1}
    assert "quota push 5" in made.selection.query
    with pytest.raises(Refused, match="push can give"):
        curate(lake, Curating(12, quotas=("push=9",)))
    with pytest.raises(BadValue, match="add up to 2"):
        curate(lake, Curating(6, quotas=("push=1", "stack=1")))
    for quotas in (("push=7",), ("push=1", "push=2"), ("push",)):
        with pytest.raises(BadValue):
            Curating(6, quotas=quotas)


def test_of_repeats_the_better_stays(lake: Store) -> None:
    rows = np.random.default_rng(1).normal(size=(20, 4))
    rows[[8, 16]] = rows[4]  # same task and place; smoothness rises with the number
    told(lake, rows)
    made = curate(lake, Curating(9))
    ids = lake.ids()
    assert made.left[ids[4]] == made.left[ids[8]] == f"repeat: of {ids[16]}"


def test_quality_takes_the_highest_lowest_rank_and_warns_of_one_score(lake: Store) -> None:
    told(lake)
    made = curate(lake, Curating(2, "quality", cells=("task",)))
    ids = lake.ids()
    assert made.selection.ids == (ids[16], ids[19])
    assert any("single score" in words for words in made.notes)
    assert len(curate(lake, Curating(4, "mixed")).picks) == 4


def test_the_same_lake_gives_the_same_choice_and_reasons_are_kept_once(lake: Store) -> None:
    told(lake)
    made = curate(lake, Curating(6))
    remember(lake, made, at=5)
    version = lake.version
    again = curate(lake, Curating(6))
    remember(lake, again, at=6)
    assert again.selection.hash == made.selection.hash
    assert lake.version == version
    kept = lake.facts(made.selection.hash, "curate/pick")
    assert Counter(kept.stream) == Counter(made.selection.ids)
    assert lake.selection(made.selection.hash).ids == made.selection.ids


def test_what_cannot_be_chosen_is_said(lake: Store) -> None:
    with pytest.raises(Refused, match="has a point"):
        curate(lake, Curating(4))
    told(lake)
    with pytest.raises(Refused, match="13 are left of 20"):
        curate(lake, Curating(15))
    with pytest.raises(NotFound, match="volant measure stalls"):
        curate(lake, Curating(4, floors=("stalls<=3",)))
    with pytest.raises(Refused, match="nothing to choose"):
        curate(lake, Curating(1, where="false"))
    with pytest.raises(NotFound, match="coverage"):
        Curating(objective="cover")
    with pytest.raises(BadValue, match="scene"):
        curate(lake, Curating(4, cells=("scenes",)))
    one = curate(lake, Curating(2, where="task = 'stack' AND scene = 'a'", floors=("smoothness>=3",)))
    assert any("one cell" in words for words in one.notes)


def test_the_verb_writes_a_selection_and_shows_reasons(tmp_path: Path, lake: Store) -> None:
    out = tmp_path / "best.sel"
    words = ["curate", "--lake", str(tmp_path / "lake"), "--budget", "5", "--eps", "0", "-o", str(out)]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    assert "in its cell" in done.stdout
    assert len(load(out)) == 5
    refused = CliRunner().invoke(cli, [*words[:4], "500", "--json"])
    assert refused.exit_code == 1
    assert "are left of 20" in refused.stdout
