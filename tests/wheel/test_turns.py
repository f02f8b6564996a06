"""The wheel itself, small but whole: Meta-World, two easy tasks, a fleet with a person on call."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("metaworld", reason="Meta-World has no build for this Python")
pytest.importorskip("jax", reason="policies are taught with JAX")

from click.testing import CliRunner

from volant.cli._group import cli
from volant.contest import contest
from volant.core.errors import NotFound
from volant.lake import Store
from volant.replay import replay
from volant.stations import Turning, affordable, ledger
from volant.wheel import turn, turns

TASKS = ("drawer-open-v3", "reach-v3")


def ticks() -> object:
    count = itertools.count(1_700_000_000_000_000_000, 1_000_000)
    return lambda: next(count)


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of one turn with one control."""
    out = tmp_path_factory.mktemp("wheel")
    how = Turning(out / "policies", TASKS, budget=500, trials=8, robots=8, members=2, help=0.4, bar=0.0)
    contest(out, how, ["planner", "frozen"], 1, clock=ticks(), tell=lambda _: None)
    return out


def asked(*words: str) -> dict:
    done = CliRunner().invoke(cli, [*words, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


@pytest.mark.slow
def test_a_turn_collects_teaches_evaluates_and_plans(turned: Path) -> None:
    with Store(turned / "lake") as store:
        first, second = ledger(store)
        assert (first.number, second.number, second.parent) == (0, 1, first.hash)
        assert second.episodes > 0
        assert second.operations > 0
        assert sum(trials for _, trials in second.by_task().values()) == 16
        assert second.next
        teachers = store.sql("SELECT count(*) AS n FROM facts WHERE key = 'taught'").to_pylist()[0]["n"]
        assert teachers > 0
    with Store(turned / "controls" / "frozen") as store:
        frozen = ledger(store)
        assert frozen[1].cost == 0
        assert frozen[1].policies == frozen[0].policies
        assert frozen[0].scores == first.scores


@pytest.mark.slow
def test_the_page_stands_alone_and_says_what_it_rests_on(turned: Path) -> None:
    page = (turned / "wheel.html").read_text()
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    for words in ("Success for what it cost", "The ledger", "The plan for tomorrow", "frozen data", "n=16 trials"):
        assert words in page
    assert (turned / "wheel.svg").read_text().startswith("<svg")


@pytest.mark.slow
def test_replaying_a_turn_brings_the_same_hashes(turned: Path) -> None:
    with Store(turned / "lake") as store:
        found = replay(store, 1, clock=ticks(), tell=lambda _: None)
        assert found[-1].what == "record"
        assert [one.what for one in found if not one.same] == []
        with pytest.raises(NotFound, match="0 to 1"):
            replay(store, 7, clock=ticks(), tell=lambda _: None)


@pytest.mark.slow
def test_a_killed_turn_is_simply_turned_again(turned: Path, tmp_path: Path) -> None:
    how = Turning(tmp_path / "policies", TASKS, budget=500, trials=8, robots=8, members=2, help=0.4, bar=0.0)

    class Killed(Exception):
        pass

    def dying(words: str) -> None:
        if "policies taught" in words:
            raise Killed

    with Store(tmp_path / "lake") as store:
        with pytest.raises(Killed):
            turn(store, how, (), clock=ticks(), tell=dying)
        assert ledger(store) == ()
        held = len(store.ids())
        done = next(turns(store, how, 0, clock=ticks(), tell=lambda _: None))
        assert len(store.ids()) == held
        with Store(turned / "lake") as whole:
            there = ledger(whole)[0]
        assert (done.scores, done.policies) == (there.scores, there.policies)
        assert next(turns(store, how, 0, clock=ticks(), tell=lambda _: None)).hash == done.hash


@pytest.mark.slow
def test_verbs_show_the_ledger_and_the_plan(turned: Path) -> None:
    rows = asked("ledger", "--lake", str(turned / "lake"))
    assert [row["turn"] for row in rows] == [0, 1]
    made = asked("plan", "--lake", str(turned / "lake"), "--budget", "400", "--explain")
    assert sum(row["price"] for row in made["orders"]) <= 400
    assert all(row["low"] <= row["task_gain"] <= row["high"] and row["why"] for row in made["orders"])


def test_an_empty_lake_has_nothing_to_plan_by(tmp_path: Path) -> None:
    Store(tmp_path / "lake").close()
    done = CliRunner().invoke(cli, ["plan", "--lake", str(tmp_path / "lake")])
    assert done.exit_code == 1
    assert "volant turn" in done.output


def test_orders_are_cut_to_what_is_left() -> None:
    from volant.core import Order

    dear = Order("push", "a", "", "expert", 4, 0.2, 400.0, "planner@1")
    assert [order.count for order in affordable([dear, dear], 700)] == [4, 3]
    assert affordable([dear], 50) == ()
    free = replace(dear, price=0.0)
    assert affordable([free], 0) == (free,)


@pytest.mark.slow
def test_a_task_that_nobody_could_show_has_no_policy_and_fails(tmp_path: Path) -> None:
    how = Turning(
        tmp_path / "policies",
        ("basketball-v3", "reach-v3"),
        operator="novice",
        budget=300,
        trials=4,
        robots=0,
        members=1,
    )
    with Store(tmp_path / "lake") as store:
        done = list(turns(store, how, 1, clock=ticks(), tell=lambda _: None))
    assert [task for task, _ in done[0].policies] == ["reach-v3"]
    assert done[0].by_task()["basketball-v3"] == (0, 4)
    assert {order.task for order in done[0].next} <= {"basketball-v3", "reach-v3"}
