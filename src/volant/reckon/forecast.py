"""Where a learning curve goes: several forms, tried on what was held back, combined; hours and money to a target.

Each form of ``forms.FORECAST`` is fitted (``posterior``) to all points but the last, and but the last two, and asked
for what was held back. Its share is how densely it foretold them, with a quarter of the whole dealt out evenly: with
so few points a form that was lucky twice must not be alone. Coverage of the intervals is measured by
``python -m bench.forecast``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..core import Estimate
from ..core.errors import Refused
from . import learning as _learning
from .forms import FORECAST, FORMS
from .posterior import Floats, Measured, Mixture, posterior

__all__ = ["Asked", "Forecast", "Tried", "combined", "forecast"]

LEVEL = 0.9
"""Every interval of a forecast is meant to hold so often."""
_EVEN = 0.25
"""Share of the weight that is dealt out evenly among the forms."""
_APART = 3.0
"""Forms whose amounts to the target differ by more than this factor are said to disagree."""
_FAR = 10.0
"""A target farther away than so many times the data is said to be far."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a forecast is for: the score wanted, hours and price of one unit of n, each with its interval if any.

    ``price`` is (value, low, high) in ``currency`` for one unit of n; ``how`` says who knows it.
    """

    target: float = 0.9
    hours: float | None = None
    price: tuple[float, float, float] | None = None
    currency: str = ""
    how: str = "assumed"


@dataclass(frozen=True, slots=True)
class Tried:
    """One form: its share in the forecast, mean error of the score when the last and the last two were held back.

    ``needed`` is the n at which the form alone reaches the target (infinite where it does not), half of its curves
    below and half above; ``last_two`` is ``None`` where too few points are left to fit.
    """

    name: str
    law: str
    share: float
    last: float
    last_two: float | None
    needed: float
    fitted: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Forecast:
    """A forecast with its honesty: figures, forms, and the reasons for which the data cannot decide (or none)."""

    learning: _learning.Learning
    asked: Asked
    mixture: Mixture
    tried: tuple[Tried, ...]
    figures: tuple[Estimate, ...]
    doubts: tuple[str, ...]
    never: float

    @property
    def decided(self) -> bool:
        """Whether the data can decide how much is needed."""
        return not self.doubts


def combined(seen: Measured) -> tuple[Mixture, dict[str, tuple[float, float | None]]]:
    """All forms fitted and weighed by what they foretold, and the mean errors of each (last, last two held back)."""
    log, errors = np.zeros(len(FORECAST)), dict[str, tuple[float, float | None]]()
    missed: dict[int, Floats] = {}
    for held in (1, 2):
        before = seen.before(held)
        if len(before) < 2:
            continue
        rest = Measured(seen.n[-held:], seen.score[-held:], seen.trials[-held:])
        early = Mixture(tuple(posterior(name, before) for name in FORECAST), np.full(len(FORECAST), 1 / len(FORECAST)))
        log += early.log_density(rest) / held
        foretold = [1 - part.gap(rest.n) @ part.weights for part in early.parts]
        missed[held] = np.asarray([np.abs(each - rest.score).mean() for each in foretold], np.float64)
    for place, name in enumerate(FORECAST):
        errors[name] = (float(missed[1][place]), float(missed[2][place]) if 2 in missed else None)
    shares = np.exp(log - log.max())
    shares = (1 - _EVEN) * shares / shares.sum() + _EVEN / len(FORECAST)
    return Mixture(tuple(posterior(name, seen) for name in FORECAST), shares), errors


def forecast(learning: _learning.Learning, asked: Asked | None = None) -> Forecast:
    """How much data a score takes, and what comes with more of it, from a measured curve.

    Raises ``Refused`` for fewer than four different n, scores that are all the same, and a target that is no score.
    """
    asked = asked or Asked()
    seen = learning.points
    _usable(seen, asked.target)
    mixture, errors = combined(seen)
    tried = []
    for part, share in zip(mixture.parts, mixture.shares, strict=True):
        name, alone = part.kind.name, Mixture((part,), np.ones(1))
        (middle,), _ = alone.reaching(asked.target, (0.5,))
        last, two = errors[name]
        fitted = 1 - part.gap(seen.n) @ part.weights
        tried.append(Tried(name, FORMS[name].law, float(share), last, two, middle, fitted))
    tails = ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2)
    needed, never = mixture.reaching(asked.target, tails)
    figures = (*_ahead(mixture, seen, learning), *_needs(needed, seen, learning, asked))
    doubts = _doubts(mixture, seen, tried, asked.target, never)
    return Forecast(learning, asked, mixture, tuple(tried), figures, doubts, never)


def _usable(seen: Measured, target: float) -> None:
    if not 0 < target < 1:
        raise Refused(f"A target of {target:g} is no score that can be forecast.", do="Give one between 0 and 1.")
    if len(seen) < 4:
        raise Refused(
            f"{len(seen)} different n cannot carry a forecast: two forms go through any two points.",
            do="Measure at four n at least, each about twice the one before: three to fit by, one to hold back.",
        )
    if np.ptp(seen.score) < 1e-9:
        raise Refused(
            f"All {len(seen)} scores are {seen.score[0]:g}: there is no growth to go on with.",
            do="Measure where the score changes: with less data, or in harder environments.",
        )


def _ahead(mixture: Mixture, seen: Measured, learning: _learning.Learning) -> list[Estimate]:
    """What will be measured with twice and four times the data."""
    made = []
    method = f"{len(mixture)} forms by back-test, {LEVEL:.0%} of what will be measured"
    for times in (2, 4):
        n = float(seen.n[-1] * times)
        low, high = mixture.prediction(n, LEVEL)
        where = f"n={n:g} {learning.unit}".strip()
        value = float(mixture.score(n)[0])
        made.append(Estimate("forecast", value, "score", len(seen), low, high, "measured", method, where))
    return made


def _needs(needed: tuple[float, ...], seen: Measured, learning: _learning.Learning, asked: Asked) -> list[Estimate]:
    """What the target takes, in n, hours and money, all together and on top of what is there."""
    low, middle, high = needed
    method = f"median of all curves, {LEVEL:.0%} of them"
    unit, where, count = learning.unit or "n (unit not stated)", f"score={asked.target:g}", len(seen)
    made = [Estimate("needed", middle, unit, count, low, high, "measured", method, where)]
    more = [max(0.0, value - float(seen.n[-1])) for value in needed]
    made.append(Estimate("more", more[1], unit, count, more[0], more[2], "measured", method, where))
    hours = asked.hours if asked.hours is not None else learning.hours
    known = "assumed" if asked.hours is not None else "measured"
    if hours is not None and learning.unit:
        times = [value * hours for value in more]
        made.append(Estimate("hours", times[1], "hours", count, times[0], times[2], known, method, where))
    if asked.price is not None and learning.unit:
        value, least, most = asked.price
        money = (more[0] * least, more[1] * value, more[2] * most)
        made.append(
            Estimate(
                "money", money[1], asked.currency, count, money[0], money[2], asked.how, f"{method} x price", where
            )
        )
    return made


def _doubts(mixture: Mixture, seen: Measured, tried: list[Tried], target: float, never: float) -> tuple[str, ...]:
    """Why the data cannot decide, each in a sentence that says what would help."""
    made = []
    falling = float(np.concatenate([part.slope <= 0 for part in mixture.parts]) @ mixture.weights())
    if falling > 0.05:
        made.append(f"The scores do not clearly grow: {falling:.0%} of the curves that fit fall. Try more trials.")
    if never > 0.05:
        made.append(f"{never:.0%} of the curves that fit never reach {target:g}: the amount has no upper end.")
    loud = [one for one in tried if one.share >= 0.1]
    amounts = [one.needed for one in loud]
    if max(amounts) > _APART * min(amounts):
        least, most = min(loud, key=lambda one: one.needed), max(loud, key=lambda one: one.needed)
        made.append(
            f"The forms disagree: {least.name} says {least.needed:.3g}, {most.name} {most.needed:.3g}. "
            f"Measuring at n = {_telling(mixture, seen):.3g} tells them apart best."
        )
    (middle,), _ = mixture.reaching(target, (0.5,))
    if math.isfinite(middle) and middle > _FAR * seen.n[-1]:
        made.append(f"The target lies {middle / seen.n[-1]:.0f} times beyond the data: no back-test reaches so far.")
    return tuple(made)


def _telling(mixture: Mixture, seen: Measured) -> float:
    """Of twice to eight times the data, where what the forms say differs most for what measuring there takes."""
    across = seen.n[-1] * np.asarray([2.0, 3.0, 4.0, 6.0, 8.0])
    said = np.asarray([1 - part.gap(across) @ part.weights for part in mixture.parts])
    middle = mixture.shares @ said
    apart = np.sqrt(mixture.shares @ np.square(said - middle)) / np.sqrt(np.clip(middle * (1 - middle), 0.01, 1.0))
    return float(across[int(np.argmax(apart / across**0.25))])
