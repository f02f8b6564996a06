"""Judge the whole lake again under another policy, from facts; no sample is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import plug
from ..core import Verdict
from .judge import Finding, judge, verdict_facts
from .policy import Policy

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["Flip", "Regated", "regate"]


@dataclass(frozen=True, slots=True)
class Flip:
    """An episode whose verdict differs between two judgements, and the findings that make the difference."""

    subject: str
    before: str
    after: str
    why: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Regated:
    """What a policy decides of every episode, and what that changes."""

    policy: str
    counts: dict[str, int]
    flips: tuple[Flip, ...]
    version: int


def regate(store: Store, policy: Policy, *, at: int, other: Policy | None = None, dry: bool = False) -> Regated:
    """Verdicts of all episodes under ``policy``, beside their present ones or beside those of ``other``.

    Unless ``dry`` (or compared with ``other``), the new verdicts are told to the lake as facts; old ones remain.
    """
    checks = plug.checks()
    policy.validate(checks)
    subjects = store.ids()
    facts = store.facts(key=["check/*", "why/*"])
    judged = judge(facts, policy, checks, subjects)
    if other is None:
        table = store.facts(key="verdict")
        before = {subject: str(value) for subject, value in zip(table.subject, table.value, strict=True)}
        reasons = {}
    else:
        reasons = judge(facts, other.validate(checks), checks, subjects)
        before = {subject: judgement.verdict.value for subject, judgement in reasons.items()}
    flips = []
    for subject in subjects:
        was, judgement = before.get(subject, ""), judged[subject]
        if was != judgement.verdict.value:
            why = judgement.findings or (reasons[subject].findings if subject in reasons else ())
            flips.append(Flip(subject, was, judgement.verdict.value, why))
    if not dry and other is None:
        store.tell(verdict_facts(judged.values(), policy), at=at)
    known = [judged[subject].verdict.value for subject in subjects]
    counts = {verdict.value: known.count(verdict.value) for verdict in Verdict}
    return Regated(policy.author, counts, tuple(flips), store.version)
