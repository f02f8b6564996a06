"""Acceptance rates that may be compared: each with its definition, its n, its interval and its stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core import Estimate
from ..statistics.intervals import wilson
from .board import board

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["acceptance"]

_GATE = """SELECT count(*) AS n, count(*) FILTER (v = 'accept') AS k FROM (
    SELECT subject, arg_max(value, (added, pos)) AS v FROM facts
    WHERE key = 'verdict' AND starts_with("by", 'gate') GROUP BY 1)"""

_TAUGHT = """
    WITH told AS (SELECT subject, value, key, number, added, pos FROM facts
                  WHERE key IN ('taught', 'evaluation/success_low')),
         tried AS (SELECT subject AS policy, max(number) AS low FROM told WHERE key <> 'taught' GROUP BY 1),
         lessons AS (SELECT told.subject AS episode, max(low) AS low FROM told JOIN tried ON tried.policy = told.value
                     WHERE key = 'taught' GROUP BY 1)
    SELECT count(*) AS n, count(*) FILTER (low >= ?) AS k FROM lessons"""


def acceptance(store: Store, *, at: int, bar: float = 0.5, version: int | None = None) -> tuple[Estimate, ...]:
    """The share of episodes that passes each stage; a stage that nothing has reached is left out.

    *automatic*: the gate's last verdict is accept, of all it judged. *human*: people accepted it, of all they decided
    (not a share of the lake unless everything, or a sample drawn by chance, was looked at). *policy-validated*: it
    taught a policy that then succeeded in held-out environments with a lower 95 % bound of at least ``bar``, of all
    that taught a policy which was tried; episodes of one policy stand or fall together, so its interval is too narrow.
    """
    counts = board(store, at, version).counts()
    gate = store.sql(_GATE, version=version).to_pylist()[0]
    taught = store.sql(_TAUGHT, version=version, params=[bar]).to_pylist()[0]
    decided = counts["accepted"] + counts["returned"]
    stages = (
        ("automatic", gate["k"], gate["n"], "gate accepts / gate judged"),
        ("human", counts["accepted"], decided, "people accepted / people decided"),
        ("policy-validated", taught["k"], taught["n"],
         f"taught a policy with held-out success of {bar:.0%} or more / taught one that was tried"),
    )  # fmt: skip
    return tuple(
        Estimate("acceptance", k / n, "share", n, *wilson(k, n), method=f"{words}; 95 % Wilson", group=stage)
        for stage, k, n, words in stages
        if n
    )
