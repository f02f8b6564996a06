"""One question about what a lake is worth: groups of figures side by side, with what could not be said and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import Estimate
from .cells import AXES, read
from .coverage import CROSSINGS, SLICES, Heat, cover, heat
from .environments import diverse
from .measure import figures
from .target import Gap, load, represent
from .telling import BY, told

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["UNTOLD", "Answer", "ask"]

UNTOLD = "Nobody said what any cell or source is worth here: no probes, no novelty, no learning curves."


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

    ``by`` names the axes that coverage is sliced by, or the kinds of groups whose told value is shown; ``target`` a
    TOML file that states what the data is wanted for.
    """
    rest = [name for name in names if name not in ("coverage", "value")]
    made: list[Estimate] = []
    notes: list[str] = []
    picture: Heat | None = None
    gaps: tuple[Gap, ...] = ()
    if "coverage" in names or target or (by and "value" not in names):
        wanted = load(Path(target)) if target else None
        axes = [one for one in by if one in AXES or "value" not in names]
        cells = read(store, tuple(dict.fromkeys([*(name for name in AXES if name != "operator"), *axes])))
        found = cover(cells, axes or SLICES, CROSSINGS)
        made, notes = [*found.estimates], [*found.notes]
        if "coverage" in names:
            beside = diverse(store)
            made += beside.estimates
            notes += beside.notes
        picture = heat(cells)
        if wanted is not None:
            far = represent(cells, wanted)
            made += far.estimates
            notes += far.notes
            gaps = far.gaps
    if "value" in names:
        values = told(store, [one for one in by if one in BY])
        made += values
        if not values:
            notes.append(UNTOLD)
    if rest or not (made or notes):
        made += figures(store, rest, at)
    return Answer(tuple(made), tuple(notes), picture, gaps)
