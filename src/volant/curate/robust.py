"""Weights under which no group does much worse than it could alone: group DRO with proxies that are solved at once.

A proxy predicts the standardised action from what was sensed (scaled numbers within three spreads, and random cosines
of them) by ridge regression. For any weights the best proxy follows from sums that are taken once, so hundreds of
rounds cost a second. Weights rise by ``exp(rate * excess)``, where a group's excess is how much worse it does in the
mixture than the least that it reaches alone or in a plain mixture, on episodes that taught neither, and never below 0.
The answer is the mean over all rounds, as in Re-Mix (arXiv 2408.14037); there the reference is one model of everything.
Alone would not do as the reference: a narrow group is learnt by heart alone, and would draw all weight (LOG.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue, Refused

__all__ = ["Proxies", "Robust", "minimax", "proxies"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_FAR = 3.0
"""Spreads that numbers are held within: a linear proxy goes astray on what lies far outside."""
_BLOCK = 16_384
"""Samples whose features are made at once."""


@dataclass(frozen=True, slots=True)
class Robust:
    """How weights move: ``rate`` and ``smooth`` (towards where they began) each round, ``rounds`` of them.

    ``least`` is what every group keeps, ``cosines`` the random features, ``ridge`` the regression's penalty.
    """

    rate: float = 1.0
    smooth: float = 0.005
    rounds: int = 400
    least: float = 0.01
    cosines: int = 128
    ridge: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.rounds < 1 or not 0 < self.rate <= 10 or not 0 <= self.smooth < 1 or not 0 <= self.least < 0.5:
            raise BadValue(
                "Weights cannot be sought so.", do="Use rounds >= 1, rate 0 to 10, smooth and least below 1."
            )


@dataclass(frozen=True, eq=False)
class Proxies:
    """What proxies are solved from, for g groups, f features and a dimensions of action.

    ``gram`` ``[g, f, f]``, ``cross`` ``[g, f, a]`` are means over the samples that teach. ``held`` ``[n, f]``,
    ``wanted`` ``[n, a]`` are samples that only test, of the episodes ``of`` ``[n]``; ``group`` ``[e]`` is each of those
    episodes' group.
    """

    gram: Floats
    cross: Floats
    held: npt.NDArray[np.float32]
    wanted: npt.NDArray[np.float32]
    of: Ints
    group: Ints
    ridge: float

    def solved(self, shares: Floats) -> Floats:
        """The best proxy ``[f, a]`` for a mixture in these shares."""
        gram: Floats = np.tensordot(shares, self.gram, 1)
        gram[np.diag_indices(len(gram))] += self.ridge
        solution = np.linalg.solve(gram, np.tensordot(shares, self.cross, 1)).astype(np.float64)
        return np.asarray(solution)

    def losses(self, shares: Floats) -> Floats:
        """Mean squared error of each held-out episode ``[e]``, in variances of the action, under a mixture."""
        return self._scored(self.solved(shares))

    def _scored(self, proxy: Floats) -> Floats:
        wrong = ((self.held @ proxy.astype(np.float32) - self.wanted) ** 2).mean(axis=1, dtype=np.float64)
        many = np.bincount(self.of, minlength=len(self.group))
        made: Floats = np.bincount(self.of, wrong, minlength=len(self.group)) / many
        return made

    def means(self, losses: Floats) -> Floats:
        """Mean over the episodes of each group ``[g]``."""
        many = np.bincount(self.group, minlength=len(self.gram))
        made: Floats = np.bincount(self.group, losses, minlength=len(self.gram)) / many
        return made

    def least(self, *mixtures: Floats) -> Floats:
        """The least error each group reaches ``[g]`` by a proxy of its own, of equal shares or of these mixtures."""
        groups = len(self.gram)
        own = np.array([self.means(self.losses(row))[place] for place, row in enumerate(np.eye(groups))])
        plain = [self.means(self.losses(shares)) for shares in (np.full(groups, 1 / groups), *mixtures)]
        return np.asarray(np.minimum(own, np.min(plain, axis=0)))


def proxies(seen: Floats, done: Floats, episode: Ints, group: Ints, how: Robust | None = None) -> Proxies:
    """Lay samples out for proxies: ``seen`` ``[N, o]``, ``done`` ``[N, a]``, ``episode`` ``[N]``, ``group`` ``[E]``.

    A quarter of each group's episodes, drawn by the seed, at least one, teaches nothing and tests. Refused where a
    group has a single episode, for then it cannot be said how it fares.
    """
    how = how or Robust()
    many = np.bincount(group)
    if (many < 2).any():
        raise Refused(
            f"{int((many < 2).sum())} of {len(many)} groups hold a single episode, which cannot both teach and test.",
            do="Group by fewer columns, or leave those out.",
        )
    rng = np.random.default_rng(how.seed)
    tests = np.zeros(len(group), np.bool_)
    for one in range(len(many)):
        mine = np.flatnonzero(group == one)
        tests[rng.permutation(mine)[: max(1, len(mine) // 4)]] = True
    seen, done = _scaled(seen), _scaled(done)
    turned = rng.normal(size=(seen.shape[1], how.cosines)) / np.sqrt(max(1, seen.shape[1]))
    shift = rng.uniform(0, 2 * np.pi, how.cosines)
    width = 1 + seen.shape[1] + how.cosines
    gram, cross = np.zeros((len(many), width, width)), np.zeros((len(many), width, done.shape[1]))
    held, wanted, taught = [], [], np.zeros(len(many))
    for start in range(0, len(seen), _BLOCK):
        part = slice(start, start + _BLOCK)
        x = np.hstack([
            np.ones((len(seen[part]), 1)), seen[part], np.sqrt(2.0) * np.cos(seen[part] @ turned + shift),
        ])  # fmt: skip
        test = tests[episode[part]]
        held.append(x[test].astype(np.float32))
        wanted.append(done[part][test].astype(np.float32))
        for one in range(len(many)):
            mine = ~test & (group[episode[part]] == one)
            gram[one] += x[mine].T @ x[mine]
            cross[one] += x[mine].T @ done[part][mine]
            taught[one] += mine.sum()
    _, of = np.unique(episode[tests[episode]], return_inverse=True)
    kept = np.unique(episode[tests[episode]])
    gram, cross = gram / taught[:, None, None], cross / taught[:, None, None]
    return Proxies(gram, cross, np.concatenate(held), np.concatenate(wanted), of, group[kept], how.ridge)


def minimax(some: Proxies, start: Floats, how: Robust | None = None, *, natural: Floats | None = None) -> Floats:
    """Shares ``[g]`` that sum to one, from ``start``: the mean over rounds of weights that rise where the excess is.

    ``natural`` are the shares as they come, one more of the plain mixtures that excess is counted from.
    """
    how = how or Robust()
    groups = len(start)
    if how.least * groups > 1:
        raise BadValue(f"{groups} groups cannot each keep {how.least:g}.", do=f"Use at most {1 / groups:.2g}.")
    test = _moments(some)
    begin = np.asarray(start, np.float64) / np.sum(start)
    least = some.least(begin, *([] if natural is None else [natural]))
    now, total = begin.copy(), np.zeros(groups)
    for _ in range(how.rounds):
        proxy = some.solved(now)
        excess = np.maximum(_expected(test, proxy) - least, 0.0)
        now = now * np.exp(how.rate * (excess - excess.max()))
        now = (1 - how.smooth) * now / now.sum() + how.smooth * begin
        now = _floored(now, how.least)
        total += now
    return total / how.rounds


def _moments(some: Proxies) -> tuple[Floats, Floats, Floats]:
    """Sums from which the mean loss of each group's held-out episodes follows for any proxy."""
    many = np.bincount(some.of)
    weight = 1.0 / many[some.of] / np.bincount(some.group)[some.group[some.of]]
    gram, cross, square = [], [], []
    for one in range(len(some.gram)):
        mine = some.group[some.of] == one
        x, y, w = some.held[mine].astype(np.float64), some.wanted[mine].astype(np.float64), weight[mine]
        gram.append((x * w[:, None]).T @ x)
        cross.append((x * w[:, None]).T @ y)
        square.append(np.sum(w[:, None] * y**2))
    return np.array(gram), np.array(cross), np.array(square)


def _expected(test: tuple[Floats, Floats, Floats], proxy: Floats) -> Floats:
    """Mean squared error of each group ``[g]`` under a proxy."""
    gram, cross, square = test
    made: Floats = (((gram @ proxy - 2 * cross) * proxy).sum(axis=(1, 2)) + square) / proxy.shape[1]
    return made


def _floored(shares: Floats, least: float) -> Floats:
    """No share below ``least``; what that takes comes from the others in proportion."""
    low = np.zeros(len(shares), np.bool_)
    while (now := (shares < least) & ~low).any():
        low |= now
        rest = shares[~low].sum()
        shares = np.where(low, least, shares * (1 - least * low.sum()) / (rest or 1.0))
    return shares


def _scaled(values: Floats) -> Floats:
    """Columns around 0 with a spread of 1, held within three of them; those that never change are left out."""
    table = np.asarray(values, np.float64)
    spread = table.std(axis=0)
    alive = spread > 1e-9
    if not alive.any():
        raise Refused("Nothing that could be learnt from changes in these episodes.")
    return np.asarray(np.clip((table[:, alive] - table[:, alive].mean(axis=0)) / spread[alive], -_FAR, _FAR))
