"""Value as facts: which groups of episodes there are, what was found of each, and everything that was told so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from ..core import Estimate, FactTable
from ..core.acting import Ints
from ..core.errors import BadValue, NotFound, suggest
from .share import GROUPS, payout
from .slopes import grown, slopes

if TYPE_CHECKING:
    from ..core import Turn
    from ..lake import Store

__all__ = ["BY", "METHODS", "Groups", "groups", "known", "tell", "told"]

BY = {
    "cell": ("cell:", "CASE WHEN place <> '' THEN e.task || '/' || place ELSE '' END"),
    "source": (
        "source:",
        "coalesce('operator=' || nullif(e.operator, ''), 'collector=' || nullif(e.collector, ''), '')",
    ),
    "collector": ("source:collector=", "coalesce(nullif(e.collector, ''), nullif(e.operator, ''), '')"),
    "country": ("source:region=", "coalesce(e.region, '')"),
    **{
        name: (f"source:{name}=", f"coalesce(e.{name}, '')")
        for name in ("operator", "site", "region", "robot", "embodiment", "tier")
    },
}
"""What episodes are grouped by: the cell (task, and region of its environments, else the scene), or a source.

A source is the operator, where none is named the collector; ``collector`` is as in contributions. Each with how its
subjects begin.
"""
METHODS = {
    "datamodel": ("success", "least squares over all probes, HC3 95 %"),
    "left-out": ("success", "everything minus all but this, Welch 95 % over probes"),
    "slope": ("success", "posterior of learning curves, central 90 %"),
    "shapley": ("votes", "sum of KNN-Shapley of accepted episodes for outcomes of rollouts, Student 95 %"),
    "novelty": ("distance", "sum of measure/novelty, Student 95 %"),
}
"""Names of methods as facts know them (``value/NAME``), the unit of what they tell, and how the interval was made."""
_DEMONSTRATIONS = """SELECT e.id, e.added, e.pos, e.task || '/' || place AS cell, {of} AS name
    FROM (SELECT e.*, coalesce(nullif(f.value, ''), nullif(e.scene, ''), '') AS place FROM episodes e LEFT JOIN
        (SELECT subject, arg_max(value, (added, pos)) AS value FROM facts WHERE key = 'environment/region' GROUP BY 1) f
        ON f.subject = e.id) e
    WHERE outcome IN ('success', 'recovered') AND coalesce(policy, '') = '' AND NOT quarantined AND name <> ''
    AND (? = '' OR e.task = ?)"""
_NOVELTY = """SELECT name, count(*) AS n, sum(number) AS total, coalesce(stddev_samp(number), 0) AS spread
    FROM ({demonstrations}) d JOIN (SELECT subject, arg_max(number, (added, pos)) AS number FROM facts
        WHERE key = 'measure/novelty' GROUP BY 1) m ON m.subject = d.id
    WHERE isfinite(number) GROUP BY 1 ORDER BY 1"""
_TOLD = """SELECT subject, key, arg_max(number, pos) AS number, any_value("by") AS who
    FROM (SELECT *, max(added) OVER (PARTITION BY subject, split_part(key, '/', 2)) AS newest FROM facts
        WHERE starts_with(key, 'value/') AND (starts_with(subject, 'cell:') OR starts_with(subject, 'source:')))
    WHERE added = newest AND isfinite(number) GROUP BY 1, 2"""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Demonstrations of one task (or all) and which group each is in: ``place [n]`` indexes ``names``, the subjects.

    A subject is ``cell:<task>/<region>`` or ``source:<column>=<name>``.
    """

    names: tuple[str, ...]
    ids: tuple[str, ...]
    place: Ints


def groups(store: Store, by: str = "cell", task: str = "") -> Groups:
    """The demonstrations that were not quarantined, by cell or by a source; those of no known source are left out."""
    begin, inner = _demonstrations(by)
    rows = store.sql(f"SELECT id, name FROM ({inner}) ORDER BY added, pos", params=[task, task])
    if not len(rows):
        raise _nobody(by, task)
    names, place = np.unique(rows["name"].to_numpy(zero_copy_only=False).astype(str), return_inverse=True)
    return Groups(tuple(f"{begin}{name}" for name in names), tuple(rows["id"].to_pylist()), place.astype(np.int64))


def _demonstrations(by: str) -> tuple[str, str]:
    """How subjects begin, and the query of demonstrations with the ``name`` of their group."""
    if by not in BY:
        raise BadValue(f"Value is not found by {by!r}.", instead=suggest(by, BY))
    return BY[by][0], _DEMONSTRATIONS.format(of=BY[by][1])


def _nobody(by: str, task: str) -> NotFound:
    of = f" of {task}" if task else ""
    return NotFound(f"The lake holds no demonstrations{of} that name their {by}.", do="Add or collect some.")


def known(store: Store, turns: Sequence[Turn], by: str = "cell") -> dict[str, tuple[Estimate, ...]]:
    """What follows from what is known already, without teaching or measuring: novelty, slope and payout, if possible.

    Novelty is the sum of the groups' ``measure/novelty`` facts, slope reads the evaluations of the wheel's turns, and
    ``shapley`` is what contributions are paid by, for groups that contribute. Counted in the database.
    """
    begin, inner = _demonstrations(by)
    found: dict[str, tuple[Estimate, ...]] = {}
    rows = store.sql(_NOVELTY.format(demonstrations=inner), params=["", ""]).to_pylist()
    if rows:
        found["novelty"] = tuple(
            _summed(f"{begin}{row['name']}", row["n"], row["total"], row["spread"]) for row in rows
        )
    measured = grown(turns)
    if len({(one.cell, one.n) for one in measured}) > len({one.cell for one in measured}):
        counts: dict[str, dict[str, int]] = {}
        many = store.sql(
            f"SELECT name, cell, count(*) AS n FROM ({inner}) GROUP BY 1, 2 ORDER BY 1, 2", params=["", ""]
        )
        for row in many.to_pylist():
            counts.setdefault(f"{begin}{row['name']}", {})[row["cell"]] = row["n"]
        found["slope"] = slopes(measured, counts)
    if by in GROUPS:
        found["shapley"] = payout(store, by, begin)
    return {method: many for method, many in found.items() if many}


def _summed(group: str, n: int, total: float, spread: float) -> Estimate:
    unit, method = METHODS["novelty"]
    if n < 2:
        return Estimate("novelty", total, unit, n, method="a single episode", group=group)
    half = float(stats.t.ppf(0.975, n - 1)) * spread * n**0.5
    return Estimate("novelty", total, unit, n, total - half, total + half, method=method, group=group)


def tell(store: Store, found: Mapping[str, Sequence[Estimate]], at: int) -> int:
    """Remember values as facts ``value/<method>``, with ``/low``, ``/high`` and ``/n``; how many of them were new."""
    table, news = FactTable(), 0
    before = {(one.name, one.group): (one.value, one.low, one.high, one.n) for one in told(store)}
    for method, many in found.items():
        if method not in METHODS:
            raise BadValue(f"No method of value is called {method!r}.", instead=suggest(method, METHODS))
        for one in many:
            if before.get((f"value/{method}", one.group)) == (one.value, one.low, one.high, one.n):
                continue
            news += 1
            by, ends = f"worth/{method}@1", {"": one.value, "/low": one.low, "/high": one.high, "/n": float(one.n)}
            for end, value in ends.items():
                if value is not None:
                    table.row(one.group, f"value/{method}{end}", float(value), by)
    if news:
        store.tell(table, at=at)
    return news


def told(store: Store, by: Sequence[str] = ()) -> tuple[Estimate, ...]:
    """What each group was last said to be worth by each method (also methods of others), worth most first in each.

    ``by`` keeps the groups of these kinds only (see ``BY``).
    """
    begins = tuple(_demonstrations(one)[0] for one in by) or ("cell:", "source:")
    latest: dict[tuple[str, str], dict[str, float]] = {}
    who: dict[tuple[str, str], str] = {}
    for row in store.sql(_TOLD).to_pylist():
        method, _, tail = row["key"].removeprefix("value/").partition("/")
        if row["subject"].startswith(begins):
            latest.setdefault((method, row["subject"]), {})[tail] = row["number"]
            who[method, row["subject"]] = row["who"]
    made = []
    for (method, subject), said in latest.items():
        if "" in said:
            unit, how = METHODS.get(method, ("as told", who[method, subject]))
            ends = said.get("low"), said.get("high")
            made.append(
                Estimate(f"value/{method}", said[""], unit, int(said.get("n", 0)), *ends, method=how, group=subject)
            )
    order = [f"value/{method}" for method in METHODS]
    place_of = {name: at for at, name in enumerate([*order, *sorted({one.name for one in made} - set(order))])}
    return tuple(sorted(made, key=lambda one: (place_of[one.name], -one.value, one.group)))
