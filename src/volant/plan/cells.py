"""What the lake knows of each cell: demonstrations, what an episode costs there, and every evaluation so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..core.turn import Turn
from ..lake import Store
from .needs import Cell

__all__ = ["DEMONSTRATION", "cells", "counted"]

DEMONSTRATION = "outcome IN ('success', 'recovered') AND tier IN ('simulation', 'teleoperation', 'intervention')"
"""What counts as a demonstration: the task was done, and somebody who can do it had the robot."""


def cells(store: Store, regions: Mapping[str, Sequence[str]], turns: Sequence[Turn]) -> tuple[Cell, ...]:
    """One cell for each task and region, counted in the lake; ``turns`` bring the evaluations, oldest first.

    The price of a source in a task is the steps that its attempts took, failed ones too, for each demonstration that
    came of them, and is the same in all regions of the task; where nothing was tried there is none.
    """
    counts = counted(store)
    prices: dict[str, dict[str, float]] = {}
    for row in store.sql(_PRICES).to_pylist():
        if row["done"]:
            prices.setdefault(row["task"], {})[row["operator"]] = float(row["steps"]) / row["done"]
    made: list[Cell] = []
    for task, names in regions.items():
        for region in names:
            history = tuple(
                (score.demonstrations, score.whole, score.wins, score.trials)
                for turn in turns
                for score in turn.scores
                if (score.task, score.region) == (task, region) and score.trials
            )
            count = counts.get((task, region), 0.0)
            made.append(Cell(task, region, count, 1 / len(names), history, prices.get(task, {})))
    return tuple(made)


def counted(store: Store) -> dict[tuple[str, str], float]:
    """Demonstrations of each task and region that has any."""
    return {(row["task"], row["region"]): float(row["n"]) for row in store.sql(_COUNTS).to_pylist()}


_COUNTS = f"""
    SELECT e.task, f.value AS region, count(*) AS n
    FROM episodes e JOIN facts f ON f.subject = e.id AND f.key = 'environment/region'
    WHERE {DEMONSTRATION} AND NOT quarantined GROUP BY 1, 2"""

_PRICES = """
    SELECT task, operator, sum(frames) AS steps, count(*) FILTER (outcome IN ('success', 'recovered')) AS done
    FROM episodes WHERE tier IN ('simulation', 'teleoperation') AND policy IS NULL GROUP BY 1, 2"""
