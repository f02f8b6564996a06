"""Plans on planted learning curves: budgets are kept, promises are honest, and the planner beats what it must."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from volant.core import Order
from volant.core.errors import BadValue, NotFound
from volant.core.turn import Score, Turn
from volant.plan import FAILING, Cell, Planning, Point, Source, calibration, curve, grades, orders, strategy

EXPERT = Source("expert", 10.0)


def hill(n: float, half: float, slope: float, ceiling: float) -> float:
    return ceiling * n**slope / (n**slope + half**slope)


def test_a_planted_curve_is_found_and_its_gain_lies_in_the_interval() -> None:
    points = [Point(n, round(400 * hill(n, 20, 1.3, 0.95)), 400) for n in (5, 10, 20, 40)]
    found = curve(points)
    assert found.expected(80) == pytest.approx(hill(80, 20, 1.3, 0.95), abs=0.03)
    low, high = found.interval(40, 40)
    assert low <= hill(80, 20, 1.3, 0.95) - hill(40, 20, 1.3, 0.95) <= high


def test_without_measurements_more_is_better_and_doubt_is_wide() -> None:
    prior = curve([])
    assert prior.gain(5, 10) > prior.gain(5, 5) > 0
    low, high = prior.interval(5, 50)
    assert high - low > 0.3


def test_impossible_measurements_are_refused() -> None:
    with pytest.raises(BadValue, match="cannot be"):
        curve([Point(5, 7, 6)])


def test_orders_keep_the_budget_and_go_where_success_can_still_rise() -> None:
    done = Cell("easy", "a", 20, 1.0, ((20, 20, 50, 50),))
    open_ = Cell("open", "a", 20, 1.0, ((5, 5, 5, 50), (20, 20, 20, 50)))
    made = orders([done, open_], [EXPERT], Planning(400.0))
    assert sum(order.price for order in made) <= 400.0
    count = {order.task: order.count for order in made}
    assert count["open"] > 3 * count.get("easy", 0)
    assert all(order.promised > 0 for order in made)


def test_the_source_that_buys_more_for_its_price_is_chosen() -> None:
    cell = Cell("open", "a", 10, 1.0, ((10, 10, 20, 50),))
    dear, cheap = Source("expert", 10.0), Source("takeover", 4.0, worth=0.8)
    made = orders([cell], [dear, cheap], Planning(200.0))
    assert {order.variation for order in made} == {"takeover"}


def test_failures_are_looked_for_where_the_policy_can_do_the_task() -> None:
    for wins, variation in ((10, "expert"), (40, f"expert, {FAILING}")):
        cell = Cell("x", "a", 10, 1.0, ((10, 10, wins, 50),))
        assert {order.variation for order in orders([cell], [EXPERT], Planning(50.0))} == {variation}
    assert {order.variation for order in orders([Cell("x", "a", 0, 1.0)], [EXPERT], Planning(50.0))} == {"expert"}


def test_a_tasks_demonstrations_are_spread_over_its_regions_and_more_where_it_fails() -> None:
    even = [Cell("x", region, 2, 0.25, ((2, 8, 4, 10),)) for region in "abcd"]
    assert [order.count for order in orders(even, [EXPERT], Planning(400.0, lot=1))] == [10, 10, 10, 10]
    weak = [replace(cell, history=((2, 8, 0 if cell.region == "a" else 6, 10),)) for cell in even]
    counts = {order.scene: order.count for order in orders(weak, [EXPERT], Planning(400.0, lot=1))}
    assert counts["a"] > 1.3 * max(counts[region] for region in "bcd")
    assert min(counts.values()) >= 5


def test_trials_next_door_count_for_less_but_count() -> None:
    shown = ((4.0, 8.0, 20.0, 20.0),)
    alone = [Cell("x", "a", 4, 0.5), Cell("x", "b", 4, 0.5), Cell("y", "a", 8, 1.0)]
    beside = [Cell("x", "a", 4, 0.5), Cell("x", "b", 4, 0.5, shown), Cell("y", "a", 8, 1.0)]
    counts = [
        sum(
            order.count for order in orders(cells, [EXPERT], Planning(200.0)) if (order.task, order.scene) == ("x", "a")
        )
        for cells in (alone, beside)
    ]
    assert counts[1] < counts[0]


def test_uniform_collection_gives_every_task_the_same_and_spends_what_is_left_over() -> None:
    cells = [
        Cell(task, region, 1, 0.5, prices={"expert": price})
        for task, price in (("x", 70.0), ("y", 45.0))
        for region in "ab"
    ]
    made = strategy("uniform")(cells, [EXPERT], Planning(300.0))
    counts = {(order.task, order.scene): order.count for order in made}
    assert counts == {("x", "a"): 1, ("x", "b"): 1, ("y", "a"): 2, ("y", "b"): 1}


def test_the_same_question_has_the_same_answer() -> None:
    cells = [Cell(task, region, 4, 0.5, ((4, 8, 3, 20),)) for task in "xy" for region in "ab"]
    assert orders(cells, [EXPERT], Planning(300.0)) == orders(cells, [EXPERT], Planning(300.0))


def test_planning_with_nothing_is_refused() -> None:
    with pytest.raises(BadValue, match="nothing to plan"):
        orders([], [EXPERT], Planning(10.0))
    with pytest.raises(BadValue, match="free"):
        orders([Cell("x", "a", 1, 1.0)], [Source("gift", 0.0)], Planning(10.0))
    with pytest.raises(NotFound, match="planner"):
        strategy("plannr")


def test_control_strategies_spend_the_same_and_promise_nothing() -> None:
    cells = [Cell(task, region, count, 0.5) for task in "xy" for region, count in (("a", 1), ("b", 9))]
    for name in ("uniform", "count-greedy", "factory"):
        made = strategy(name)(cells, [EXPERT], Planning(400.0))
        assert sum(order.price for order in made) == pytest.approx(400.0)
        assert all(order.promised == 0 for order in made)
    least = {(o.task, o.scene): o.count for o in strategy("count-greedy")(cells, [EXPERT], Planning(200.0))}
    assert least == {("x", "a"): 9, ("y", "a"): 9, ("x", "b"): 1, ("y", "b"): 1}
    assert strategy("frozen")(cells, [EXPERT], Planning(400.0)) == ()


def wheel(name: str, seed: int) -> float:
    """Final success of a strategy on six planted tasks of two regions after three turns."""
    rng = np.random.default_rng(seed)
    half = rng.permutation(np.array([2, 5, 12, 30, 80, 250.0]))[:, None] * np.exp(rng.normal(0, 0.4, (6, 2)))
    count, luck = np.full((6, 2), 2.0), np.random.default_rng(seed + 1)
    history: dict[tuple[int, int], list[tuple[float, float, float, int]]] = {}

    def success() -> np.ndarray:
        effective = count + 0.5 * (count.sum(1, keepdims=True) - count)
        return hill(effective, half, 1.6, 0.98)

    for _ in range(3):
        now = success()
        for t, r in np.ndindex(6, 2):
            seen = (count[t, r], count[t].sum(), int(luck.binomial(30, now[t, r])), 30)
            history.setdefault((t, r), []).append(seen)
        cells = [Cell(str(t), str(r), count[t, r], 0.5, tuple(history[t, r])) for t, r in np.ndindex(6, 2)]
        for order in strategy(name)(cells, [Source("expert", 1.0)], Planning(96.0)):
            count[int(order.task), int(order.scene)] += order.count
    return float(success().mean())


def test_on_planted_curves_the_planner_beats_uniform_and_count_greedy_collection() -> None:
    gains = [
        (wheel("planner", s) - wheel("uniform", s), wheel("planner", s) - wheel("count-greedy", s)) for s in range(4)
    ]
    assert np.min(gains) > 0


def turn(number: int, wins: int, orders: tuple[Order, ...] = ()) -> Turn:
    scores = (Score("push", "a", wins, 100, 10.0 * number, 10.0 * number),)
    return Turn(number, "planner", 0, "{}", number, (("push", "s"),), (("push", "p"),), scores, orders)


def test_orders_are_graded_against_what_came() -> None:
    order = Order("push", "a", "sawyer", "expert", 10, 0.2, 100.0, "planner@1")
    kept = grades([turn(1, 40), turn(2, 62, (order,))])
    assert (kept[0].seen, kept[0].kept) == (pytest.approx(0.22), True)
    broken = grades([turn(1, 40), turn(2, 41, (order,))])
    assert not broken[0].kept
    bias = calibration((*kept, *broken))[0]
    assert (bias.n, bias.value) == (2, pytest.approx(0.085))


def test_a_turn_survives_its_facts_and_alteration_is_noticed() -> None:
    order = Order("push", "a", "sawyer", "expert", 10, 0.2, 100.0, "planner@1")
    one = turn(2, 62, (order,))
    facts = one.facts(5)
    assert Turn.all_of(facts) == (one,)
    record = next(fact for fact in facts if fact.key == "turn/record")
    with pytest.raises(Exception, match="altered"):
        Turn.of(str(record.value).replace('"wins": 62', '"wins": 72'), record.subject)
    assert one.success == pytest.approx(0.62)
