"""The gate: recordings in, facts and verdicts out, live and in bulk by the same functions."""

from .add import Added, Checked, Seen, add, admit, check
from .discover import Discovery, Found, bids, discover
from .gate import Gate
from .judge import Finding, Judgement, compare, judge, verdict_facts
from .policy import DEFAULT, LIVED, Policy, Rule, load, parse
from .regate import Flip, Regated, regate
from .screening import Adding, Portion, Progress, Refusal, Screener, batches, fingerprint

__all__ = [
    "DEFAULT",
    "LIVED",
    "Added",
    "Adding",
    "Portion",
    "Checked",
    "Discovery",
    "Finding",
    "Flip",
    "Found",
    "Gate",
    "Judgement",
    "Policy",
    "Progress",
    "Refusal",
    "Regated",
    "Rule",
    "Screener",
    "Seen",
    "add",
    "admit",
    "batches",
    "bids",
    "check",
    "compare",
    "discover",
    "fingerprint",
    "judge",
    "load",
    "parse",
    "regate",
    "verdict_facts",
]
