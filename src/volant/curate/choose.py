"""The episodes that a budget is best spent on: floors, repeats out, balanced cells, and spread within each of them.

No score is made of several measures. Floors are met one by one; objectives decide only who stands for a cell:

- ``coverage``: the episode nearest to the cell's middle, then always the one farthest from all picked (k-centre);
- ``quality``: the ones whose lowest rank among the preferred measures is highest (each rank within the task);
- ``mixed``: facility location among the better half of the cell by that lowest rank.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..core import Fact, FactTable, Selection
from ..core.errors import BadValue, NotFound, Refused, suggest
from ..vectors import coresets, duplicates
from . import floors
from .candidates import Candidates, measured, measures_there, read
from .cells import levelled
from .pick import asked

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["BY", "OBJECTIVES", "Curated", "Curating", "Pick", "curate", "remember"]

OBJECTIVES = ("coverage", "quality", "mixed")
BY = "curate@1"
FAILED = ("failure", "aborted", "invalid")

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curating:
    """What to choose: ``budget`` episodes among those that answer ``where`` (SQL over the view ``episodes``).

    ``floors`` are conditions that each pick meets, ``prefer`` the measures that quality goes by (empty: those that the
    lake knows of ``floors.BETTER``), ``cells`` the columns whose combinations are balanced, the first of them first,
    ``per_cell`` the most of any, ``quotas`` how many of some values of the first (``push=40``). ``eps`` is how near a
    repeat lies in cosine (0: only equal ones), ``space`` what likeness is measured in. ``failures`` lets failed
    episodes in; quarantined ones stay out always.
    """

    budget: int = 1000
    objective: str = "coverage"
    where: str = ""
    floors: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()
    cells: tuple[str, ...] = ("task", "scene")
    per_cell: int | None = None
    quotas: tuple[str, ...] = ()
    eps: float = 0.001
    space: str = "motion"
    failures: bool = False
    seed: int = 0
    version: int | None = None

    def __post_init__(self) -> None:
        if self.budget < 1:
            raise BadValue(f"A budget of {self.budget} chooses nothing.", do="Use 1 or more.")
        if self.objective not in OBJECTIVES:
            raise NotFound(f"No objective is called {self.objective!r}.", instead=suggest(self.objective, OBJECTIVES))
        if self.per_cell is not None and self.per_cell < 1:
            raise BadValue(f"At most {self.per_cell} episodes of each cell leaves nothing.", do="Use 1 or more.")
        asked_for = dict(map(parsed, self.quotas))
        if asked_for and not self.cells:
            raise BadValue("Quotas are of the first column of cells, and there is none.")
        if len(asked_for) < len(self.quotas) or sum(asked_for.values()) > self.budget:
            raise BadValue("Quotas name a value twice or add up to more than the budget.")
        if not 0 <= self.eps <= 0.5:
            raise BadValue(f"Repeats cannot lie within {self.eps:g} in cosine.", do="Use 0 to 0.5.")

    @property
    def told(self) -> str:
        """The choice in words, which become the selection's question."""
        parts = [" ".join(self.where.split()) or "true", f"curate {self.objective}", f"budget {self.budget}"]
        parts += [f"floor {floors.parse(one)}" for one in self.floors]
        parts += [f"prefer {' '.join(self.prefer)}"] if self.prefer else []
        parts += [f"cells {' '.join(self.cells) or 'none'}", f"eps {self.eps:g}", f"space {self.space}"]
        parts += [f"per cell {self.per_cell}"] if self.per_cell else []
        parts += [f"quota {name} {many}" for name, many in map(parsed, self.quotas)]
        return " | ".join([*parts, *(["failures"] if self.failures else [])])


@dataclass(frozen=True, slots=True)
class Pick:
    """One choice: the episode, its cell, and why it and no other."""

    id: str
    cell: str
    why: str


@dataclass(frozen=True, eq=False)
class Curated:
    """A choice with its reasons: ``picks`` in the order of the selection, ``left`` why each other episode is not in it.

    ``cells`` counts the picks of each cell, ``notes`` say plainly what the choice could not do.
    """

    selection: Selection
    picks: tuple[Pick, ...]
    left: Mapping[str, str]
    cells: Mapping[str, int]
    notes: tuple[str, ...] = field(default=())

    @property
    def left_out(self) -> dict[str, int]:
        """How many were left out for each sort of reason, the most common first."""
        return dict(Counter(why.partition(":")[0] for why in self.left.values()).most_common())


def curate(store: Store, how: Curating) -> Curated:
    """Choose, with a reason for every pick and for every episode that was left out; the same lake, the same choice.

    Refused where fewer episodes are left than the budget asks for, where a floor's measure is unknown, or where
    nothing was embedded.
    """
    version = how.version if how.version is not None else _settled(store)
    ids = asked(store, how.where, version)
    if len(ids) < 2:
        raise Refused(f"{len(ids)} episodes answer {how.where or 'true'!r}; there is nothing to choose among.")
    some = read(store, ids, version, how.cells, how.space)
    left: dict[str, str] = {}
    alive = _sound(store, some, how, version, left)
    prefer = _preferred(store, how, version)
    measures = {name: measured(store, ids, version, name) for name, _ in prefer}
    rank, which = floors.lowest(measures, prefer, some.task)
    alive = _fresh(some, alive, rank, how, left)
    if len(alive) < how.budget:
        lost = ", ".join(f"{many} {why}" for why, many in Counter(w.partition(":")[0] for w in left.values()).items())
        raise Refused(
            f"{how.budget} episodes were asked for and {len(alive)} are left of {len(ids)}"
            + f" ({lost})." * bool(lost),
            do=f"Ask for at most {len(alive)}, loosen a floor, or make eps smaller." if len(alive) else "",
        )
    quota = _quotas(some, alive, how)
    picks = _picked(some, alive, quota, (rank, which, [name for name, _ in prefer]), how)
    for row in alive.tolist():
        left.setdefault(some.ids[row], f"not needed: its cell {some.cell[row]} is served by others")
    chosen = {pick.id: pick for pick in picks}
    for one in chosen:
        left.pop(one)
    ordered = tuple(chosen[one] for one in ids if one in chosen)
    selection = Selection(version, how.told, tuple(pick.id for pick in ordered), (), how.seed, "")
    cells = Counter(pick.cell for pick in ordered)
    return Curated(selection, ordered, left, dict(cells.most_common()), _notes(some, alive, how, prefer))


def remember(store: Store, made: Curated, *, at: int) -> None:
    """Keep the selection and, once, why each of its episodes was picked, as facts about the selection.

    ``curate/pick`` names the episode in the place of a stream; ``curate/left/...`` counts those that were left out.
    """
    store.keep(made.selection, at=at)
    subject = made.selection.hash
    if len(store.facts(subject, "curate/pick")):
        return
    table = FactTable.of(Fact(subject, "curate/pick", pick.why, BY, None, pick.id) for pick in made.picks)
    for why, many in made.left_out.items():
        table.row(subject, f"curate/left/{why.replace(' ', '_')}", many, BY)
    store.tell(table, at=at, author=BY)


def _settled(store: Store) -> int:
    """The newest version that brought episodes or facts of others: curating itself changes no later choice."""
    return max((one.version for one in store.log() if one.what in ("put", "tell") and one.author != BY), default=0)


def _sound(store: Store, some: Candidates, how: Curating, version: int, left: dict[str, str]) -> Ints:
    """Rows that are neither quarantined nor failed, have a vector and reach every floor."""
    alive = np.ones(len(some), np.bool_)

    def out(rows: npt.NDArray[np.bool_], why: str) -> None:
        for row in np.flatnonzero(alive & rows).tolist():
            left[some.ids[row]] = why
        alive[rows] = False

    out(np.asarray(some.verdict == "quarantine"), "quarantined")
    if not how.failures:
        out(np.isin(some.outcome.astype(str), FAILED), "failed")
    out(~some.where, f"not embedded: no {how.space}")
    known = measures_there(store, version)
    for floor in map(floors.parse, how.floors):
        if floor.measure not in known:
            raise NotFound(
                f"The floor {floor} asks for a measure that no episode has.",
                instead=suggest(floor.measure, known),
                do=f"Measure it first: `volant measure {floors.TOLD_BY.get(floor.measure, floor.measure)}`.",
            )
        values = measured(store, some.ids.tolist(), version, floor.measure)
        out(~np.isfinite(values), f"never measured {floor.measure}")
        out(~floors.reached(floor, values, some.task), f"below floor {floor}")
    return np.flatnonzero(alive)


def _preferred(store: Store, how: Curating, version: int) -> list[tuple[str, int]]:
    """Measures that quality goes by, each with its direction."""
    known = measures_there(store, version)
    if not how.prefer:
        return [(name, sign) for name, sign in floors.BETTER.items() if name in known]
    chosen = [floors.wanted(one) for one in how.prefer]
    for name, _ in chosen:
        if name not in known:
            raise NotFound(f"No episode has the measure {name!r}.", instead=suggest(name, known))
    return chosen


def _fresh(some: Candidates, alive: Ints, rank: Floats, how: Curating, left: dict[str, str]) -> Ints:
    """Rows that repeat no other; of those that do, the one with the highest lowest rank stays."""
    kept = []
    for task in np.unique(some.task[alive]).tolist():
        mine = alive[some.task[alive] == task]
        mine = mine[np.lexsort((_drawn(some, mine, how.seed), -rank[mine]))]
        points = some.rows[mine]
        first = duplicates.near(points, how.eps, seed=how.seed) if how.eps else duplicates.exact(points)
        again = first != np.arange(len(mine))
        for row, other in zip(mine[again].tolist(), mine[first[again]].tolist(), strict=True):
            left[some.ids[row]] = f"repeat: of {some.ids[other]}"
        kept.append(mine[~again])
    return np.sort(np.concatenate(kept)) if kept else alive


def _quotas(some: Candidates, alive: Ints, how: Curating) -> dict[tuple[int, int], int]:
    """How many each task and place gives: quotas first, then tasks levelled, then the places of each.

    Where a task has fewer episodes to give than places, the places are chosen by k-centre among their middles.
    """
    tasks, there = np.unique(some.task[alive], return_counts=True)
    if how.per_cell:
        full = [np.unique(some.place[alive[some.task[alive] == task]], return_counts=True)[1] for task in tasks]
        there = np.array([int(np.minimum(many, how.per_cell).sum()) for many in full])
        if int(there.sum()) < how.budget:
            raise Refused(f"At most {how.per_cell} of each cell gives {int(there.sum())} episodes, not {how.budget}.")
    given = _given(some, alive, tasks, there, how)
    made: dict[tuple[int, int], int] = {}
    for task, many in zip(tasks.tolist(), given.tolist(), strict=True):
        mine = alive[some.task[alive] == task]
        places, back, held = np.unique(some.place[mine], return_inverse=True, return_counts=True)
        each, more = levelled(held, many, how.per_cell)
        if more:
            capped = held if how.per_cell is None else np.minimum(held, how.per_cell)
            spare = np.flatnonzero(each < capped)
            sums = np.zeros((len(places), some.rows.shape[1]))
            np.add.at(sums, back, some.rows[mine])
            middles = (sums[spare] / np.asarray(held, np.float64)[spare].reshape(-1, 1)).astype(np.float32)
            heart = int(np.argmin(((middles - middles.mean(axis=0)) ** 2).sum(axis=1)))
            first = [heart, *(coresets.k_centre(middles, more - 1, start=[heart])[0].tolist() if more > 1 else [])]
            each[spare[first]] += 1
        made.update({(task, place): n for place, n in zip(places.tolist(), each.tolist(), strict=True) if n})
    return made


def _given(some: Candidates, alive: Ints, tasks: Ints, there: Ints, how: Curating) -> Ints:
    """How many each task gives ``[t]`` of what is ``there``: as its quota says, the rest of the budget levelled."""
    names = np.array([some.first[alive[some.task[alive] == task][0]] for task in tasks.tolist()], object)
    given, free, left = np.zeros(len(tasks), np.int64), np.ones(len(tasks), np.bool_), how.budget
    shares = [(np.asarray(names == name), name, many) for name, many in map(parsed, how.quotas)]
    for mine, _, many in shares:
        free[mine], left = False, left - many
    if left and not free.any():
        raise BadValue(f"The quotas add up to {how.budget - left} and the budget is {how.budget}.")
    for mine, name, many in [*shares, (free, "the others", left)]:
        if int(there[mine].sum()) < many:
            known = ", ".join(sorted({word or "unnamed" for word in names.tolist()})[:8])
            raise Refused(
                f"{name} can give {int(there[mine].sum())} episodes, not {many}.",
                instead=f"Known as {how.cells[0]}: {known}." if how.cells else "",
            )
        if many:
            level, rest = levelled(there[mine], many)
            level[np.random.default_rng(how.seed).permutation(np.flatnonzero(level < there[mine]))[:rest]] += 1
            given[mine] = level
    return given


def parsed(quota: str) -> tuple[str, int]:
    """A quota that a person wrote, ``push=40``: the first column's value, and how many episodes of it."""
    name, _, many = quota.rpartition("=")
    if not name.strip() or not many.strip().isdigit():
        raise BadValue(f"{quota!r} is no quota.", do="Write VALUE=COUNT, such as push=40.")
    return name.strip(), int(many)


def _picked(
    some: Candidates,
    alive: Ints,
    quota: Mapping[tuple[int, int], int],
    ranked: tuple[Floats, Ints, list[str]],
    how: Curating,
) -> list[Pick]:
    """Who stands for each cell, and why."""
    rank, which, names = ranked
    order = alive[np.lexsort((some.place[alive], some.task[alive]))]
    edges = np.flatnonzero(np.diff(some.task[order]) | np.diff(some.place[order])) + 1
    made = []
    for mine in np.split(order, edges):
        many = quota.get((int(some.task[mine[0]]), int(some.place[mine[0]])), 0)
        if not many:
            continue
        chosen, words = _standing(some, mine, rank, many, how)
        for row, word in zip(chosen.tolist(), words, strict=True):
            worst = f"; lowest rank {rank[row]:.2f} ({names[which[row]]})" if names else ""
            made.append(Pick(some.ids[row], some.cell[row], f"{many} of {len(mine)} in its cell; {word}{worst}"))
    return made


def _standing(some: Candidates, mine: Ints, rank: Floats, many: int, how: Curating) -> tuple[Ints, list[str]]:
    """``many`` rows of one cell by the objective, and in words what each was picked for."""
    best = mine[np.lexsort((_drawn(some, mine, how.seed), -rank[mine]))]
    if many == len(mine):
        return mine, ["all of them"] * many
    if how.objective == "quality":
        return best[:many], [f"number {n + 1} by lowest rank" for n in range(many)]
    if how.objective == "mixed":
        half = best[: max(many, -(-len(best) // 2))]
        places, gains = coresets.facility(some.rows[half], many, seed=how.seed, sample=max(20_000, many))
        return half[places], [f"stands for its like in the better half (gain {gain:.3g})" for gain in gains.tolist()]
    points = some.rows[mine]
    middle = int(np.argmin(np.einsum("ij,ij->i", points - points.mean(axis=0), points - points.mean(axis=0))))
    words = ["nearest to the cell's middle"]
    if many == 1:
        return mine[[middle]], words
    places, radius = coresets.k_centre(points, many - 1, start=[middle])
    words += [f"farthest from those before; {gap:.3g} from any pick at most after it" for gap in radius.tolist()]
    return mine[[middle, *places.tolist()]], words


def _drawn(some: Candidates, rows: Ints, seed: int) -> Ints:
    """A number for each row by which ties are broken: a digest of seed and id, not the order of coming."""
    key = seed.to_bytes(16, "little", signed=True)
    made = [
        int.from_bytes(hashlib.blake2b(one.encode(), digest_size=7, key=key).digest(), "big") for one in some.ids[rows]
    ]
    return np.array(made, np.int64)


def _notes(some: Candidates, alive: Ints, how: Curating, prefer: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    """What the choice could not do, in words."""
    notes = []
    if len(np.unique(some.task[alive] * (some.place.max() + 1) + some.place[alive])) == 1:
        notes.append("All episodes are of one cell: nothing could be balanced, only spread within it.")
    if how.objective != "coverage" and not prefer:
        notes.append("No measure of quality is known of this lake: quality decided nothing. See `volant measure`.")
    elif how.objective == "quality" and len(prefer) == 1:
        notes.append(f"Quality went by {prefer[0][0]} alone; a single score should not decide. Prefer several.")
    return tuple(notes)
