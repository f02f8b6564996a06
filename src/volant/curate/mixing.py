"""Mixtures: how much each group of episodes weighs in a batch, who wins by it and who loses.

Groups are weighted by ``n ** 0.43`` (n: seconds), which gives small ones more than they bring and large ones less, as
is told of the mixture behind pi0; by other weights that are given; or in shares of two parts, for sweeps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..core import Estimate, Selection
from ..core.errors import BadValue, NotFound, Refused, suggest
from .candidates import COLUMNS
from .robust import Proxies

if TYPE_CHECKING:
    from ..lake import Store

__all__ = [
    "POWER",
    "SHARES",
    "Groups",
    "Mixture",
    "Part",
    "Swept",
    "grouped",
    "halved",
    "mixed",
    "parts",
    "powered",
    "sweep",
]

POWER = 0.43
"""The exponent of n that is told of pi0's mixture (science.md; second-hand)."""

SHARES = (0.0, 0.125, 0.25, 0.5, 0.75, 0.875, 1.0)
"""The places of a sweep."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Groups:
    """Episodes in groups: ``ids`` ``[n]``, ``group`` ``[n]`` which of ``names``, ``seconds`` ``[n]`` times own weight.

    ``columns`` are what sweeps split by, ``own`` ``[n]`` the weight that an episode came with, ``version`` the lake's.
    """

    version: int
    ids: tuple[str, ...]
    names: tuple[str, ...]
    group: Ints
    own: Floats
    seconds: Floats
    columns: Mapping[str, npt.NDArray[np.object_]]

    @property
    def sizes(self) -> Floats:
        """Weighed seconds of each group."""
        return np.bincount(self.group, self.own * self.seconds, minlength=len(self.names)).astype(np.float64)

    @property
    def natural(self) -> Floats:
        """Each group's share as the episodes come."""
        shares: Floats = self.sizes / self.sizes.sum()
        return shares


@dataclass(frozen=True, slots=True)
class Part:
    """One group of a mixture: what it brings, its share of batches, and what that does to it.

    ``natural`` is its share as the episodes come, ``weight`` in the mixture. ``least`` is the
    least error that it reaches by a proxy on held-out episodes, alone or in a plain mixture, ``before`` and ``after``
    those of all as they come and as mixed,
    ``change`` after minus before with its interval over those episodes; all in variances of the action, ``None`` where
    no proxy was asked.
    """

    name: str
    episodes: int
    seconds: float
    natural: float
    weight: float
    least: float | None = None
    before: float | None = None
    after: float | None = None
    change: Estimate | None = None

    @property
    def loses(self) -> str:
        """In words whether the group pays for the others; empty where it does not."""
        if self.change is not None:
            sure = self.change.low is not None and self.change.low > 0
            return "worse than as it came" if sure else "perhaps worse" if self.change.value > 0 else ""
        return f"{self.weight / self.natural:.2f} of the share it brings" if self.weight < self.natural * 0.995 else ""


@dataclass(frozen=True, slots=True)
class Swept:
    """One place of a sweep: the ``share`` of the part that is swept, and what it does to the rest.

    ``loss`` is the proxy's error on held-out episodes of the rest, ``change`` how much more that is than without the
    part; both with intervals over those episodes.
    """

    share: float
    loss: Estimate
    change: Estimate


@dataclass(frozen=True, eq=False)
class Mixture:
    """A selection with weights, what its groups are, the sweep where one was asked, and what must be said of it."""

    selection: Selection
    parts: tuple[Part, ...]
    how: str
    swept: tuple[Swept, ...] = ()
    notes: tuple[str, ...] = ()


def grouped(store: Store, some: Mapping[str, Selection], by: Sequence[str] = ()) -> Groups:
    """The groups of selections: each of several is one, unless ``by`` names columns whose combinations are.

    Refused where an episode lies in two of them, for it would count twice, and where a group has no seconds.
    """
    for name in by:
        if name not in COLUMNS:
            raise BadValue(f"Groups cannot be made of {name!r}.", instead=suggest(name, COLUMNS))
    ids = tuple(one for selection in some.values() for one in selection.ids)
    if len(set(ids)) < len(ids):
        raise Refused(
            f"{len(ids) - len(set(ids))} episodes lie in two of the selections and would count twice.",
            do="Select so that they do not overlap.",
        )
    version = max(selection.version for selection in some.values())
    names = ", ".join(f"coalesce({name}, '') AS {name}" for name in COLUMNS)
    table = store.sql(f"SELECT id, coalesce(seconds, 0.0) AS seconds, {names} FROM episodes", version=version)
    order = {one: row for row, one in enumerate(table["id"].to_pylist())}
    missing = [one for one in ids if one not in order]
    if missing:
        raise NotFound(f"{len(missing)} episodes are not in this lake, such as {missing[0][:12]}.")
    rows = np.array([order[one] for one in ids], np.int64)
    columns = {name: np.array(table[name].to_pylist(), object)[rows] for name in COLUMNS}
    if by:
        words = np.array([" x ".join(part or "unnamed" for part in parts) for parts in zip(
            *(columns[name].tolist() for name in by), strict=True)])  # fmt: skip
    else:
        words = np.repeat(list(some), [len(selection) for selection in some.values()])
    found, group = np.unique(words, return_inverse=True)
    own = np.concatenate([np.array(one.weights or (1.0,) * len(one), np.float64) for one in some.values()])
    made = Groups(
        version, ids, tuple(found.tolist()), group.astype(np.int64), own,
        table["seconds"].to_numpy()[rows].astype(np.float64), columns,
    )  # fmt: skip
    for name, size in zip(made.names, made.sizes.tolist(), strict=True):
        if not size > 0:
            raise Refused(f"The group {name} has no seconds that weigh anything.", do="Leave it out.")
    return made


def powered(some: Groups, power: float = POWER) -> Floats:
    """Shares ``[g]`` by ``n ** power``: 1 is as they come, 0 all the same."""
    if not 0 <= power <= 2:
        raise BadValue(f"A power of {power:g} is no mixture.", do="Use 0 (all the same) to 1 (as they come).")
    grown = some.sizes**power
    shares: Floats = grown / grown.sum()
    return shares


def halved(some: Groups, axis: str, value: str) -> npt.NDArray[np.bool_]:
    """Which groups ``[g]`` are of the side of a sweep; refused where that is none, all, or where a group is of both."""
    if axis not in COLUMNS:
        raise BadValue(f"A sweep cannot go by {axis!r}.", instead=suggest(axis, COLUMNS))
    inside = np.asarray(some.columns[axis] == value)
    if not inside.any() or inside.all():
        known = sorted({word or "unnamed" for word in some.columns[axis].tolist()})
        raise Refused(
            f"{'All' if inside.any() else 'None'} of the {len(inside)} episodes have the {axis} {value!r}: "
            "there is nothing to sweep.",
            instead=f"Known: {', '.join(known[:8])}.",
        )
    many, all_ = np.bincount(some.group, inside), np.bincount(some.group)
    torn = np.flatnonzero((many > 0) & (many < all_))
    if len(torn):
        raise Refused(
            f"The group {some.names[torn[0]]} holds episodes of both sides of the sweep.", do=f"Add --by {axis}."
        )
    return np.asarray(many > 0)


def sweep(base: Floats, inside: npt.NDArray[np.bool_], proxies: Proxies) -> tuple[Swept, ...]:
    """The error on the rest for every share of the swept side; within a side groups keep those of ``base``."""
    tested = ~inside[proxies.group]
    made = []
    first: Floats | None = None
    for share in SHARES:
        loss = proxies.losses(shared(base, inside, share))[tested]
        first = loss if first is None else first
        made.append(Swept(share, _mean("error", loss), _mean("change", loss - first)))
    return tuple(made)


def shared(base: Floats, inside: npt.NDArray[np.bool_], share: float) -> Floats:
    """Shares ``[g]`` in which one side has ``share`` of all, each side's groups in the proportions of ``base``."""
    shares: Floats = np.where(inside, share * base / base[inside].sum(), (1 - share) * base / base[~inside].sum())
    return shares


def parts(some: Groups, shares: Floats, proxies: Proxies | None = None) -> tuple[Part, ...]:
    """What each group brings and gets, and where proxies are given what that does to it."""
    episodes = np.bincount(some.group, minlength=len(some.names))
    if proxies is None:
        return tuple(
            Part(name, n, size, was, now)
            for name, n, size, was, now in zip(
                some.names, episodes.tolist(), some.sizes.tolist(), some.natural.tolist(), shares.tolist(), strict=True
            )
        )
    before, after = proxies.losses(some.natural), proxies.losses(shares)
    least = proxies.least(some.natural, shares)
    made = []
    for one, name in enumerate(some.names):
        mine = proxies.group == one
        change = _mean("change", (after - before)[mine], name)
        made.append(Part(
            name, int(episodes[one]), float(some.sizes[one]), float(some.natural[one]), float(shares[one]),
            float(least[one]), float(before[mine].mean()), float(after[mine].mean()), change,
        ))  # fmt: skip
    return tuple(made)


def mixed(some: Groups, shares: Floats, how: str, seed: int = 0) -> Selection:
    """The selection in which each group has its share of all seconds; a sample weighs 1 in the mean."""
    total = float((some.own * some.seconds).sum())
    weights = some.own * (shares / some.sizes)[some.group] * total
    query = f"mix {how} of {len(some.names)} groups: " + ", ".join(
        f"{name} {share:.4g}" for name, share in zip(some.names, shares.tolist(), strict=True)
    )
    return Selection(some.version, query, some.ids, tuple(weights.tolist()), seed, "")


def _mean(name: str, values: Floats, group: str = "") -> Estimate:
    """Mean over episodes with its interval by Student; none where there is a single episode."""
    from scipy.stats import t

    mean, n = float(values.mean()), len(values)
    half = float(t.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n)) if n > 1 else None
    return Estimate(
        name, mean, "variances of the action", n, None if half is None else mean - half,
        None if half is None else mean + half, method="95 % Student over held-out episodes", group=group,
    )  # fmt: skip
