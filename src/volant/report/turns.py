"""The wheel's page: success per turn for the planner and its controls, what it cost, a failure and its cure, tomorrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import numpy.typing as npt

from .. import charts
from ..core import Estimate, Order, Turn
from ..statistics.intervals import wilson

__all__ = ["Way", "success_for_cost", "turns_page"]

WORDS = {
    "planner": "planner",
    "uniform": "uniform",
    "count-greedy": "count-greedy",
    "factory": "data factory",
    "frozen": "frozen data",
}
SAYS = {
    "uniform": "the same money for every task and region, new environments each time",
    "count-greedy": "always one more where there are fewest",
    "factory": "the same few environments again and again: volume without diversity",
    "frozen": "nothing more is collected",
}


@dataclass(frozen=True, eq=False)
class Way:
    """One rollout seen from above: ``tracks`` of hand and thing ``[T, 2]`` and ``goal`` ``[2]`` in metres."""

    turn: int
    task: str
    tracks: tuple[npt.NDArray[np.float64], ...]
    goal: npt.NDArray[np.float64]
    success: bool


def turns_page(
    wheels: Mapping[str, Sequence[Turn]],
    *,
    graded: Sequence[Estimate] = (),
    cure: tuple[Way, Way] | None = None,
    coverage: tuple[Sequence[str], Sequence[str], npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    minutes: float = 0.0,
) -> str:
    """The page as one HTML text without links to anything outside.

    ``wheels`` are the turns of each strategy, ``graded`` how promises were kept, ``cure`` the same held-out environment
    under an early and a late policy, ``coverage`` (tasks, regions, counts before, counts after).
    """
    main = next(iter(wheels.values()))
    lead = (
        f"{len(main) - 1} turns after the first demonstrations; {len(wheels)} ways to spend the same operator time; "
        f"{minutes:.1f} minutes. Success is that of held-out environments, which no policy was taught in; intervals are "
        "Wilson's, 95 %."
    )
    parts = [
        f'<h1>The wheel, turned</h1><p class="soft">{lead}</p>',
        _tiles(wheels),
        _growth(wheels),
        _tasks(wheels),
        _turns(main),
    ]
    if cure:
        parts.append(_cure(*cure))
    if coverage:
        parts.append(_coverage(*coverage))
    parts += [_tomorrow(main[-1], graded), _how(main[-1])]
    return charts.document("The wheel, turned", "".join(parts))


def _pooled(turn: Turn) -> tuple[float, float, float, int]:
    """Success over all trials of all tasks, its interval and n."""
    wins, trials = (sum(column) for column in zip(*turn.by_task().values(), strict=True))
    return (wins / trials if trials else 0.0, *wilson(wins, trials), trials)


def _spent(turns: Sequence[Turn]) -> list[float]:
    """What collection has cost by the end of each turn."""
    return [float(spent) for spent in np.cumsum([turn.cost for turn in turns])]


def _tiles(wheels: Mapping[str, Sequence[Turn]]) -> str:
    main = next(iter(wheels.values()))
    first, last = _pooled(main[0]), _pooled(main[-1])
    spent = _spent(main)
    points = 100 * (last[0] - first[0])
    price = f"{(spent[-1] - spent[0]) / points:,.0f}" if points > 0 else "none gained"
    asked, operations = sum(turn.asked for turn in main), sum(turn.operations for turn in main)
    tiles = [
        (f"{first[0]:.0%} to {last[0]:.0%}", f"success, n={last[3]} trials a turn"),
        (price, f"{escape(main[-1].currency)} for each point of success"),
        (f"{asked / operations:.1%}" if operations else "none", f"of {operations} operations called for help"),
    ]
    for name in ("uniform", "factory", "frozen"):
        if name in wheels:
            other = _pooled(wheels[name][-1])
            tiles.append((f"{100 * (last[0] - other[0]):+.0f} points", f"against {WORDS[name]}, at equal cost"))
    return (
        '<div class="tiles">'
        + "".join(f'<div class="tile"><b>{value}</b><span>{words}</span></div>' for value, words in tiles)
        + "</div>"
    )


def success_for_cost(wheels: Mapping[str, Sequence[Turn]]) -> str:
    """Success over what collection has cost, a curve for each strategy with its interval."""
    main, made = next(iter(wheels.values())), []
    for name, turns in wheels.items():
        shares = [_pooled(turn) for turn in turns]
        across = _spent(main if name == "frozen" else turns)
        y, low, high = ([share[i] for share in shares] for i in range(3))
        made.append(charts.Curve(WORDS.get(name, name), across, y, low, high, f"n={shares[-1][3]} trials a point"))
    words = f"{main[-1].currency} spent on collection"
    return charts.curves(made, title="success for what it cost", across=words, up="success")


def _growth(wheels: Mapping[str, Sequence[Turn]]) -> str:
    says = "; ".join(f"<b>{WORDS[name]}</b>: {SAYS[name]}" for name in wheels if name in SAYS)
    return (
        "<h2>Success for what it cost</h2><p class=how>Each point is a turn: the same held-out environments, the same "
        f'number of trials. {says}.</p><div class="card">{success_for_cost(wheels)}</div>'
    )


def _tasks(wheels: Mapping[str, Sequence[Turn]]) -> str:
    rows = []
    for task in next(iter(wheels.values()))[-1].by_task():
        for name, turns in wheels.items():
            wins, trials = turns[-1].by_task()[task]
            low, high = wilson(wins, trials)
            demos = sum(score.demonstrations for score in turns[-1].scores if score.task == task)
            note = f"{wins}/{trials}, {demos:.0f} demos"
            rows.append(charts.Row(f"{task}: {WORDS.get(name, name)}", wins / trials, low, high, note))
    return (
        '<h2>Task by task, after the last turn</h2><div class="card">'
        + charts.whiskers(rows, title="success of each task")
        + "</div>"
    )


def _turns(turns: Sequence[Turn]) -> str:
    rows = []
    for turn, spent in zip(turns, _spent(turns), strict=True):
        share, low, high, _ = _pooled(turn)
        rows.append(
            f"<tr><td class=n>{turn.number}</td><td><code>{turn.hash[:8]}</code></td><td class=n>{turn.version}</td>"
            f"<td class=n>{turn.episodes}</td><td class=n>{turn.cost:,.0f}</td><td class=n>{spent:,.0f}</td>"
            f"<td class=n>{share:.1%}</td><td>[{low:.1%}, {high:.1%}]</td><td class=n>{turn.asked} / {turn.operations}</td></tr>"
        )
    heads = ("turn", "record", "lake version", "episodes", "cost", "spent", "success", "interval", "asked / operations")
    return (
        '<h2>The ledger</h2><div class="card"><table><tr>'
        + "".join(f"<th>{head}</th>" for head in heads)
        + "</tr>"
        + "".join(rows)
        + "</table></div>"
    )


def _cure(before: Way, after: Way) -> str:
    where = f"The same held-out environment of <code>{escape(before.task)}</code> seen from above"
    parts = [
        f"<h2>A failure, and its cure</h2><p class=how>{where}: the hand, the thing it moves, the goal (ring).</p>"
    ]
    for way in (before, after):
        end = "succeeds" if way.success else "fails"
        title = f"the policy of turn {way.turn} {end}"
        parts.append(
            f'<h3>{title[0].upper()}{title[1:]}</h3><div class="card">'
            + charts.ways(way.tracks, way.goal, title=title, good=way.success)
            + "</div>"
        )
    return "".join(parts)


def _coverage(
    tasks: Sequence[str], regions: Sequence[str], before: npt.NDArray[np.float64], after: npt.NDArray[np.float64]
) -> str:
    return (
        "<h2>Where demonstrations are</h2><p class=how>Demonstrations of each task in each region, before the first turn and "
        "after the last.</p>"
        + "".join(
            f'<div class="card"><h3>{words}</h3>{charts.heat(tasks, regions, counts, title=words)}</div>'
            for words, counts in (("before", before), ("after", after))
        )
    )


def _tomorrow(last: Turn, graded: Sequence[Estimate]) -> str:
    rows = "".join(_order(order) for order in last.next[:14])
    more = f"<p class=how>and {len(last.next) - 14} smaller orders.</p>" if len(last.next) > 14 else ""
    notes = "".join(f"<li>{escape(str(estimate))}; {escape(estimate.method)}</li>" for estimate in graded)
    kept = f"<h3>How earlier promises were kept</h3><ul>{notes}</ul>" if notes else ""
    return (
        '<h2>The plan for tomorrow</h2><div class="card"><table><tr><th>task</th><th>region</th><th>source</th><th class=n>'
        f"episodes</th><th class=n>price</th><th class=n>promised gain</th></tr>{rows}</table>{more}{kept}</div>"
    )


def _order(order: Order) -> str:
    return (
        f"<tr><td>{escape(order.task)}</td><td>{escape(order.scene)}</td><td>{escape(order.variation)}</td>"
        f"<td class=n>{order.count}</td><td class=n>{order.price:,.0f}</td><td class=n>{100 * order.promised:+.2f} points</td></tr>"
    )


def _how(last: Turn) -> str:
    return (
        "<h2>How this was made</h2><p class=how>Simulated robots; success, cost and calls for help are measured; "
        "promises are posterior means over saturating learning curves. <code>volant ledger --replay N</code> makes a turn "
        f"again and compares every hash. Settings: <code>{escape(last.settings)}</code></p>"
    )
