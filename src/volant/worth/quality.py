"""How well episodes were driven, figure by figure: information, stalls, progress, smoothness, speed. Never one score.

Each figure is a fact of its own about each episode (``measure/<name>``), so that a floor can be put under any of them
(``volant curate --floor``); whether a floor helps is for an A/B of what was trained to say, not for a formula. What
depends on one episode is measured once; ``information`` and ``speed`` compare an episode with the others of its task
and are told anew where the set has grown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .. import plug
from ..core import Estimate, FactTable, Measure
from ..core.errors import BadValue, NotFound, VolantError, suggest
from ..lake.numbers import matched, newest
from . import information, space

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["FIGURES", "GROUPS", "MODES", "Figure", "Progress", "quality", "speed_modes", "tell", "values"]

Floats = npt.NDArray[np.float64]
Names = npt.NDArray[np.object_]
Progress = Callable[[int, int], None]

BLOCK = 256
"""Episodes looked at between two commits."""
LEAST = 5
"""Fewer values than these make no figure of a group."""
RESAMPLED = 2000
"""Bootstrap samples of a mean; above ``NORMAL`` values its normal interval is the same."""
NORMAL = 20_000
SPEED = "worth/speed@1"
MODES = "speed modes"
PACED = 20
"""Episodes that are split into groups of speeds at least, as by the check ``speed_mode``."""

GROUPS = ("operator", "collector", "site", "region", "task", "embodiment", "robot", "tier", "outcome")
"""What figures can be shown by."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of quality: what it means, and whether it compares an episode with others of its ``task`` only."""

    name: str
    unit: str
    means: str
    within: bool = False


FIGURES = (
    Figure("information", "z", "how well actions follow from states, beside others of the task", within=True),
    Figure("stalls", "share", "time at rest between first and last movement; less is better"),
    Figure("progress", "share", "how far the task itself says it came"),
    Figure("approach", "share", "movement that brought it nearer to its own end"),
    Figure("smoothness", "1", "spectral arc length of speed; nearer 0 is smoother"),
    Figure("jerk", "1", "log dimensionless jerk with a minus; more is smoother"),
    Figure("speed", "times", "times the usual speed of its task; neither more nor less is better", within=True),
)
_ALONE = ("stalls", "progress", "approach", "smoothness", "jerk")


def tell(store: Store, at: int, *, seed: int = 0, progress: Progress | None = None) -> tuple[str, ...]:
    """Measure what is new, once each, and what compares episodes where its set has grown; what could not be told."""
    measures = [cast(Measure, plug.load("measures", name)) for name in _ALONE]
    _look(store, measures, at, progress)
    _, notes = information.score(store, at, seed=seed)
    return (*notes, *_tell_speed(store, at))


def quality(
    store: Store, at: int, *, by: str = "", seed: int = 0, progress: Progress | None = None
) -> tuple[tuple[Estimate, ...], tuple[str, ...]]:
    """Every figure's mean, of all episodes or of each group, with a bootstrap interval; and what cannot be said.

    Raises ``BadValue`` for an unknown grouping or where all episodes belong to one group, ``NotFound`` where there is
    no episode.
    """
    if by and by not in GROUPS:
        raise BadValue(f"Quality is not shown by {by!r}.", instead=suggest(by, GROUPS))
    ids, groups = _grouped(store, by)
    names = sorted({name for name in groups.tolist() if name})
    if by and len(names) < 2:
        who = f"belong to {names[0]!r}" if names else f"name no {by}"
        raise BadValue(f"All {len(ids)} episodes {who}.", do="There is nothing to compare; leave --by away.")
    notes = list(tell(store, at, seed=seed, progress=progress))
    if by and (groups == "").any():
        notes.append(f"{int((groups == '').sum())} of {len(ids)} episodes name no {by}; they are left out.")
    all_known = values(store, ids, [figure.name for figure in FIGURES])
    made: list[Estimate] = []
    for figure in FIGURES:
        known = all_known[figure.name]
        there = known[np.isfinite(known)]
        if not len(there):
            notes.append(f"{figure.name}: nothing in this lake can say it ({figure.means}).")
        elif len(there) > 1 and np.ptp(there) == 0:
            notes.append(f"{figure.name} is {there[0]:.4g} for all {len(there)} episodes: it tells nothing apart.")
        elif figure.within and by in ("", "task", "embodiment"):
            over = f"by {by}" if by else "for everything at once"
            notes.append(f"{figure.name} compares episodes of one task and body, so it is not shown {over}.")
        else:
            made += _of_groups(figure, known, groups, names, (by, seed, notes))
        if figure.name == "speed" and len(there):
            made += _modes(known, groups, names, by, notes)
    return tuple(made), tuple(notes)


def values(store: Store, ids: Sequence[str] | Names, names: Sequence[str]) -> dict[str, Floats]:
    """The newest value of each figure for each episode, NaN where there is none."""
    told = newest(store, ids, [f"measure/{name}" for name in names])
    return {name: told[f"measure/{name}"] for name in names}


def _grouped(store: Store, by: str) -> tuple[Names, Names]:
    """Every episode's id and group, in the order in which they came; quarantined ones are left out."""
    column = f"coalesce({by}, '')" if by else "'all'"
    rows = store.sql(f"SELECT id, {column} AS name FROM episodes WHERE NOT quarantined ORDER BY added, pos")
    if not len(rows):
        raise NotFound("The lake holds no episode that could be judged.", do="`volant add PATH` brings recordings in.")
    return np.array(rows["id"].to_pylist(), object), np.array(rows["name"].to_pylist(), object)


def _look(store: Store, measures: Sequence[Measure], at: int, progress: Progress | None) -> None:
    """Everything that depends on one episode, in one pass over those that lack any of it."""
    ids = store.ids()
    all_ids = pa.array(ids, pa.string())
    lacking = {name: matched(known, all_ids) < 0 for name, known in _seen(store, measures).items()}
    waiting = np.flatnonzero(np.logical_or.reduce([*lacking.values()])) if ids else np.zeros(0, np.int64)
    for start in range(0, len(waiting), BLOCK):
        block = waiting[start : start + BLOCK]
        table, found = FactTable(), list[tuple[str, information.Pairs | None]]()
        for place, (one, episode) in zip(
            block.tolist(), space.readable(store, [ids[place] for place in block.tolist()]), strict=True
        ):
            for measure in measures:
                if lacking[measure.name][place]:
                    value = None if episode is None else measure.of(episode)
                    key = "unmeasured" if value is None else f"measure/{measure.name}"
                    table.row(one, key, measure.name if value is None else float(value), _by(measure))
            if lacking["information"][place]:
                try:
                    found.append((one, None if episode is None else information.pairs(episode)))
                except VolantError:
                    found.append((one, None))
        if len(table):
            store.tell(table, at=at)
        information.keep(store, found, at)
        if progress is not None:
            progress(min(start + BLOCK, len(waiting)), len(waiting))


def _seen(store: Store, measures: Sequence[Measure]) -> dict[str, pa.Array]:
    """Which episodes were looked at for each figure, in one question; no vector is read for it."""
    wanted = {"information": ("starts_with(key, 'pairs/')", information.BY)}
    wanted |= {one.name: (f"key = 'measure/{one.name}'", _by(one)) for one in measures}
    parts, params = [], list[object]()
    for name, (key, by) in wanted.items():
        for condition in (key, f"key = 'unmeasured' AND value = '{name}'"):
            parts.append(f"SELECT '{name}' AS name, subject FROM facts WHERE \"by\" = ? AND {condition}")
            params.append(by)
    told = store.sql(" UNION ALL ".join(parts), params=params)
    return {name: told.filter(pc.field("name") == name)["subject"].combine_chunks() for name in wanted}


def _by(measure: Measure) -> str:
    return f"measures/{measure.name}@{measure.version}"


def _tell_speed(store: Store, at: int) -> tuple[str, ...]:
    """``measure/speed`` of every group of the check ``speed_mode`` that has grown, from what that check remembers."""
    from ..checks.speed_mode import paces
    from ..intake.beside import sketches_of

    told = store.sql("SELECT DISTINCT subject FROM facts WHERE key = 'measure/speed' AND \"by\" = ?", params=[SPEED])
    known = told["subject"].combine_chunks()
    sums: dict[str, list[float]] = {}
    for _, subjects, rows in sketches_of(store, "speed_mode").by_group():
        if len(subjects) < information.LEAST:
            continue
        pace = paces(rows)
        if pace is not None:
            for one, value in zip(subjects, pace.tolist(), strict=True):
                sums.setdefault(one, []).append(value)
    if not sums:
        return ("speed: no group of ten episodes that the gate has screened (`volant add`) holds movement.",)
    if (matched(known, pa.array(list(sums), pa.string())) < 0).any():
        table = FactTable()
        table.many(list(sums), "measure/speed", [float(np.exp(np.mean(some))) for some in sums.values()], SPEED)
        store.tell(table, at=at)
    return ()


def _of_groups(
    figure: Figure, known: Floats, groups: Names, names: Sequence[str], said: tuple[str, int, list[str]]
) -> list[Estimate]:
    by, seed, notes = said
    made, few = [], []
    for name in names:
        mine = known[(groups == name) & np.isfinite(known)]
        if len(mine) < LEAST:
            few.append(f"{name} ({len(mine)})" if by else str(len(mine)))
            continue
        low, high, made_by = _interval(mine, seed)
        method = f"{figure.means}; {made_by}"
        group = f"{by}={name}" if by else ""
        made.append(
            Estimate(figure.name, float(mine.mean()), figure.unit, len(mine), low, high, method=method, group=group)
        )
    if few:
        notes.append(f"{figure.name}: fewer than {LEAST} episodes say it of {', '.join(few[:5])}; left out.")
    return made


def _interval(some: Floats, seed: int) -> tuple[float, float, str]:
    """95 % interval of a mean over episodes, and how it was made."""
    if len(some) > NORMAL:
        half = 1.96 * float(some.std(ddof=1)) / len(some) ** 0.5
        return float(some.mean()) - half, float(some.mean()) + half, "mean, normal 95 %"
    rng = np.random.default_rng(seed)
    means = np.empty(RESAMPLED)
    step = max(1, 2_000_000 // len(some))
    for start in range(0, RESAMPLED, step):
        many = min(step, RESAMPLED - start)
        means[start : start + many] = some[rng.integers(0, len(some), (many, len(some)))].mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high), f"mean, bootstrap 95 % (seed {seed})"


def speed_modes(speeds: Floats, group: str) -> Estimate | None:
    """At how many speeds a group works, by the rule of the check ``speed_mode``; nothing of fewer than twenty episodes.

    ``speeds`` are finite. No interval is known of it.
    """
    from ..checks.speed_mode import modes

    if len(speeds) < PACED:
        return None
    smaller, factor = modes(np.log(np.maximum(speeds, 1e-6)))
    share = f", {smaller.mean():.0%} of episodes {factor:.3g} times apart" if smaller.any() else ""
    method = f"best split of log speed, three pooled deviations apart{share}"
    return Estimate(MODES, 2.0 if smaller.any() else 1.0, "speeds", len(speeds), method=method, group=group)


def _modes(known: Floats, groups: Names, names: Sequence[str], by: str, notes: list[str]) -> list[Estimate]:
    """How many speeds each group works at."""
    made, few = [], []
    for name in names:
        mine = known[(groups == name) & np.isfinite(known)]
        paced = speed_modes(mine, f"{by}={name}" if by else "")
        if paced is None:
            few.append(name if by else "the lake")
        else:
            made.append(paced)
    if few:
        notes.append(f"speed modes: fewer than {PACED} episodes of {', '.join(few[:5])}; left out.")
    return made
