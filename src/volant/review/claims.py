"""Who gets which episode next: claims that run out, so that two do not do the same one unless they are meant to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core import Fact
from .board import Board, Case, board, history
from .reasons import Reviewing, author, chance, person

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["Assignment", "release", "take"]

_TRIES = 8
_PAGE = 256


@dataclass(frozen=True, slots=True)
class Assignment:
    """An episode that is somebody's to look at until ``until`` (ns): gold ones and second looks are not marked.

    ``objection`` is what its collector said to an earlier return, ``reason`` why that was; ``waiting`` how many wait.
    """

    subject: str
    until: int
    objection: str = ""
    reason: str = ""
    waiting: int = 0


def take(store: Store, rater: str, how: Reviewing, at: int, skip: str = "") -> Assignment | None:
    """The next episode for a rater, claimed; the one that the rater holds already, where there is one.

    Objections come first, then what waits for a further rater, then what the gate sent to review, what it refused and
    what it accepted (the audited share). Nobody gets an episode that they recorded, that they rated in this round, or
    whose return they decided. ``skip`` is left out. ``None`` where nothing is left.
    """
    me = person(author(rater))
    for _ in range(_TRIES):
        now = board(store, at)
        cases = now.cases
        held = next((c for c in cases.values() if c.claims.get(me, 0) > at and c.subject != skip), None)
        found = held.subject if held else _golden(cases, me, how) or _first(store, now, me, how, skip)
        if found is None:
            return None
        until = how.until(at)
        store.tell([Fact(found, "review/claim", until, author(rater), at=at)], at=at, author=author(rater))
        case = history(store, [found])[found]
        if held or case.gold or me in case.holders(at)[: case.wanted(how)]:
            counts = now.counts()
            said = case.objection if case.state == "todo" else ""
            reason = case.earlier[-1].reason if said and case.earlier else ""
            return Assignment(found, until, said, reason, counts["todo"] + counts["in_review"])
        release(store, found, rater, at)  # somebody else was faster
    return None


def release(store: Store, subject: str, rater: str, at: int) -> int:
    """Let go of an episode without a word about it; the lake's version."""
    return store.tell([Fact(subject, "review/claim", 0, author(rater), at=at)], at=at, author=author(rater))


def _golden(cases: dict[str, Case], me: str, how: Reviewing) -> str | None:
    """A gold episode, where the seed says that one is due at this point of the rater's work."""
    done = sum(one.rater == me for case in cases.values() for one in (*case.ratings, *case.earlier))
    if chance(how.seed, "gold", me, str(done)) >= how.gold:
        return None
    mine = [c.subject for c in cases.values() if c.gold and me not in {r.rater for r in (*c.ratings, *c.earlier)}]
    return min(mine, key=lambda subject: chance(how.seed, me, subject), default=None)


def _first(store: Store, now: Board, me: str, how: Reviewing, skip: str) -> str | None:
    cases, at = now.cases, now.at
    open_ = [case for case in cases.values() if case.state == "todo" and not case.gold and case.subject != skip]
    free = [case for case in open_ if _free(case, me, how, at)]
    for ready in (
        [case for case in free if case.objection and not case.ratings],
        [case for case in free if case.ratings],
    ):
        for case in sorted(ready, key=lambda one: one.at):
            if store.episode(case.subject).origin.operator != me:
                return case.subject
    known = {case.subject for case in cases.values()} - {case.subject for case in free}
    for subject, verdict in _candidates(store, me):
        if subject not in known and subject != skip and (verdict != "accept" or how.audited(subject)):
            return subject
    return None


def _free(case: Case, me: str, how: Reviewing, at: int) -> bool:
    """Whether one more rater is wanted, and it may be this one."""
    seen = any(one.rater == me for one in case.ratings)
    returned_it = bool(case.objection) and any(one.rater == me for one in case.earlier)
    others = [one for one in case.holders(at) if one != me]
    return not seen and not returned_it and len(others) < case.wanted(how)


def _candidates(store: Store, me: str) -> Iterator[tuple[str, str]]:
    """Episodes that were never decided, as (id, gate's verdict), a page at a time in the order of the queue."""
    page = 0
    while True:
        rows = store.sql(
            """SELECT id, coalesce(verdict, '') AS verdict FROM episodes
            WHERE operator IS DISTINCT FROM ?
              AND id NOT IN (SELECT subject FROM facts WHERE key = 'review/state' GROUP BY 1
                             HAVING arg_max(value, (added, pos)) IN ('accepted', 'returned'))
            ORDER BY list_position(['review', 'quarantine', '', 'accept'], coalesce(verdict, '')), added, pos
            LIMIT ? OFFSET ?""",
            params=[me, _PAGE, page * _PAGE],
        )
        yield from zip(rows["id"].to_pylist(), rows["verdict"].to_pylist(), strict=True)
        if len(rows) < _PAGE:
            return
        page += 1
