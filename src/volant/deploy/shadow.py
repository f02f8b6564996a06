"""A candidate in the shadow: it sees what the fleet saw, decides, and moves nothing.

Two questions are asked of what it would have done. How far is that from what was done, before trouble and elsewhere,
and is it nearer to what people did when they corrected? And: what usually came of acting so in such a place? The
nearest decisions of other operations answer, each with the outcome of its operation. That answer is cautious: what a
candidate does later, in places that nobody saw, is not in the record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core import CONTROL, Bools, Estimate, Floats, Policy, Take
from ..core.errors import BadValue
from ..statistics.intervals import clopper_pearson
from ..statistics.rates import student
from .gates.novelty import flat
from .moments import moments
from .spans import CONTEXT

__all__ = ["Shadowed", "Step", "shadow"]

_POLICY, _PERSON = CONTROL.index("policy"), CONTROL.index("person")
_NEAR = 30
_MEMORY = 8000
_LOOKS = 20


@dataclass(frozen=True, slots=True)
class Step:
    """One operation in the shadow: how it ended (alone: without help), what was expected of what was done and of what
    the candidate would have done (shares of success), and how far the two lie apart (spreads of the actions)."""

    alone: bool
    done: float
    shadow: float
    apart: float

    @property
    def flips(self) -> bool:
        """Whether the candidate is expected to turn the outcome over."""
        return (self.shadow >= 0.5) != self.alone


@dataclass(frozen=True, eq=False)
class Shadowed:
    """What a candidate would have changed: figures, and a row for each operation in order."""

    policy: str
    figures: tuple[Estimate, ...]
    rows: tuple[Step, ...]

    def figure(self, name: str) -> Estimate:
        """The figure of that name."""
        return next(one for one in self.figures if one.name == name)


def shadow(candidate: Policy, takes: Sequence[Take], *, seed: int = 0) -> Shadowed:
    """Let a candidate decide on everything that these takes saw. Its decisions are compared and thrown away.

    Takes must be of one task; at least ten, some of which succeeded. Success means alone: where a person had to
    help, the policy that was at work did not succeed.
    """
    lived = [take for take in takes if len(take)]
    missing = {s.name for s in candidate.observations} - set(lived[0].obs if lived else ())
    if len(lived) < 10 or missing:
        what = f"the recordings lack {', '.join(sorted(missing))}" if missing and lived else f"{len(lived)} are too few"
        raise BadValue(f"The candidate {candidate.name} cannot be shown these operations: {what}.")
    wanted = _decided(candidate, lived)
    spread = np.maximum(np.concatenate([take.actions for take in lived]).std(axis=0), 1e-9)
    apart = [np.sqrt((((b - take.actions) / spread) ** 2).mean(axis=1)) for take, b in zip(lived, wanted, strict=True)]
    alone = np.array([take.outcome == "success" and not (take.control == _PERSON).any() for take in lived])
    done, cast = _expected(lived, wanted, spread, seed)
    risk = _curve(done, alone)
    rows = tuple(
        Step(bool(a), float(x), float(y), float(g.mean()))
        for a, x, y, g in zip(alone, risk(done), risk(cast), apart, strict=True)
    )
    return Shadowed(candidate.hash, (*_apart(lived, apart, alone), *_corrected(lived, wanted), *_flips(rows)), rows)


def _decided(candidate: Policy, takes: Sequence[Take]) -> list[Floats]:
    """What the candidate would have done at every step ``[T, a]``."""
    n = len(takes)
    controller = candidate.controller(n)
    seeds = np.array([take.job.seed for take in takes])
    controller.start(np.arange(n), [take.job.environment for take in takes], seeds)
    rows = [controller.act(moment).actions.copy() for moment, _ in moments(takes)]
    table = np.array(rows)
    return [table[: len(take), lane] for lane, take in enumerate(takes)]


def _expected(takes: Sequence[Take], wanted: Sequence[Floats], spread: Floats, seed: int) -> tuple[Floats, Floats]:
    """For each take: share of success among the nearest decisions of others, for what was done and was wanted.

    A decision is where the robot was and what was done there, in spreads; a person's counts by how the operation
    ended, the policy's by whether it succeeded alone. Twenty moments of the first part of each take are looked up.
    """
    from scipy.spatial import cKDTree

    places = [flat(take.obs) for take in takes]
    whole = np.concatenate(places)
    scale = np.where(whole.std(axis=0) > 1e-9, 1 / np.maximum(whole.std(axis=0), 1e-9), 0.0)
    scale = scale / np.sqrt(max(1, (scale > 0).sum()))
    size = spread * np.sqrt(len(spread))
    decisions = np.concatenate((whole * scale, np.concatenate([take.actions / size for take in takes])), axis=1)
    owner = np.repeat(np.arange(len(takes)), [len(take) for take in takes])
    good = np.concatenate([_worth(take) for take in takes])
    keep = np.random.default_rng(seed).permutation(len(whole))[:_MEMORY]
    tree, owner, good = cKDTree(decisions[keep]), owner[keep], good[keep]
    usual = np.median([len(take) for take in takes if take.outcome == "success"] or [len(take) for take in takes])
    found = np.full((2, len(takes)), float(good.mean()))
    for i, take in enumerate(takes):
        own = np.flatnonzero(take.control[: int(usual)] == _POLICY)
        if not len(own):
            continue
        looks = own[np.unique(np.linspace(0, len(own) - 1, _LOOKS).astype(np.int64))]
        for side, actions in enumerate((take.actions, wanted[i])):
            query = np.concatenate((places[i][looks] * scale, actions[looks] / size), axis=1)
            _, near = tree.query(query, k=min(2 * _NEAR, len(keep)))
            others = owner[near] != i
            others &= np.cumsum(others, axis=1) <= _NEAR
            found[side, i] = float((good[near] & others).sum() / max(1, others.sum()))
    return found[0], found[1]


def _worth(take: Take) -> Bools:
    helped = bool((take.control == _PERSON).any())
    success = take.outcome == "success"
    return np.where(take.control == _PERSON, success, success and not helped)


class _Curve:
    """Expected share of success of what the neighbours say: a rising step function."""

    def __init__(self, levels: Floats, shares: Floats) -> None:
        self.levels, self.shares = levels, shares

    def __call__(self, said: Floats) -> Floats:
        return np.interp(said, self.levels, self.shares)


def _curve(said: Floats, came: Bools) -> _Curve:
    from scipy.optimize import isotonic_regression

    order = np.argsort(said, kind="stable")
    shares = np.asarray(isotonic_regression(came[order].astype(np.float64)).x, np.float64)
    return _Curve(said[order], shares)


def _apart(takes: Sequence[Take], apart: Sequence[Floats], alone: Bools) -> list[Estimate]:
    """How far the candidate lies from what was done: when all went well, and just before trouble."""
    well = np.array([float(column.mean()) for column, good in zip(apart, alone, strict=True) if good])
    trouble = []
    for take, column, good in zip(takes, apart, alone, strict=True):
        if not good:
            by_hand = np.flatnonzero(take.control == _PERSON)
            stop = int(by_hand[0]) if len(by_hand) else len(take)
            if stop:
                trouble.append(float(column[max(0, stop - CONTEXT) : stop].mean()))
    made = []
    for name, values in (("apart when well", well), ("apart before trouble", np.array(trouble))):
        if len(values):
            low, high = student(values) if len(values) > 1 else (None, None)
            made.append(Estimate(name, float(values.mean()), "spreads", len(values), low, high, method="95 % Student"))
    return made


def _corrected(takes: Sequence[Take], wanted: Sequence[Floats]) -> list[Estimate]:
    """In how many corrections the candidate would have been nearer to the person than the policy at work was."""
    nearer = []
    for take, actions in zip(takes, wanted, strict=True):
        by_hand = take.control == _PERSON
        if by_hand.any() and "gap" in take.marks:
            gap = np.sqrt(((actions[by_hand] - take.actions[by_hand]) ** 2).mean(axis=1))
            nearer.append(bool(gap.mean() < take.marks["gap"][by_hand].mean()))
    if not nearer:
        return []
    hits, n = sum(nearer), len(nearer)
    low, high = clopper_pearson(hits, n)
    return [
        Estimate("nearer to the person", hits / n, "share of corrected operations", n, low, high, method="95 % exact")
    ]


def _flips(rows: Sequence[Step]) -> list[Estimate]:
    """Expected success of both, and how many operations the candidate is expected to turn over, each way."""
    n = len(rows)
    done, cast = (float(np.mean([getattr(row, name) for row in rows])) for name in ("done", "shadow"))
    method = f"outcomes of the {_NEAR} nearest decisions of other operations; not a trial"
    made = [
        Estimate("expected success of what was done", done, "share of operations", n, method=method),
        Estimate("expected success in the shadow", cast, "share of operations", n, method=method),
    ]
    for name, alone in (("predicted cures", False), ("predicted breaks", True)):
        some = [row for row in rows if row.alone == alone]
        hits = sum(row.flips for row in some)
        low, high = clopper_pearson(hits, len(some))
        share = hits / len(some) if some else float("nan")
        of = "failures" if not alone else "successes"
        made.append(Estimate(name, share, f"share of {of}", len(some), low, high, method=method))
    return made
