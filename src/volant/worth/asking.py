"""One question about what a lake is worth: groups of figures side by side, with what could not be said and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import Estimate
from ..core.errors import NotFound
from .cells import AXES, read
from .coverage import CROSSINGS, SLICES, Heat, cover, heat
from .environments import diverse
from .measure import figures
from .quality import FIGURES, GROUPS, Progress, quality
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
    store: Store,
    names: Sequence[str],
    at: int,
    *,
    by: Sequence[str] = (),
    target: str | Path | None = None,
    progress: Progress | None = None,
) -> Answer:
    """Figures of the named measures and groups (every installed measure where none is named).

    ``by`` names the axes that coverage is sliced by, or the kinds of groups whose told value or whose quality is shown;
    ``target`` is a TOML file that states what the data is wanted for.
    """
    groups = {"coverage", "value", "quality"}.intersection(names)
    rest = [name for name in names if name not in groups]
    if compared := [figure.name for figure in FIGURES if figure.within and figure.name in rest]:
        raise NotFound(
            f"{compared[0]} is no measure of one episode.", do="Ask for `quality --by operator`, which holds it."
        )
    made: list[Estimate] = []
    notes: list[str] = []
    picture: Heat | None = None
    gaps: tuple[Gap, ...] = ()
    if "coverage" in names or target or (by and not groups):
        wanted = load(Path(target)) if target else None
        axes = [one for one in by if one in AXES or groups <= {"coverage"}]
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
    if "quality" in names:
        for one in [one for one in by if one in GROUPS or groups == {"quality"}] or [""]:
            driven, unsaid = quality(store, at, by=one, progress=progress)
            made += driven
            notes += [line for line in unsaid if line not in notes]
    if rest or not (made or notes):
        made += figures(store, rest, at)
    return Answer(tuple(made), tuple(notes), picture, gaps)
