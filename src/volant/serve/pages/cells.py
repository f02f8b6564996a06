"""Combinations of task and environment, counted from the catalogue, and what was not seen of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...core import Estimate
from ...measures.coverage import Coverage

if TYPE_CHECKING:
    from ..catalogue import Catalogue

__all__ = ["counts", "figures", "unseen"]

PLACE = "CASE WHEN scene <> '' THEN scene ELSE site END"
_CELLS = f"""SELECT task, {PLACE} AS place, count(*) AS n, count(*) FILTER (outcome <> '') AS ended,
    count(*) FILTER (outcome IN ('success', 'recovered')) AS good
    FROM episodes WHERE verdict <> 'quarantine' GROUP BY 1, 2 ORDER BY n DESC, 1, 2"""


def counts(catalogue: Catalogue) -> list[dict[str, object]]:
    """Every combination that was seen, the fullest first: task, place, n, and how many of those ended well."""
    return catalogue.kept("cells", lambda held: held.answer(_CELLS))


def unseen(catalogue: Catalogue) -> tuple[Estimate, ...]:
    """What the measure ``coverage`` says of all combinations: seen, possible, expected (Chao1), missed (Good-Turing)."""
    return catalogue.kept("unseen", lambda held: figures(counts(held)))


def figures(rows: Sequence[dict[str, object]]) -> tuple[Estimate, ...]:
    """The same from counted combinations."""
    names = np.array([f"{row['task']}\x1f{row['place']}" for row in rows], dtype=object)
    return Coverage().estimates({"group": names, "episodes": np.array([float(str(row["n"])) for row in rows])})
