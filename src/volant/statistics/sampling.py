"""How many of a lot to look at and how many faults to forgive: single sampling by attributes, and what it lets pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue

__all__ = ["Plan", "find_plan", "passing", "rectified"]

Floats = npt.NDArray[np.float64]
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Plan:
    """Look at ``n`` of a lot and let it pass where at most ``c`` are bad.

    ``lot`` is how many there are in the lot, 0 for very many (or a running process). ``aql`` is the share of bad ones
    that should pass and ``producer`` the risk that it does not; ``ltpd`` the share that should not pass and
    ``consumer`` the risk that it does, both as this n and c have them, not as they were asked for.
    """

    n: int
    c: int
    lot: int
    aql: float
    ltpd: float
    producer: float
    consumer: float


def passing(n: int, c: int, bad: npt.ArrayLike, lot: int = 0) -> Floats:
    """The operating curve: how likely a lot with a share ``bad`` of bad ones passes, exactly.

    Binomial for a lot without end, hypergeometric for one of ``lot`` with the nearest whole number of bad ones.
    """
    from scipy.special import bdtr, betaln

    share = np.asarray(bad, np.float64)
    _sound(n, c, lot)
    if bool(((share < 0) | (share > 1)).any()):
        raise BadValue("A share of bad ones lies between 0 and 1.")
    if not lot:
        return np.asarray(bdtr(np.float64(c), n, share), np.float64) if c < n else np.ones_like(share)
    wrong = np.rint(share * lot)[..., None]
    found = np.arange(min(c, n) + 1, dtype=np.float64)
    possible = (found <= wrong) & (n - found <= lot - wrong)

    def choose(top: Floats, below: Floats | float) -> Floats:
        return np.asarray(-np.log1p(top) - betaln(top - below + 1, below + 1), np.float64)

    some = np.where(possible, found, 0.0)
    rest = np.where(possible, n - found, 0.0)
    logs = choose(wrong, some) + choose(lot - wrong, rest) - choose(np.asarray(float(lot)), float(n))
    chance: Floats = np.where(possible, np.exp(np.where(possible, logs, 0.0)), 0.0).sum(-1)
    return np.minimum(chance, 1.0)


def rectified(n: int, c: int, bad: npt.ArrayLike, lot: int) -> Floats:
    """Share of bad ones that goes out on average where refused lots are looked at wholly and mended (AOQ).

    ``Pa p (N - n) / N``; its largest value over all shares is the AOQ limit.
    """
    share = np.asarray(bad, np.float64)
    _sound(n, c, lot)
    if not lot:
        raise BadValue("How much goes out of a lot needs the lot's size.")
    kept: Floats = passing(n, c, share) * share * (lot - n) / lot
    return kept


def find_plan(aql: float, ltpd: float, *, producer: float = 0.05, consumer: float = 0.1, lot: int = 0) -> Plan:
    """The smallest sample whose curve stays within both risks: ``Pa(aql) >= 1 - producer``, ``Pa(ltpd) <= consumer``.

    Raises ``BadValue`` where no sample can (then look at everything).
    """
    if not 0 <= aql < ltpd <= 1:
        raise BadValue(f"An AQL of {aql:g} and an LTPD of {ltpd:g} make no plan.", do="Give 0 <= AQL < LTPD <= 1.")
    if not (0 < producer < 1 and 0 < consumer < 1):
        raise BadValue("Risks lie between 0 and 1.")
    most = lot or _MOST
    for c in range(most):
        n = _least(c, ltpd, consumer, lot, most)
        if n is None:
            break
        good, bad = passing(n, c, [aql, ltpd], lot).tolist()
        if good >= 1 - producer:
            return Plan(n, c, lot, aql, ltpd, 1 - good, bad)
    raise BadValue(
        f"No sample of at most {most} tells {aql:.2%} from {ltpd:.2%} at these risks.", do="Look at every episode."
    )


def _least(c: int, ltpd: float, consumer: float, lot: int, most: int) -> int | None:
    """The smallest n that lets so bad a lot pass rarely enough."""
    low, high = c, c + 1
    while float(passing(min(high, most), c, ltpd, lot)) > consumer:
        if high >= most:
            return None
        low, high = high, high * 2
    high = min(high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if float(passing(middle, c, ltpd, lot)) <= consumer else (middle, high)
    return high


def _sound(n: int, c: int, lot: int) -> None:
    if n < 1 or not 0 <= c <= n or lot < 0 or (lot and n > lot):
        raise BadValue(f"A sample of {n} of {lot or 'many'} with {c} forgiven cannot be.")
