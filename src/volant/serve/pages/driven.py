"""How well episodes were driven, as *Worth* shows it: each figure of quality, of all episodes and by operator."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from ...core import Estimate
from ...statistics.rates import student_half
from ...worth.quality import FIGURES, LEAST, MODES, speed_modes
from .names import figure
from .parts import card, empty, how, link, table
from .words import say

if TYPE_CHECKING:
    from ...lake import Store
    from ..catalogue import Catalogue

__all__ = ["Driven", "drawn", "driven"]

_MOST = 2_000_000
"""Facts that are looked at: of more, those of every so manieth episode, which is said."""
_KNOWN = {one.name: one for one in FIGURES}
_OPERATORS = 20
_PACES = 20_000
_KEYS = ", ".join(f"'measure/{one.name}'" for one in FIGURES)
_WHOLE = "key IN ({keys}) AND start_ns IS NULL AND isfinite(number)"
_TOLD = f"""SELECT key[9:] AS name, subject, arg_max(number, (added, pos)) AS value FROM facts
    WHERE {_WHOLE} AND hash(subject) % {{every}} = 0 GROUP BY 1, 2"""
_GROUPED = """SELECT name, operator, count(*) AS n, avg(value) AS mean, coalesce(stddev_samp(value), 0) AS spread
    FROM given JOIN episodes ON id = subject WHERE NOT quarantined
    GROUP BY GROUPING SETS ((name), (name, operator)) ORDER BY name, operator"""
_SPEEDS = f"""SELECT operator, list(value ORDER BY ord) AS speeds FROM (
        SELECT operator, ord, value FROM given JOIN episodes ON id = subject
        WHERE name = 'speed' AND operator <> '' AND NOT quarantined
        QUALIFY row_number() OVER (PARTITION BY operator ORDER BY ord) <= {_PACES}) GROUP BY 1 ORDER BY 1"""


@dataclass(frozen=True)
class Driven:
    """Figures of all episodes, and of each operator (``group``), those with most episodes first; nothing is measured.

    ``every`` is above 1 where there are more facts than are looked at: then those of every so manieth episode count.
    """

    whole: tuple[Estimate, ...] = ()
    operators: tuple[tuple[str, tuple[Estimate, ...]], ...] = ()
    every: int = 1


def driven(catalogue: Catalogue, store: Store) -> Driven:
    """What was told of every figure, the newest of each episode that is not in quarantine."""
    catalogue.refresh(store)
    condition = _WHOLE.format(keys=_KEYS)
    there = int(store.sql(f"SELECT count(*) FROM facts WHERE {condition}", keys=["measure/*"])[0][0].as_py())
    if not there:
        return Driven()
    every = math.ceil(there / _MOST)
    told = store.sql(_TOLD.format(keys=_KEYS, every=every), keys=["measure/*"])
    rows = catalogue.answer(_GROUPED, given=told)
    known = {(row["operator"], str(row["name"])): _mean(row) for row in rows if int(str(row["n"])) >= LEAST}
    order = list(_KNOWN)
    whole = [one for (who, name), one in known.items() if who is None and not _KNOWN[name].within]
    by: dict[str, list[Estimate]] = {}
    for (who, _), one in known.items():
        if who:
            by.setdefault(str(who), []).append(one)
    for row in catalogue.answer(_SPEEDS, given=told):
        who, paced = str(row["operator"]), speed_modes(np.array(row["speeds"], np.float64), str(row["operator"]))
        if who in by and paced is not None:
            by[who].append(paced)
    most = sorted(by.items(), key=lambda item: (-max(one.n for one in item[1]), item[0]))
    return Driven(
        tuple(sorted(whole, key=lambda one: order.index(one.name))),
        tuple((who, tuple(some)) for who, some in most) if len(most) > 1 else (),
        every,
    )


def _mean(row: Mapping[str, object]) -> Estimate:
    """A mean over episodes with Student's interval."""
    known = _KNOWN[str(row["name"])]
    n, mean = int(str(row["n"])), float(str(row["mean"]))
    half = student_half(n, float(str(row["spread"])))
    who = str(row["operator"] or "")
    return Estimate(known.name, mean, known.unit, n, mean - half, mean + half, method="mean, Student 95 %", group=who)


def drawn(found: Driven) -> str:
    """The block under its heading, as HTML; the command that measures where nobody did."""
    if not found.whole and not found.operators:
        return card(empty(say("worth.quality.none"), say("worth.do"), "volant measure quality --by operator"))
    parts = [_all(found.whole)] if found.whole else []
    if found.every > 1:
        parts.append(how(say("worth.quality.every", n=found.every)))
    made = card("".join(parts)) if parts else ""
    by = f"<h3>{escape(say('worth.quality.by'))}</h3>{how(say('worth.quality.by.how'))}"
    if not found.operators:
        return made + by + card(empty(say("worth.quality.one"), say("worth.quality.one.do")))
    return made + by + card(_by(found.operators))


def _all(rows: Sequence[Estimate]) -> str:
    heads = [say(f"parts.{part}") for part in ("figure", "value", "interval", "n")]
    units = {"share": say("worth.quality.share")}
    made = [
        [escape(figure(one.name)), f"{one.value:.4g} {escape(units.get(one.unit, ''))}", _ends(one), f"{one.n:,}",
         escape(_same(one) or say(f"worth.quality.{one.name}"))]
        for one in rows
    ]  # fmt: skip
    label = say("worth.quality")
    method = how(f"{say('parts.measured')}: {say('worth.quality.method')}")
    return table([*heads, say("worth.quality.means")], made, numbers=(1, 2, 3), label=label) + method


def _same(one: Estimate) -> str:
    return say("worth.quality.same", n=f"{one.n:,}") if one.low == one.high else ""


def _ends(one: Estimate) -> str:
    return "–" if one.low is None or one.high is None else f"{one.low:.4g} – {one.high:.4g}"


def _by(operators: Sequence[tuple[str, Sequence[Estimate]]]) -> str:
    """A row an operator, a column a figure: the mean, and in small letters its interval and n."""
    there = {one.name for _, some in operators for one in some}
    names = [name for name in (*(one.name for one in FIGURES), MODES) if name in there]
    rows = []
    for who, some in operators[:_OPERATORS]:
        mine = {one.name: one for one in some}
        cells = [_cell(mine.get(name)) for name in names]
        rows.append([link("/episodes", who, operator=who), *cells])
    heads = [say("worth.operator"), *(figure(name) for name in names)]
    label = say("worth.quality.by")
    rest = how(say("worth.more", n=f"{len(operators) - _OPERATORS:,}")) if len(operators) > _OPERATORS else ""
    return table(heads, rows, numbers=tuple(range(1, len(heads))), label=label) + rest


def _cell(one: Estimate | None) -> str:
    if one is None:
        return "–"
    ends = "" if one.low is None or one.high is None else f"{one.low:.3g} – {one.high:.3g}<br>"
    return f"{one.value:.3g}<br><small class='how'>{ends}n = {one.n:,}</small>"
