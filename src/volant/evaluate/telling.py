"""An evaluation as rows for people, as plain values for machines, and as facts for the lake."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..core import Estimate, Fact, FactTable

if TYPE_CHECKING:
    from .evaluation import Arm, Evaluation

__all__ = ["BY", "document", "facts_of", "rows", "verdict"]

BY = "evaluate@1"


def rows(made: Evaluation) -> list[dict[str, object]]:
    """One row a figure: what, of whom, its value, its interval, on how many it rests, by which method."""
    found = []
    for arm in made.arms:
        found += [_row(arm.who.name, one) for one in arm.figures]
    if made.versus:
        found += [_row(f"{made.arms[0].who.name} - {made.arms[1].who.name}", one) for one in made.versus.figures]
    return found


def verdict(made: Evaluation) -> str:
    """The A/B, or the order of a league, in one sentence; empty where nobody was compared."""
    one = made.versus
    if one is None:
        return _order(made) if len(made.arms) > 2 else ""
    policy, rival = (arm.who.name for arm in made.arms)
    planned = f" of {made.how.trials} planned" if made.how.sequential else ""
    seen = f"{one.pairs} pairs{planned}, {one.wins} won, {one.losses} lost"
    once = "" if one.p is None else f"p {one.p:.3g}, looking once; "
    tested = f"{once}p {one.p_anytime:.3g}, looking after each pair"
    if one.decided:
        since = f", sure since pair {one.decided_at}" if one.decided_at else ""
        return f"{policy} is {one.decided} than {rival} ({one.by}): {seen}{since}; {tested}."
    more = "" if math.isinf(one.needed) else f" A difference as large as this one takes about {one.needed:.0f} pairs."
    return f"{policy} and {rival} are not told apart ({one.by}): {seen}; {tested}.{more}"


def _order(made: Evaluation) -> str:
    """Contestants from the strongest to the weakest; neighbours whose intervals overlap are not told apart."""
    ranked = [(arm.who.name, one) for arm in made.arms for one in arm.figures if one.name == "strength"]
    ranked.sort(key=lambda pair: -pair[1].value)
    said = ranked[0][0]
    for (_, above), (name, one) in pairwise(ranked):
        apart = above.low is not None and one.high is not None and above.low > one.high
        said += f"{' > ' if apart else ' ~ '}{name}"
    return f"{said} (>: intervals apart, ~: not; Bradley-Terry over {len(made.trials)} environments)."


def document(made: Evaluation) -> dict[str, Any]:
    """Everything as plain values: settings, figures, the A/B, and one row a trial."""
    return {
        "hash": made.hash,
        "world": made.world,
        "task": made.task,
        "how": asdict(made.how),
        "held_out": {**asdict(made.held), "says": str(made.held)},
        "arms": [_arm(arm) for arm in made.arms],
        "versus": asdict(made.versus) | {"says": verdict(made)} if made.versus else None,
    }


def facts_of(made: Evaluation, at: int) -> FactTable:
    """What the lake shall know: of each policy its figures per task and region, of the evaluation how it was done.

    The stream of a policy's facts is ``world/task`` or ``world/task/region``, so that tasks do not supersede one
    another; its trials' episodes point to the evaluation (``evaluation/of``), so that they can be kept from training.
    """
    return FactTable.of(
        [*_of_evaluation(made, at), *(fact for arm in made.arms if arm.who.hash for fact in _of_arm(made, arm, at))]
    )


def _of_evaluation(made: Evaluation, at: int) -> Iterator[Fact]:
    said: dict[str, bool | int | float | str] = {
        "world": made.world,
        "task": made.task,
        "seed": made.how.seed,
        "trials": len(made.trials),
        "planned": made.how.trials,
        "held_out": str(made.held),
        "policy": made.policy.who.hash or made.policy.who.name,
    }
    if made.rival and made.versus:
        said |= {"against": made.rival.who.hash or made.rival.who.name, "decided": made.versus.decided or "undecided"}
        said |= {"p_anytime": made.versus.p_anytime}
    for key, value in said.items():
        yield Fact(made.hash, f"evaluation/{key}", value, BY, at=at)
    for arm in made.arms:
        for name in arm.episodes:
            yield Fact(name, "evaluation/of", made.hash, BY, at=at)


def _of_arm(made: Evaluation, arm: Arm, at: int) -> Iterator[Fact]:
    place = f"{made.world}/{made.task}"
    yield Fact(arm.who.hash, "evaluation/hash", made.hash, BY, stream=place, at=at)
    told: set[tuple[str, str]] = set()
    for one in arm.figures:
        where = f"{place}/{one.group.removeprefix('region=')}" if one.group else place
        if (one.name, where) in told:  # the same figure with another interval
            continue
        told.add((one.name, where))
        yield Fact(arm.who.hash, f"evaluation/{one.name}", one.value, BY, stream=where, at=at)
        if one.name == "success":
            yield Fact(arm.who.hash, "evaluation/trials", one.n, BY, stream=where, at=at)
            if one.low is not None and one.high is not None:
                yield Fact(arm.who.hash, "evaluation/success_low", one.low, BY, stream=where, at=at)
                yield Fact(arm.who.hash, "evaluation/success_high", one.high, BY, stream=where, at=at)


def _row(who: str, one: Estimate) -> dict[str, object]:
    name = f"{one.name} {one.group}".strip()
    return {
        "who": who,
        "figure": name,
        "value": one.value,
        "unit": one.unit,
        "low": one.low,
        "high": one.high,
        "n": one.n,
        "method": one.method,
    }


def _arm(arm: Arm) -> dict[str, Any]:
    trials = arm.trials
    columns: dict[str, Any] = {
        "environment": [one.hash for one in trials.environments],
        "region": trials.regions,
        "seed": trials.seeds,
        "first": trials.first,
        "success": trials.success,
        "progress": trials.progress,
        "seconds": trials.seconds,
        "steps": trials.steps,
        "outcome": trials.outcome,
        "episode": arm.episodes,
    }
    return {
        "name": arm.who.name,
        "hash": arm.who.hash,
        "digest": trials.digest,
        "figures": [asdict(one) for one in arm.figures],
        "trials": {name: column for name, column in columns.items() if len(column) == len(trials)},
    }
