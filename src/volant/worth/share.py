"""Who contributed how much: hours, novelty and value by collector, site or country; shares add up to one.

The value of an episode is, in this order, what was told of it or of its source (``value/<method>``), its KNN-Shapley
value for the outcomes of policies' own rollouts (Jia 2019), its novelty (distance to the nearest other episode), or
its accepted seconds; which of them it is, is said. Negative values count as nothing. Shares are whole millionths by
largest remainder, so that they add up to one exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import stats

from ..core import Estimate
from ..core.errors import BadValue, NotFound, suggest
from ..vectors import index, shapley
from .space import known

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["GROUPS", "NOBODY", "Contribution", "Shares", "contributions", "divided", "payout"]

Floats = npt.NDArray[np.float64]
Names = npt.NDArray[np.object_]
Rows = npt.NDArray[np.float32]

GROUPS = {
    "collector": "coalesce(nullif(collector, ''), nullif(operator, ''), '')",
    "operator": "coalesce(operator, '')",
    "site": "coalesce(site, '')",
    "country": "coalesce(region, '')",
}
"""By what contributions are counted: a collector is who is named as such, else the operator; a country the region."""

_KINDS = {
    "collector": ("collector", "operator"),
    "country": ("region", "country"),
    "operator": ("operator",),
    "site": ("site",),
}
NOBODY = "(not named)"
_ROLLOUT = "(coalesce(policy, '') <> '' AND coalesce(tier, '') <> 'intervention')"
"""What a policy did alone; where a person took over, that person brought something."""
_ROLLOUTS = 10
"""Rollouts with outcomes that KNN-Shapley needs at least."""
_ASKED = 1000
"""Rollouts that are asked at most, evenly spread over all: among a million episodes each costs some 40 ms."""
_NEIGHBOURS = 5
_OWN = ("shapley", "novelty")
"""Methods that are reckoned here anew, whatever was told of them, unless they are asked for by name."""
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one collector, site or country brought.

    ``novelty`` is the mean distance of its episodes to their nearest neighbours (``None`` without embeddings),
    ``share`` its part of the value of everything, ``low`` and ``high`` that part's 95 % interval (as told, else from
    the spread of its episodes' values), ``None`` where it cannot be known.
    """

    name: str
    episodes: int
    hours: float
    accepted_hours: float
    novelty: float | None
    share: Decimal
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Shares:
    """All contributions, the largest share first; ``method`` is how value was found, ``said`` what must be known."""

    by: str
    method: str
    rows: tuple[Contribution, ...]
    said: tuple[str, ...]
    version: int


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Episodes as columns, ``place`` each one's group."""

    ids: Names
    names: list[str]
    place: npt.NDArray[np.int64]
    seconds: Floats
    accepted: npt.NDArray[np.bool_]


def divided(weights: Sequence[Fraction | Decimal | float], whole: int = _MILLION) -> list[int]:
    """A whole number divided by weights that are 0 or more: parts that add up to it exactly (largest remainder).

    Of equal remainders the earlier comes first; where all weights are 0 nothing is divided.
    """
    exact = [max(Fraction(0), Fraction(weight)) for weight in weights]
    total = sum(exact, Fraction(0))
    if not total:
        return [0] * len(exact)
    quotas = [weight * whole / total for weight in exact]
    parts = [int(quota) for quota in quotas]
    rest = sorted(range(len(parts)), key=lambda k: (parts[k] - quotas[k], k))
    for k in rest[: whole - sum(parts)]:
        parts[k] += 1
    return parts


def contributions(store: Store, by: str = "collector", method: str = "", space: str = "motion") -> Shares:
    """Contributions of everything in the lake but quarantine and rollouts of policies.

    ``method`` chooses told value facts (``value/METHOD``), ``shapley``, ``novelty`` or ``hours``; the best there is
    where none is named. Raises ``BadValue`` for an unknown grouping and ``NotFound`` where nothing is there to share.
    """
    if by not in GROUPS:
        raise BadValue(f"Contributions are not counted by {by!r}.", instead=suggest(by, GROUPS))
    table = _read(store, by)
    ways = (method,) if method else ("", "shapley", "novelty", "hours")
    points = _points(store, space, table)
    for way in ways:
        found = _valued(store, way, by, table, points)
        if found is not None:
            return _shared(store, by, table, points[1], found)
    raise NotFound(
        f"There are no values by {method!r} here.",
        do="Leave --value away for the best there is, or tell values first (`volant measure value`).",
    )


def _read(store: Store, by: str) -> _Table:
    rows = store.sql(
        f"SELECT id, {GROUPS[by]} AS name, coalesce(seconds, 0) AS seconds, coalesce(verdict = 'accept', false) AS ok "
        f"FROM episodes WHERE NOT quarantined AND NOT {_ROLLOUT} ORDER BY added, pos"
    )
    if not len(rows):
        raise NotFound("The lake holds no episode that people made.", do="`volant add PATH` brings recordings in.")
    named = np.array([str(name) or NOBODY for name in rows["name"].to_pylist()], object)
    names, place = np.unique(named.astype(str), return_inverse=True)
    return _Table(
        rows["id"].to_numpy(zero_copy_only=False),
        [str(name) for name in names],
        place.astype(np.int64),
        rows["seconds"].to_numpy().astype(np.float64),
        rows["ok"].to_numpy(zero_copy_only=False).astype(bool),
    )


def _points(store: Store, name: str, table: _Table) -> tuple[Rows, Floats]:
    """The episodes' points ``[n, d]`` (NaN where there is none), and their novelty."""
    rows = _placed(store, name, table)
    there = np.isfinite(rows).all(axis=1)
    novelty = np.full(len(table.ids), np.nan)
    if there.sum() >= 2:
        distance, _ = index.build(rows[there]).nearest(rows[there], 2)
        novelty[there] = distance[:, 1]
    return rows, novelty


def _placed(store: Store, name: str, table: _Table) -> Rows:
    found = known(store, name)
    place = found.places([str(one) for one in table.ids]) if len(found) else np.full(len(table.ids), -1)
    rows = np.full((len(table.ids), found.rows.shape[1]), np.nan, np.float32)
    rows[place >= 0] = found.rows[place[place >= 0]]
    return rows


@dataclass(frozen=True, slots=True, eq=False)
class _Value:
    method: str
    total: Floats
    low: Floats | None
    high: Floats | None
    said: tuple[str, ...]


def _valued(store: Store, way: str, by: str, table: _Table, points: tuple[Rows, Floats]) -> _Value | None:
    """The value of each group by one way, or ``None`` where the lake cannot say it that way."""
    if way == "hours":
        return _sums("hours", table, table.seconds * table.accepted, "Value is accepted hours: nothing else is known.")
    if way == "novelty":
        novelty = points[1]
        if not np.isfinite(novelty).any():
            return None
        each = np.nan_to_num(novelty) * table.accepted
        return _sums("novelty", table, each, "Value is novelty of accepted episodes: no outcomes say more.")
    if way == "shapley":
        voted = _shapley(store, table, points[0])
        note = f"KNN-Shapley of {_NEIGHBOURS} neighbours for outcomes of at most {_ASKED:,} rollouts, near by motion."
        return None if voted is None else _sums("shapley", table, voted, note)
    return _told(store, way, by, table)


def _sums(method: str, table: _Table, each: Floats, note: str) -> _Value:
    """Sums of episodes' values by group, with the 95 % interval that their spread gives each group's share."""
    count = len(table.names)
    total = np.bincount(table.place, each, count)
    n = np.bincount(table.place, minlength=count)
    mean = total / n
    square = np.bincount(table.place, np.square(each - mean[table.place]), count)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(n > 1, n * square / (n - 1), np.nan)  # of a sum of n
        given = np.maximum(total, 0.0)
        whole = given.sum()
        share = given / whole
        other = np.nansum(variance) - np.nan_to_num(variance)
        half = 1.96 * np.sqrt(np.square(1 - share) * variance + np.square(share) * other) / whole
    low, high = (np.asarray(np.clip(end, 0, 1), np.float64) for end in (share - half, share + half))
    return _Value(method, np.asarray(total, np.float64), low, high, (note,))


def _shapley(store: Store, table: _Table, rows: Rows) -> Floats | None:
    """Each accepted episode's Shapley value for what happened to policies near it; labels are task and success."""
    said = store.sql(f"SELECT id, task, outcome, {_ROLLOUT} AS rollout FROM episodes WHERE outcome IS NOT NULL")
    label = {
        str(row["id"]): f"{row['task']}\x1f{row['outcome'] in ('success', 'recovered')}" for row in said.to_pylist()
    }
    found = known(store)
    rollouts = [str(row["id"]) for row in said.to_pylist() if row["rollout"]]
    place = found.places(rollouts) if rollouts else np.zeros(0, np.int64)
    asked = np.flatnonzero(place >= 0)
    if len(asked) > _ASKED:
        asked = asked[np.linspace(0, len(asked) - 1, _ASKED).round().astype(np.int64)]
    mine = np.array([str(one) in label for one in table.ids]) & table.accepted & np.isfinite(rows).all(axis=1)
    truth = [label[rollouts[k]] for k in asked]
    if len(asked) < _ROLLOUTS or mine.sum() < _NEIGHBOURS or len({one.endswith("True") for one in truth}) < 2:
        return None
    kinds = np.array([label[str(one)] for one in table.ids[mine]])
    if len(set(kinds.tolist())) < 2:  # where all end alike every neighbour votes alike: nothing tells them apart
        return None
    value = np.zeros(len(table.ids))
    value[mine] = shapley.knn(rows[mine], kinds, found.rows[place[asked]], np.array(truth), _NEIGHBOURS)
    return value


def payout(store: Store, by: str, begin: str) -> tuple[Estimate, ...]:
    """The sum of KNN-Shapley values of each named group's episodes with Student's 95 % interval; empty if impossible.

    A group's subject is ``begin`` and its name. The same values that contributions are shared by.
    """
    asked = store.sql(f"SELECT count(*) AS n FROM episodes WHERE outcome IS NOT NULL AND {_ROLLOUT}")["n"][0].as_py()
    if asked < _ROLLOUTS:
        return ()
    table = _read(store, by)
    each = _shapley(store, table, _placed(store, "motion", table))
    if each is None:
        return ()
    made = []
    for at, name in enumerate(table.names):
        mine = each[table.place == at]
        if name == NOBODY:
            continue
        total, n = float(mine.sum()), len(mine)
        half = float(stats.t.ppf(0.975, n - 1) * mine.std(ddof=1) * n**0.5) if n > 1 else None
        low, high = (None, None) if half is None else (total - half, total + half)
        made.append(Estimate("shapley", total, "votes", n, low, high, method="Student 95 %", group=f"{begin}{name}"))
    return tuple(made)


def _told(store: Store, way: str, by: str, table: _Table) -> _Value | None:
    """Values that were told: of sources (with their intervals) where every group has one, else of episodes."""
    facts = store.facts(key=[f"value/{way or '*'}", *([f"value/{way}/*"] if way else [])])
    latest: dict[tuple[str, str], float] = {}
    for subject, key, value in zip(facts.subject, facts.key, facts.value, strict=True):
        if isinstance(value, int | float):
            latest[subject, key.removeprefix("value/")] = float(value)
    own = () if way else _OWN
    methods = dict.fromkeys(name for _, name in latest if "/" not in name and name not in own)
    for name in methods:
        for kind in _KINDS[by]:
            prefix = f"source:{kind}="
            sources = [latest.get((f"{prefix}{one}", name)) for one in table.names]
            if any(value is None for value in sources):
                continue
            total = np.array([value or 0.0 for value in sources])
            whole = np.maximum(total, 0.0).sum() or 1.0
            ends = [
                np.array([latest.get((f"{prefix}{one}", f"{name}/{end}"), np.nan) for one in table.names]) / whole
                for end in ("low", "high")
            ]
            note = f"Value is what was told of each {by} by {name}; the interval is that of its value alone."
            return _Value(f"value/{name}", total, np.clip(ends[0], 0, 1), np.clip(ends[1], 0, 1), (note,))
        each = np.array([latest.get((str(one), name), np.nan) for one in table.ids])
        if np.isfinite(each).any():
            without = int(np.isnan(each).sum())
            note = f"Value is what was told of each episode by {name}; {without} of {len(each)} have none and count 0."
            return _sums(f"value/{name}", table, np.nan_to_num(each), note)
    return None


def _shared(store: Store, by: str, table: _Table, novelty: Floats, value: _Value) -> Shares:
    count, said = len(table.names), list(value.said)
    total = np.where(np.isfinite(value.total), value.total, 0.0)
    if (total < 0).any():
        said.append(f"{int((total < 0).sum())} of {count} have a value below 0, which counts as nothing.")
    if not (total > 0).any():
        raise NotFound(
            f"Nobody has any value by {value.method}: there is nothing to share.",
            do="Judge the episodes (`volant gate`), or choose another way with --value.",
        )
    parts = divided([float(one) for one in np.maximum(total, 0.0)])
    n = np.bincount(table.place, minlength=count)
    hours = np.bincount(table.place, table.seconds, count) / 3600
    accepted = np.bincount(table.place, table.seconds * table.accepted, count) / 3600
    seen = np.isfinite(novelty)
    new = np.bincount(table.place[seen], novelty[seen], count)
    met = np.bincount(table.place[seen], minlength=count)
    rows = [
        Contribution(
            table.names[k],
            int(n[k]),
            float(hours[k]),
            float(accepted[k]),
            float(new[k] / met[k]) if met[k] else None,
            Decimal(parts[k]) / _MILLION,
            _finite(value.low, k),
            _finite(value.high, k),
        )
        for k in range(count)
    ]
    rows.sort(key=lambda row: (-row.share, row.name))
    return Shares(by, value.method, tuple(rows), tuple(said), store.version)


def _finite(ends: Floats | None, place: int) -> float | None:
    return None if ends is None or not np.isfinite(ends[place]) else float(ends[place])
