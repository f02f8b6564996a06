"""One contestant against another on the same environments: what differs, how surely, and since when."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..core import Bools, Estimate, Floats
from ..statistics.anytime import bounded_mean, p_values, paired_wealth
from ..statistics.paired import mcnemar, paired_difference, sign_flip
from ..statistics.sizes import pairs
from .settings import Evaluating
from .trials import Trials

__all__ = ["Versus", "differences", "evidence", "versus"]


@dataclass(frozen=True, slots=True)
class Versus:
    """The A/B of a policy and its rival: ``wins`` are pairs in which only the policy succeeded.

    ``p`` is two-sided for looking once at the planned number of pairs (McNemar, or sign-flip where decided by
    progress; ``None`` where one may have stopped early), ``p_anytime`` for looking after each. ``decided`` is
    ``better``, ``worse`` or empty; ``decided_at`` the pair after which the anytime-valid test was sure, 0 where it
    never was; ``by`` names the test that decided. ``needed`` is how many pairs would find a difference as large as
    the one seen, infinite where none was.
    """

    pairs: int
    wins: int
    losses: int
    figures: tuple[Estimate, ...]
    p: float | None
    p_anytime: float
    decided: str
    decided_at: int
    by: str
    needed: float


def differences(policy: Trials, rival: Trials, score: str) -> Floats:
    """Policy less rival for each pair, -1 to 1."""
    if score == "progress":
        return policy.progress - rival.progress
    return policy.success.astype(np.float64) - rival.success


def evidence(d: Floats) -> tuple[Floats, Floats]:
    """Log evidence after each pair that the policy is better, and that it is worse."""
    return paired_wealth(d), paired_wealth(-d)


def versus(policy: Trials, rival: Trials, how: Evaluating) -> Versus:
    """Compare two columns of trials pair by pair; the trials must be of the same environments."""
    n = len(policy)
    wins = int((policy.success & ~rival.success).sum())
    losses = int((rival.success & ~policy.success).sum())
    d = differences(policy, rival, how.score)
    better, worse = (p_values(one) for one in evidence(d))
    anytime = np.minimum(1.0, 2 * np.minimum(better, worse))
    sure = anytime <= how.alpha
    decided_at = int(sure.argmax()) + 1 if sure.any() else 0
    told: float | None = None
    if how.sequential:
        by = "betting on pairs, valid at every n"
        ahead = bool(better[decided_at - 1] <= worse[decided_at - 1])
        decided = "" if not decided_at else "better" if ahead else "worse"
    else:
        by = "McNemar, exact" if how.score == "success" else "sign-flip"
        told = mcnemar(wins, losses) if how.score == "success" else sign_flip(d, seed=how.seed)
        decided = "" if told > how.alpha else "better" if d.sum() > 0 else "worse"
    found = _figures(policy, rival, wins, losses, how)
    seen, discordant = (wins - losses) / n, (wins + losses) / n
    needed = pairs(seen, discordant, alpha=how.alpha) if seen else math.inf
    return Versus(n, wins, losses, found, told, float(anytime[-1]), decided, decided_at, by, needed)


def _figures(policy: Trials, rival: Trials, wins: int, losses: int, how: Evaluating) -> tuple[Estimate, ...]:
    n, percent = len(policy), f"{how.level:.0%}"
    value, low, high = paired_difference(wins, losses, n, how.level)
    made = [Estimate("difference", value, "share", n, low, high, method=f"{percent} Bonett-Price, paired")]
    for name, score in (("difference", "success"), ("progress_difference", "progress")):
        d = differences(policy, rival, score)
        low, high = (2 * end - 1 for end in bounded_mean((d + 1) / 2, how.level))
        made.append(Estimate(name, float(d.mean()), "share", n, low, high, method=f"{percent} by betting, at every n"))
    both: Bools = policy.success & rival.success
    if both.any():
        faster = policy.seconds[both] - rival.seconds[both]
        method = f"mean over pairs in which both succeed; sign-flip p {sign_flip(faster, seed=how.seed):.3g}"
        made.append(Estimate("time_difference", float(faster.mean()), "s", int(both.sum()), method=method))
    return tuple(made)
