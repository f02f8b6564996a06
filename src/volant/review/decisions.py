"""What people say of episodes: decisions, taking them back, objections, and gold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core import OUTCOMES, Fact, Span
from ..core.errors import BadValue, NotFound, Refused, suggest
from .board import Case, Rating, history
from .reasons import REASONS, Reviewing, author, person

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["Decision", "decide", "gold", "objection", "undo"]

_WORDS = 2000


@dataclass(frozen=True, slots=True)
class Decision:
    """One rater's word: whether the *recording* is good, and how the *task* in it ended; two different things.

    ``reason`` is a key of ``REASONS`` or words, and must be given to reject. ``outcome`` is one of ``core.OUTCOMES`` or
    empty, ``cause`` why the task failed, over ``span`` (ns on the episode's clock). ``seconds`` is how long it took.
    """

    accept: bool
    reason: str = ""
    outcome: str = ""
    cause: str = ""
    span: Span | None = None
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if not self.accept and not self.reason.strip():
            raise BadValue(
                "Nobody learns from a return without a reason.", do=f"Give one of {', '.join(REASONS)}, or words."
            )
        if self.outcome and self.outcome not in OUTCOMES:
            raise BadValue(f"No outcome is called {self.outcome!r}.", instead=suggest(self.outcome, OUTCOMES))
        if max(len(self.reason), len(self.cause)) > _WORDS:
            raise BadValue(f"A reason has at most {_WORDS} letters.")
        if not 0 <= self.seconds < float("inf"):
            raise BadValue(f"A decision cannot take {self.seconds:g} s.")


def decide(store: Store, subject: str, rater: str, said: Decision, *, how: Reviewing, at: int) -> Case:
    """Write down what a rater says; the case after it.

    One rating decides, or two that agree where the episode is rated double, or the majority of three. Then its
    ``verdict`` becomes accept or quarantine by this person, which counts more than the gate's. A rating of a gold
    episode decides nothing. Raises ``Refused`` where somebody else holds it, it is decided, or it is the rater's own.
    """
    by, me = author(rater), person(author(rater))
    case = _open(store, subject, me, how, at)
    word = "accept" if said.accept else "reject"
    facts = [Fact(subject, "review/reason", said.reason.strip(), by, at=at)] if said.reason.strip() else []
    facts.append(Fact(subject, "review/seconds", float(said.seconds), by, at=at))
    facts.append(Fact(subject, "review/rating", word, by, at=at))
    if not case.gold:
        if said.outcome:
            facts.append(Fact(subject, "outcome", said.outcome, by, at=at))
        if said.cause.strip():
            facts.append(Fact(subject, "error_cause", said.cause.strip(), by, said.span, at=at))
        case.ratings.append(Rating(me, word, said.reason, said.seconds, at))
        if case.wanted(how) == 0:
            good = case.verdict() == "accept"
            facts.append(Fact(subject, "review/state", "accepted" if good else "returned", by, at=at))
            facts.append(Fact(subject, "verdict", "accept" if good else "quarantine", by, at=at))
    store.tell(facts, at=at, author=by)
    return history(store, [subject])[subject]


def undo(store: Store, subject: str, rater: str, *, how: Reviewing, at: int) -> Case:
    """Take one's own last rating back and hold the episode again; the verdict becomes what it was before.

    Raises ``Refused`` where somebody has built on it: rated after it, objected, or decided otherwise.
    """
    by, me = author(rater), person(author(rater))
    case = history(store, [subject]).get(subject)
    if case is None or not case.ratings or case.ratings[-1].rater != me:
        raise Refused(f"There is nothing of yours to take back of {subject[:12]}.", do="Ask a curator to look again.")
    facts = [Fact(subject, "review/rating", "undone", by, at=at)]
    if case.state in ("accepted", "returned"):
        facts.append(Fact(subject, "review/state", "undone", by, at=at))
        facts.append(Fact(subject, "verdict", _before(store, subject), by, at=at))
    facts.append(Fact(subject, "review/claim", how.until(at), by, at=at))
    store.tell(facts, at=at, author=by)
    return history(store, [subject])[subject]


def objection(store: Store, subject: str, who: str, words: str, *, at: int) -> Case:
    """A collector does not agree with a return: the episode goes back into the queue, to somebody else.

    Raises ``Refused`` where it was not returned, or the objection to this return was heard before.
    """
    by = author(who)
    case = history(store, [subject]).get(subject) if _known(store, subject) else None
    if case is None or case.state != "returned":
        raise Refused(f"{subject[:12]} was not returned.", do="Only a return can be objected to.")
    if not words.strip() or len(words) > _WORDS:
        raise BadValue("An objection needs words.", do=f"Say in at most {_WORDS} letters what was overlooked.")
    if case.earlier and case.objection:
        raise Refused("A second person has looked at it after your objection.", do="Talk to a curator.")
    facts = [
        Fact(subject, "review/objection", words.strip(), by, at=at),
        Fact(subject, "review/state", "todo", by, at=at),
    ]
    store.tell(facts, at=at, author=by)
    return history(store, [subject])[subject]


def gold(store: Store, subject: str, who: str, verdict: str, *, at: int) -> int:
    """Make an episode gold: its right answer (accept or reject) is known, and raters are measured by it.

    An empty ``verdict`` ends that. The lake's version.
    """
    _known(store, subject)
    if verdict not in ("accept", "reject", ""):
        raise BadValue(f"A gold episode is not {verdict!r}.", instead="Known: accept, reject.")
    return store.tell([Fact(subject, "review/gold", verdict, author(who), at=at)], at=at, author=author(who))


def _open(store: Store, subject: str, me: str, how: Reviewing, at: int) -> Case:
    """The case, if this rater may rate it now."""
    _known(store, subject)
    case = history(store, [subject]).get(subject) or Case(subject)
    if any(one.rater == me for one in (*case.ratings, *(case.earlier if case.objection else ()))):
        raise Refused(f"You have rated {subject[:12]} already.", do="Take it back with undo, or leave it to others.")
    if case.gold:
        return case
    if case.state != "todo":
        raise Refused(f"{case.by} has {case.state} {subject[:12]} already.", do="A return can be objected to.")
    if store.episode(subject).origin.operator == me:
        raise Refused("Nobody reviews what they recorded.", do="Leave it to others.")
    ahead = [one for one in case.holders(at) if one != me][: case.wanted(how)]
    if me not in case.holders(at)[: case.wanted(how)] and len(ahead) >= case.wanted(how):
        raise Refused(f"{ahead[0]} is looking at {subject[:12]}.", do="Ask for the next one.")
    return case


def _known(store: Store, subject: str) -> bool:
    if not store.known([subject]):
        raise NotFound(f"The lake holds no episode {subject!r:.80}.", do="`volant episodes` lists what it holds.")
    return True


def _before(store: Store, subject: str) -> str:
    """The last verdict that no person gave."""
    told = store.facts(subject=subject, key="verdict")
    gate = [str(value) for value, by in zip(told.value, told.by, strict=True) if not person(by)]
    return gate[-1] if gate else "review"
