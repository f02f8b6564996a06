"""One question about what a lake is worth: groups of figures side by side, with what could not be said and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..core import Estimate
from .cells import AXES, read
from .coverage import CROSSINGS, SLICES, Heat, cover, heat
from .measure import figures
from .target import Gap, load, represent

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["Answer", "ask"]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """Figures, plain words about what they cannot say, and with coverage its heat map and the target's gaps."""

    estimates: tuple[Estimate, ...]
    notes: tuple[str, ...] = ()
    heat: Heat | None = None
    gaps: tuple[Gap, ...] = ()


def ask(
    store: Store, names: Sequence[str], at: int, *, by: Sequence[str] = (), target: str | Path | None = None
) -> Answer:
    """Figures of the named measures and groups (every installed measure where none is named).

    ``by`` names the axes that coverage is sliced by, ``target`` a TOML file that states what the data is wanted for.
    """
    rest = [name for name in names if name not in ("coverage", "value")]
    made: list[Estimate] = []
    notes: list[str] = []
    picture: Heat | None = None
    gaps: tuple[Gap, ...] = ()
    if "coverage" in names or by or target:
        wanted = load(Path(target)) if target else None
        cells = read(store, tuple(dict.fromkeys([*(name for name in AXES if name != "operator"), *by])))
        found = cover(cells, by or SLICES, CROSSINGS)
        made, notes = [*found.estimates], [*found.notes]
        picture = heat(cells)
        if wanted is not None:
            beside = represent(cells, wanted)
            made += beside.estimates
            notes += beside.notes
            gaps = beside.gaps
    if "value" in names:
        values = _told(store, "value")
        made += values
        if not values:
            notes.append("Nothing was told of value yet: methods in docs/worth.md (Value) tell value/METHOD facts.")
    if rest or not (made or notes):
        made += figures(store, rest, at)
    return Answer(tuple(made), tuple(notes), picture, gaps)


def _told(store: Store, prefix: str) -> list[Estimate]:
    """Mean of every number that was told under a prefix, with its normal 95 % interval; nothing is measured now."""
    rows = store.sql(
        "SELECT key, arg_max(number, (added, pos)) AS value FROM facts WHERE starts_with(key, ?) "
        "AND number IS NOT NULL AND NOT ends_with(key, '/low') AND NOT ends_with(key, '/high')"
        " GROUP BY key, subject ORDER BY key, subject",
        params=[f"{prefix}/"],
    )
    keys, values = np.array(rows["key"].to_pylist(), object), rows["value"].to_numpy().astype(np.float64)
    made = []
    for key in dict.fromkeys(keys.tolist()):
        mine = values[(keys == key) & np.isfinite(values)]
        if len(mine):
            half = 1.96 * float(mine.std(ddof=1)) / len(mine) ** 0.5 if len(mine) > 1 else None
            low, high = (None, None) if half is None else (float(mine.mean()) - half, float(mine.mean()) + half)
            method = "mean over subjects as told, normal 95 %"
            made.append(Estimate(key, float(mine.mean()), "as told", len(mine), low, high, method=method))
    return made
