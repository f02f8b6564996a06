"""The wheel beside what it must beat: every strategy from the same start at the same cost, and one page of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from . import charts, plan, plug
from .core import Floats, Take, Turn
from .core.errors import Refused
from .lake import Store
from .report.turns import Way, success_for_cost, turns_page
from .runners.living import tried
from .stations import Turning, held_out
from .wheel import turns

__all__ = ["Contest", "contest"]

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Contest:
    """What came of it: the turns of every strategy, the files to look at, and the minutes it all took."""

    wheels: Mapping[str, tuple[Turn, ...]]
    page: Path
    picture: Path
    minutes: float


def contest(
    out: Path, how: Turning, strategies: Sequence[str], count: int, *, clock: Callable[[], int], tell: Tell = print
) -> Contest:
    """Turn one wheel for each strategy, the first being the one that matters, and draw them on ``out/wheel.html``.

    Only the first has a fleet at work; its people's time is part of the same budget. The wheels lie in ``out/lake`` and
    ``out/controls/NAME``. What was turned already is not turned again.
    """
    began = clock()
    for name in strategies:
        plan.strategy(name)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"The wheel cannot be turned in {out}: {error.strerror or error}.") from error
    wheels: dict[str, tuple[Turn, ...]] = {}
    for name in strategies:
        robots = how.robots if name == strategies[0] else 0
        mine = replace(how, strategy=name, shelf=out / "policies", robots=robots)
        place = out / "lake" if name == strategies[0] else out / "controls" / name
        with Store(place) as store:
            wheels[name] = tuple(turns(store, mine, count, clock=clock, tell=_named(tell, name)))
    main, mine = wheels[strategies[0]], replace(how, strategy=strategies[0], shelf=out / "policies")
    minutes = (clock() - began) / 60e9
    page, picture = out / "wheel.html", out / "wheel.svg"
    page.write_text(
        turns_page(
            wheels,
            graded=plan.calibration(plan.grades(main)),
            cure=_cure(mine, main),
            coverage=_coverage(main),
            minutes=minutes,
        ),
        encoding="utf-8",
    )
    picture.write_text(charts.picture(success_for_cost(wheels)), encoding="utf-8")
    return Contest(wheels, page, picture, minutes)


def _named(tell: Tell, name: str) -> Tell:
    return lambda words: tell(f"{name}: {words}")


def _coverage(turns: Sequence[Turn]) -> tuple[list[str], list[str], Floats, Floats]:
    """Demonstrations of each task in each region, in the first and the last turn."""
    tasks = list(turns[-1].by_task())
    regions = sorted({score.region for score in turns[-1].scores})
    grids = []
    for turn in (turns[0], turns[-1]):
        there = {(score.task, score.region): score.demonstrations for score in turn.scores}
        grids.append(np.array([[there.get((task, region), 0.0) for region in regions] for task in tasks]))
    return tasks, regions, grids[0], grids[1]


def _cure(how: Turning, turns: Sequence[Turn]) -> tuple[Way, Way] | None:
    """A held-out environment that the first policy failed in and the last one mastered, of the task that rose most."""
    first, last = turns[0].by_task(), turns[-1].by_task()
    task = max(last, key=lambda name: (last[name][0] - first[name][0]) / max(1, last[name][1]))
    if last[task][0] <= first[task][0] or task not in dict(turns[0].policies):
        return None
    both = [_tries(how, dict(turn.policies)[task], task) for turn in (turns[0], turns[-1])]
    for early, late in zip(*both, strict=True):
        if early.outcome == "failure" and late.outcome == "success":
            ways = [_way(how, turn.number, task, take) for turn, take in ((turns[0], early), (turns[-1], late))]
            if ways[0] and ways[1]:
                return ways[0], ways[1]
    return None


def _tries(how: Turning, name: str, task: str) -> list[Take]:
    return tried(how.world, task, (how.shelf / f"{name}.ckpt").read_bytes(), held_out(how, task))


def _way(how: Turning, number: int, task: str, take: Take) -> Way | None:
    """Hand, thing and goal from above, by the names of the dimensions; none where the world names no such thing."""
    found: dict[str, Floats] = {}
    for signal in plug.world(how.world).body(task).signals[:-1]:
        for place, dim in enumerate(signal.dims):
            found[dim] = take.obs[signal.name][:, place].astype(np.float64)
    try:
        hand, thing, goal = (np.stack((found[f"{one}.x"], found[f"{one}.y"]), 1) for one in ("hand", "object1", "goal"))
    except KeyError:
        return None
    return Way(number, task, (hand, thing), goal[-1], take.outcome == "success")
