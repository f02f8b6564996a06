"""What the lake knows of a period's results, and what it remembers of reckoned cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from ..core import Estimate, FactTable
from ..core.errors import NotFound
from ..core.turn import Turn
from ..lake import Store
from .cost import Book, Results, Share, facts_of

__all__ = ["known_costs", "results_of", "tell"]

_COUNTS = """
    SELECT coalesce(sum(seconds), 0) / 3600 AS raw,
           coalesce(sum(seconds) FILTER (verdict = 'accept'), 0) / 3600 AS accepted,
           count(*) FILTER (verdict IS NOT NULL) AS judged, count(*) FILTER (verdict = 'accept') AS taken,
           count(DISTINCT (task, coalesce(nullif(scene, ''), site)))
               FILTER (NOT quarantined AND coalesce(nullif(scene, ''), site, '') <> '') AS combinations
    FROM episodes"""


def results_of(store: Store, stated: Results) -> Results:
    """The stated results, and the lake's own where nothing is stated: of everything it holds, and of its turns.

    Hours are those of all episodes and of accepted ones, combinations are distinct task x environment (scene, else
    site), success is that of the first and of the last turn of the strategy that turned last.
    """
    row = store.sql(_COUNTS).to_pylist()[0]
    found = Results(how="measured", source="the lake")
    if row["raw"] > 0:
        found = replace(found, raw_hours=_decimal(row["raw"]))
    if row["judged"]:
        found = replace(
            found, accepted_hours=_decimal(row["accepted"]), acceptance=Share(float(row["taken"]), int(row["judged"]))
        )
    if row["combinations"]:
        found = replace(found, combinations=Decimal(row["combinations"]))
    before, after = _success(store)
    found = replace(found, before=before, after=after)
    said = {
        name: getattr(stated, name)
        for name in ("raw_hours", "combinations", "before", "after")
        if getattr(stated, name) is not None
    }
    if stated.accepted_hours is not None or stated.acceptance is not None:
        said |= {"accepted_hours": stated.accepted_hours, "acceptance": stated.acceptance}
    elif stated.raw_hours is not None and found.acceptance is not None:
        said |= {"accepted_hours": None}  # the lake's acceptance, of the hours that were stated
    if said:
        said |= {"how": stated.how, "source": stated.source}
    return replace(found, **said)


def _decimal(hours: float) -> Decimal:
    return Decimal(repr(float(hours)))


def _success(store: Store) -> tuple[Share | None, Share | None]:
    table = store.facts(key="turn/record")
    turns = [Turn.of(str(value), subject) for subject, value in zip(table.subject, table.value, strict=True)]
    mine = sorted((one for one in turns if one.strategy == turns[-1].strategy), key=lambda one: one.number)
    if len(mine) < 2:
        return None, None
    shares = []
    for turn in (mine[0], mine[-1]):
        trials = sum(tried for _, tried in turn.by_task().values())
        if not trials:
            return None, None
        shares.append(Share(turn.success * trials, trials))
    return shares[0], shares[1]


def tell(store: Store, book: Book, made: Sequence[Estimate], at: int) -> int:
    """Remember what a ledger came to; the lake's version."""
    return store.tell(FactTable.of(facts_of(book, made, at)), at=at)


def known_costs(store: Store) -> tuple[Estimate, ...]:
    """Every figure of cost that was told, as last told of each ledger. Raises ``NotFound`` where none was."""
    table = store.facts(key="cost/*")
    told: dict[tuple[str, str, str], dict[str, float | str]] = {}
    for subject, key, value, unit in zip(table.subject, table.key, table.value, table.stream, strict=True):
        _, name, *tail = key.split("/")
        held = told.setdefault((subject, name, unit), {})
        if not tail:
            held.clear()  # a later telling: its interval follows
        if isinstance(value, int | float | str):
            held["/".join(tail)] = value
    made = []
    for (subject, name, unit), said in told.items():
        if "" not in said:
            continue
        ends = [float(said[end]) if end in said else None for end in ("low", "high")]
        group, how = subject.removeprefix("ledger:"), str(said.get("how", "assumed"))
        value, count = float(said[""]), int(float(said.get("n", 0)))
        made.append(Estimate(f"cost {name}", value, unit, count, ends[0], ends[1], how, "volant cost", group))
    if not made:
        raise NotFound("Nobody reckoned cost yet.", do="`volant cost LEDGER` does; see examples/ledger.toml.")
    return tuple(made)
