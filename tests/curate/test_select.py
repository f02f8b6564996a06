"""Selections: the same question gives the same answer, and nothing altered passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from volant.core import Selection
from volant.core.errors import BadValue, Damaged, NotFound, Refused
from volant.curate import Picking, load, save, select
from volant.lake import Store


def test_a_condition_selects_in_the_order_of_arrival(lake: Store) -> None:
    picked = select(lake, "task = 'stack'")
    tasks = {row["id"]: row["task"] for row in lake.sql("SELECT id, task FROM episodes").to_pylist()}
    assert picked.ids == tuple(subject for subject in lake.ids() if tasks[subject] == "stack")
    assert picked.query == "task = 'stack'"


def test_no_question_selects_everything(lake: Store) -> None:
    assert select(lake, "").ids == tuple(lake.ids())


def test_a_whole_query_keeps_its_own_order(lake: Store) -> None:
    picked = select(lake, "SELECT seconds, id FROM episodes ORDER BY id DESC LIMIT 5")
    assert list(picked.ids) == sorted(lake.ids(), reverse=True)[:5]


def test_a_query_that_yields_no_ids_is_refused(lake: Store) -> None:
    with pytest.raises(BadValue, match="no episode"):
        select(lake, "SELECT task FROM episodes")
    with pytest.raises(BadValue, match="no episode ids"):
        select(lake, "SELECT seconds FROM episodes")


def test_an_unknown_column_names_those_that_exist(lake: Store) -> None:
    with pytest.raises(BadValue, match="seconds"):
        select(lake, "secondz > 3")


def test_more_than_one_statement_is_refused(lake: Store) -> None:
    for text in ("true); DROP TABLE told; SELECT (true", "SELECT id FROM episodes; SELECT 1"):
        with pytest.raises(BadValue):
            select(lake, text)
    assert lake.ids()


def test_an_empty_answer_is_refused(lake: Store) -> None:
    with pytest.raises(Refused, match="No episode answers"):
        select(lake, "false")


def test_per_cell_keeps_the_same_few_of_each_cell(lake: Store) -> None:
    cells = {r["id"]: (r["task"], r["scene"]) for r in lake.sql("SELECT id, task, scene FROM episodes").to_pylist()}
    picked = select(lake, "", Picking(per_cell=2))
    found = [cells[subject] for subject in picked.ids]
    assert {cell: found.count(cell) for cell in set(found)} == dict.fromkeys(set(cells.values()), 2)
    assert select(lake, "", Picking(per_cell=2)).hash == picked.hash
    assert select(lake, "", Picking(per_cell=2, seed=7)).ids != picked.ids


def test_a_larger_lake_keeps_most_of_what_was_picked(lake: Store, make_episode) -> None:
    before = select(lake, "", Picking(per_cell=3))
    lake.put([make_episode(100 + i, task="stack", scene="a") for i in range(3)], at=2)
    after = select(lake, "", Picking(per_cell=3))
    assert len(set(before.ids) - set(after.ids)) <= 3
    assert select(lake, "", Picking(per_cell=3, version=before.version)).hash == before.hash


def test_cell_weights_give_every_cell_the_same_sum(lake: Store) -> None:
    picked = select(lake, "", Picking(weights="cell"))
    cells = {r["id"]: (r["task"], r["scene"]) for r in lake.sql("SELECT id, task, scene FROM episodes").to_pylist()}
    sums: dict[tuple[str, str], float] = {}
    for subject, weight in zip(picked.ids, picked.weights, strict=True):
        sums[cells[subject]] = sums.get(cells[subject], 0.0) + weight
    assert all(total == pytest.approx(1.0) for total in sums.values())


def test_weights_can_be_an_expression(lake: Store) -> None:
    picked = select(lake, "", Picking(weights="CASE outcome WHEN 'success' THEN 2 ELSE 1 END"))
    assert set(picked.weights) == {1.0, 2.0}


@pytest.mark.parametrize("weights", ["nullif(1, 1)", "-1", "0", "no_such_column", "'words'"])
def test_impossible_weights_are_refused(lake: Store, weights: str) -> None:
    with pytest.raises(BadValue):
        select(lake, "", Picking(weights=weights))


def test_uniform_weights_are_no_weights(lake: Store) -> None:
    assert select(lake, "", Picking(weights="uniform")).weights == ()


def test_keeping_a_selection_changes_no_answer(lake: Store) -> None:
    one = select(lake, "task = 'stack'")
    lake.keep(one, at=5)
    assert select(lake, "task = 'stack'").hash == one.hash


def test_a_file_gives_back_the_selection(lake: Store, tmp_path: Path) -> None:
    picked = select(lake, "task = 'push'", Picking(weights="cell", seed=3, why='for "tea"\nand more'))
    path = save(picked, tmp_path / "push.sel")
    assert load(path) == picked
    before = path.read_bytes()
    save(picked, path)
    assert path.read_bytes() == before


def test_an_altered_file_is_refused(lake: Store, tmp_path: Path) -> None:
    picked = select(lake, "")
    path = save(picked, tmp_path / "all.sel")
    path.write_text(path.read_text().replace(picked.ids[0], "0" * 32))
    with pytest.raises(Damaged, match="altered"):
        load(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "\x00\xff",
        "[" * 100_000,
        '{"volant": "selection@9"}',
        '{"volant": "selection@1", "version": "x", "query": "", "ids": [], "seed": 0, "why": ""}',
        '{"volant": "selection@1", "version": 1, "query": "", "ids": [3], "weights": [], "seed": 0, "why": ""}',
    ],
)
def test_what_is_no_selection_is_refused_in_words(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.sel"
    path.write_text(text)
    with pytest.raises((BadValue, Damaged), match="selection"):
        load(path)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"absent\.sel"):
        load(tmp_path / "absent.sel")


def test_a_selection_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be written"):
        save(Selection(0, "", ("a",)), tmp_path / "no" / "such" / "place.sel")
