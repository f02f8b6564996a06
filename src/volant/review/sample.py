"""A lot, a sample of it, and what the sample says: pass, refuse, or look at the rest of the sample first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core.errors import BadValue
from ..statistics.sampling import Plan
from .board import history
from .reasons import chance

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["Inspection", "inspect_lot"]


@dataclass(frozen=True, slots=True)
class Inspection:
    """How far a lot's inspection is: ``verdict`` is pass, refuse or open; ``left`` are the ids still to do."""

    verdict: str
    accepted: int
    returned: int
    left: tuple[str, ...]


def inspect_lot(store: Store, lot: Sequence[str], plan: Plan, seed: int = 0) -> Inspection:
    """Where a lot stands under a plan: its sample is drawn by the seed, whoever asks and in whatever order.

    It is refused as soon as more than ``c`` came back, and passes as soon as no more than ``c`` can.
    """
    if len(lot) < plan.n:
        raise BadValue(f"The lot has {len(lot)} episodes; the plan looks at {plan.n}.", do="Look at all of them.")
    sample = sorted(lot, key=lambda subject: chance(seed, "sample", subject))[: plan.n]
    cases = history(store, sample)
    states = {subject: cases[subject].state if subject in cases else "todo" for subject in sample}
    bad = sum(state == "returned" for state in states.values())
    good = sum(state == "accepted" for state in states.values())
    left = tuple(subject for subject in sample if states[subject] == "todo")
    verdict = "refuse" if bad > plan.c else "pass" if bad + len(left) <= plan.c else "open"
    return Inspection(verdict, good, bad, left)
