"""``volant review``: what people say of episodes, and how well they agree."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from ._options import as_json, now, opened, with_lake
from ._say import document, note, table

if TYPE_CHECKING:
    from volant.api import Lake
    from volant.review import Reviewing


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who asks, when, of a queue that is run how."""

    memory: Lake
    who: str
    how: Reviewing
    at: int
    given: dict[str, Any]

    @property
    def subject(self) -> str:
        """The full id of the episode that was named."""
        return self.memory.find(str(self.given["id"] or ""))


@click.command("review")
@click.argument("id", required=False)
@click.option("--next", "what", flag_value="next", help="Claim the next episode of the queue.")
@click.option("--decide", "what", flag_value="decide", help="Say of episode ID: --accept, or --reject --reason WHY.")
@click.option("--undo", "what", flag_value="undo", help="Take your last word on episode ID back.")
@click.option("--object", "what", flag_value="object", help="Object to the return of episode ID, by --reason.")
@click.option("--gold", "what", flag_value="gold", help="Make episode ID gold: right is --accept or --reject.")
@click.option("--agreement", "what", flag_value="agreement", help="Kappa, gold and pace of the raters.")
@click.option("--rates", "what", flag_value="rates", help="Acceptance rates by stage, defined, with intervals.")
@click.option(
    "--plan", "what", flag_value="plan", help="A sampling plan for --aql and --ltpd, and its operating curve."
)
@click.option("--by", "who", default="", help="Your name (default: that of the account).")
@click.option("--accept/--reject", "accept", default=None, help="Whether the recording is good.")
@click.option("--reason", default="", help="Why: one of the list (see docs/review.md), or words.")
@click.option(
    "--outcome", default="", help="How the task ended: success, partial, failure, recovered, aborted, invalid."
)
@click.option("--cause", default="", help="Why it failed, in a word.")
@click.option("--span", type=float, nargs=2, help="From and to second of the failing span.")
@click.option("--seconds", type=click.FloatRange(min=0), default=0.0, help="How long you looked.")
@click.option("--aql", type=float, default=0.01, help="Share of bad ones that should pass (default: 0.01).")
@click.option("--ltpd", type=float, default=0.06, help="Share of bad ones that should not (default: 0.06).")
@click.option("--producer", type=float, default=0.05, help="Risk that a good lot is refused (default: 0.05).")
@click.option("--consumer", type=float, default=0.10, help="Risk that a bad lot passes (default: 0.10).")
@click.option("--lot", type=click.IntRange(min=0), default=0, help="Episodes in the lot (default: very many).")
@click.option("--seed", type=int, default=0, help="Seed of the queue's choices (default: 0).")
@click.option("--double", type=click.FloatRange(0, 1), default=0.1, help="Share that two people rate (default: 0.1).")
@click.option(
    "--audit", type=click.FloatRange(0, 1), default=1.0, help="Share of accepted ones looked at (default: 1)."
)
@with_lake
@as_json
def command(*, what: str | None, lake: str | None, json: bool, who: str, **given: Any) -> int:
    """Look at episodes: who gets which next, what is decided, how well people agree, how many need looking at.

    Without an option: how many episodes are to do, in review, accepted and returned.
    """
    if what == "plan":
        return _plan(given, json=json)
    from volant.review import Reviewing

    how = Reviewing(given["seed"], double=given["double"], audit=given["audit"])
    with opened(lake) as memory:
        asked = _Asked(memory, who or getpass.getuser(), how, now(), given)
        answer = _ANSWERS[what or "counts"](asked)
    if json:
        document(answer)
    elif "estimates" in answer:
        table([_figure(one) for one in answer["estimates"]])
        if not answer["estimates"]:
            note("Nothing has been counted yet.")
    else:
        table([answer])
    return 0 if answer.get("id", True) is not None else 1


def _counts(asked: _Asked) -> dict[str, Any]:
    from volant import review

    return dict(review.board(asked.memory.store, asked.at).counts())


def _next(asked: _Asked) -> dict[str, Any]:
    from volant import review

    got = review.take(asked.memory.store, asked.who, asked.how, asked.at)
    if got is None:
        note("Nothing is left to review for you.")
        return {"id": None}
    return {
        "id": got.subject,
        "until": got.until,
        "waiting": got.waiting,
        "reason": got.reason,
        "objection": got.objection,
    }


def _decide(asked: _Asked) -> dict[str, Any]:
    from volant import review
    from volant.core import Span

    given, store, subject = asked.given, asked.memory.store, asked.subject
    span = None
    if given["span"]:
        zero = store.episode(subject).span.start
        span = Span(*(zero + int(second * 1e9) for second in given["span"]))
    said = review.Decision(
        _said(given["accept"]), given["reason"], given["outcome"], given["cause"], span, given["seconds"]
    )
    case = review.decide(store, subject, asked.who, said, how=asked.how, at=asked.at)
    return {"id": subject, "state": case.state, "ratings": len(case.ratings), "wanted": case.wanted(asked.how)}


def _undo(asked: _Asked) -> dict[str, Any]:
    from volant import review

    case = review.undo(asked.memory.store, asked.subject, asked.who, how=asked.how, at=asked.at)
    return {"id": case.subject, "state": case.state}


def _object(asked: _Asked) -> dict[str, Any]:
    from volant import review

    case = review.objection(asked.memory.store, asked.subject, asked.who, asked.given["reason"], at=asked.at)
    return {"id": case.subject, "state": case.state, "objection": case.objection}


def _gold(asked: _Asked) -> dict[str, Any]:
    from volant import review

    word = "accept" if _said(asked.given["accept"]) else "reject"
    subject = asked.subject
    review.gold(asked.memory.store, subject, asked.who, word, at=asked.at)
    return {"id": subject, "gold": word}


def _agreement(asked: _Asked) -> dict[str, Any]:
    from volant import review

    found = review.agreement(review.board(asked.memory.store, asked.at))
    return {"estimates": [*found.kappa, *found.raw, *found.gold, *found.pace]}


def _rates(asked: _Asked) -> dict[str, Any]:
    from volant import review

    return {"estimates": list(review.acceptance(asked.memory.store, at=asked.at))}


_ANSWERS = {"counts": _counts, "next": _next, "decide": _decide, "undo": _undo, "object": _object, "gold": _gold,
            "agreement": _agreement, "rates": _rates}  # fmt: skip


def _said(accept: bool | None) -> bool:
    if accept is None:
        raise click.UsageError("Say --accept or --reject.")
    return accept


def _figure(one: Any) -> dict[str, object]:
    return {"figure": one.name, "of": one.group, "value": one.value, "low": one.low, "high": one.high, "n": one.n,
            "method": one.method}  # fmt: skip


def _plan(given: dict[str, Any], *, json: bool) -> int:
    """Print a plan and its curve; no lake is needed."""
    import numpy as np

    from volant.statistics.sampling import find_plan, passing

    risks = {name: given[name] for name in ("producer", "consumer", "lot")}
    plan = find_plan(given["aql"], given["ltpd"], **risks)
    bad = np.unique(np.append(np.linspace(0, min(1.0, 2 * plan.ltpd), 11), [plan.aql, plan.ltpd]))
    curve = [{"bad": p, "passes": q} for p, q in zip(bad, passing(plan.n, plan.c, bad, plan.lot), strict=True)]
    if json:
        document({"plan": plan, "curve": curve})
        return 0
    of = f"of {plan.lot} " if plan.lot else ""
    click.echo(f"Look at {plan.n} episodes {of}and let the lot pass where at most {plan.c} come back.")
    click.echo(f"A lot with {plan.aql:.2%} bad is refused with {plan.producer:.2%} (producer's risk),")
    click.echo(f"one with {plan.ltpd:.2%} bad passes with {plan.consumer:.2%} (consumer's risk).")
    table([{"bad": float(row["bad"]), "passes": float(row["passes"])} for row in curve])
    return 0
