"""Where every episode stands in review, derived from facts: nothing else remembers it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .reasons import Reviewing, person

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["STATES", "Board", "Case", "Rating", "board", "history"]

STATES = ("todo", "in_review", "accepted", "returned")


@dataclass(frozen=True, slots=True)
class Rating:
    """What one person said of an episode: ``accept`` or ``reject``, why, in how many seconds, and when."""

    rater: str
    verdict: str
    reason: str = ""
    seconds: float = 0.0
    at: int = 0


@dataclass(slots=True)
class Case:
    """One episode's review: ``ratings`` of the round under way, ``earlier`` ones, and claims by rater (until, ns).

    ``objection`` is what the collector said to the last return, ``reason`` why it was returned, ``by`` who decided.
    """

    subject: str
    state: str = "todo"
    ratings: list[Rating] = field(default_factory=list)
    earlier: list[Rating] = field(default_factory=list)
    claims: dict[str, int] = field(default_factory=dict)
    objection: str = ""
    reason: str = ""
    by: str = ""
    gold: str = ""
    at: int = 0

    def holders(self, at: int) -> list[str]:
        """Who holds it now, the first claim first."""
        return [rater for rater, until in self.claims.items() if until > at]

    def wanted(self, how: Reviewing) -> int:
        """How many ratings are still wanted: two that differ want a third."""
        need = how.raters(self.subject)
        if need == 2 and len(self.ratings) == 2 and self.ratings[0].verdict != self.ratings[1].verdict:
            need = 3
        return max(0, need - len(self.ratings))

    def verdict(self) -> str:
        """What most raters of this round say."""
        return Counter(one.verdict for one in self.ratings).most_common(1)[0][0] if self.ratings else ""


@dataclass(frozen=True, slots=True)
class Board:
    """All cases that anybody has touched, and how many episodes the lake holds."""

    cases: dict[str, Case]
    episodes: int
    at: int

    def counts(self) -> dict[str, int]:
        """Episodes by state; gold ones, whose answer is known, are left out."""
        found = Counter(self.state(case) for case in self.cases.values() if not case.gold)
        golden = sum(bool(case.gold) for case in self.cases.values())
        found["todo"] = self.episodes - golden - sum(found[state] for state in STATES[1:])
        return {state: found[state] for state in STATES}

    def state(self, case: Case) -> str:
        """A case's state at the time of the board: a claim that ran out does not count."""
        if case.state in ("accepted", "returned"):
            return case.state
        return "in_review" if case.ratings or case.holders(self.at) else "todo"


def board(store: Store, at: int, version: int | None = None) -> Board:
    """Where everything stands at a time, ns since 1970."""
    n = store.sql("SELECT count(*) AS n FROM episodes", version=version)["n"][0].as_py()
    return Board(history(store, version=version), int(n), at)


def history(store: Store, subjects: Iterable[str] | None = None, version: int | None = None) -> dict[str, Case]:
    """Cases of these episodes, of all that have one where none are named, in the order in which things were said."""
    told = store.facts(subject=None if subjects is None else list(subjects), key="review/*", version=version)
    cases: dict[str, Case] = {}
    notes: dict[tuple[str, str], dict[str, Any]] = {}
    for subject, key, value, by, at in zip(told.subject, told.key, told.value, told.by, told.at, strict=True):
        case = cases.setdefault(subject, Case(subject))
        _heard(case, (key, value, person(by), at), notes.setdefault((subject, by), {}))
    return cases


def _heard(case: Case, said: tuple[str, Any, str, int], note: dict[str, Any]) -> None:
    """Let one fact change a case. ``note`` keeps what a rater says beside a rating, which comes before it."""
    key, value, who, at = said
    what = key.removeprefix("review/")
    if what == "claim":
        case.claims.pop(who, None)  # a claim that is made again goes to the end of the line
        if value:
            case.claims[who] = int(value)
    elif what in ("reason", "seconds"):
        note[what] = value
    elif what == "rating":
        case.claims.pop(who, None)
        case.ratings = [one for one in case.ratings if one.rater != who]
        if value in ("accept", "reject"):
            case.ratings.append(Rating(who, value, note.get("reason", ""), note.get("seconds", 0.0), at))
        note.clear()
    elif what == "state":
        _moved(case, value, who, at)
    elif what == "objection":
        case.objection = value
    elif what == "gold":
        case.gold = value


def _moved(case: Case, state: str, who: str, at: int) -> None:
    """A decision ends a round; ``todo`` opens the next one; ``undone`` takes the decision back within the round."""
    case.at = at
    if state == "undone":
        case.state, case.by, case.reason = "todo", "", ""
    elif state == "todo":
        case.state = "todo"
        case.earlier += case.ratings
        case.ratings = []
    else:
        case.state, case.by = state, who
        case.reason = next((r.reason for r in reversed(case.ratings) if r.verdict == "reject"), "")
