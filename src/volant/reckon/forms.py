"""Forms of a learning curve: how the gap to a perfect score may shrink with data, and straight-line fits of them.

A form says of the gap ``g = 1 - score`` at ``n``: ``y(g) = a - b x(n)``, a straight line between two known
transformations, so that two numbers and an ordinary line fit describe it. Formulas: power and logarithmic laws
(Hestness 2017; Kaplan 2020), logit against the logarithm (a Hill curve), stretched exponential (Weibull) and its
relative with exponent one half and a free start. The saturating form adds a floor to the power law:
``g = c + A n^-b`` never falls under ``c``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue, NotFound, suggest

__all__ = ["FORMS", "Form", "Line", "backtest_line", "fit_line", "form"]

Floats = npt.NDArray[np.float64]
_LEAST = 1e-4
"""Gaps nearer to 0 or 1 than this are moved there before a logarithm is taken of them."""


@dataclass(frozen=True, slots=True)
class Form:
    """A family of curves: ``bend`` transforms n, ``straight`` the gap, ``back`` is the inverse of ``straight``.

    ``floor`` says that the family has a third number, a gap that no amount of data closes.
    """

    name: str
    law: str
    bend: Callable[[Floats], Floats]
    straight: Callable[[Floats], Floats]
    back: Callable[[Floats], Floats]
    unbend: Callable[[Floats], Floats]
    floor: bool = False


def _probit(gap: Floats) -> Floats:
    from scipy.special import ndtri

    return np.asarray(ndtri(gap), np.float64)


def _normal(y: Floats) -> Floats:
    from scipy.special import ndtr

    return np.asarray(ndtr(y), np.float64)


def _logit(gap: Floats) -> Floats:
    return np.asarray(np.log(gap) - np.log1p(-gap), np.float64)


def _logistic(y: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * y)), np.float64)


def _loglog(gap: Floats) -> Floats:
    return np.asarray(-np.log(-np.log(gap)), np.float64)


def _weibull(y: Floats) -> Floats:
    return np.asarray(np.exp(-np.exp(-y)), np.float64)


def _same(y: Floats) -> Floats:
    return y


FORMS = {
    one.name: one
    for one in (
        Form("power", "gap = A n^-b", np.log, np.log, np.exp, np.exp),
        Form("logit-log", "logit(gap) = a - b ln n", np.log, _logit, _logistic, np.exp),
        Form("stretched-exponential", "gap = exp(-(n/t)^b)", np.log, _loglog, _weibull, np.exp),
        Form("root-exponential", "gap = A exp(-b sqrt n)", np.sqrt, np.log, np.exp, np.square),
        Form("saturating", "gap = c + A n^-b", np.log, np.log, np.exp, np.exp, floor=True),
        Form("probit-log", "probit(gap) = a - b ln n", np.log, _probit, _normal, np.exp),
        Form("logarithmic", "gap = a - b ln n", np.log, _same, _same, np.exp),
    )
}
"""Every form by its name."""

FORECAST = ("power", "logit-log", "stretched-exponential", "root-exponential", "saturating")
"""The forms that a forecast combines. Probit differs from logit by less than any noise; the logarithmic form leaves
the range of a score on both sides."""


def form(name: str) -> Form:
    """The form of this name. Raises ``NotFound``."""
    if name not in FORMS:
        raise NotFound(f"No form is called {name!r}.", instead=suggest(name, FORMS))
    return FORMS[name]


@dataclass(frozen=True, slots=True)
class Line:
    """A form as ordinary least squares finds it in its straight coordinates: ``y = a - b x``.

    ``r`` is Pearson's correlation of x and y, as papers print it (negative where the gap shrinks).
    """

    name: str
    a: float
    b: float
    r: float
    points: int

    @property
    def amplitude(self) -> float:
        """The gap where x is 0: the A of ``A n^-b``."""
        return float(form(self.name).back(np.asarray([self.a]))[0])

    def gap(self, n: npt.ArrayLike) -> Floats:
        """The gap at ``n``, in the range of a score."""
        kind = form(self.name)
        y = self.a - self.b * kind.bend(np.asarray(n, np.float64))
        return np.asarray(np.clip(kind.back(np.asarray(y, np.float64)), 0.0, 1.0), np.float64)


def fit_line(name: str, n: npt.ArrayLike, gap: npt.ArrayLike) -> Line:
    """Ordinary least squares in a form's straight coordinates, as published fits are made; no prior, no weights."""
    kind = form(name)
    if kind.floor:
        raise BadValue(f"The form {name!r} is no straight line.", do="Use volant.reckon.forecast for it.")
    x = kind.bend(np.asarray(n, np.float64))
    y = kind.straight(np.clip(np.asarray(gap, np.float64), _LEAST, 1 - _LEAST))
    if len(x) < 2 or np.ptp(x) == 0:
        raise BadValue("A line needs two different n.")
    dx, dy = x - x.mean(), y - y.mean()
    slope = float(dx @ dy / (dx @ dx))
    r = float(dx @ dy / np.sqrt((dx @ dx) * (dy @ dy))) if np.ptp(y) > 0 else 0.0
    return Line(name, float(y.mean() - slope * x.mean()), -slope, r, len(x))


def backtest_line(name: str, n: npt.ArrayLike, gap: npt.ArrayLike, held: int) -> Floats:
    """Errors of the gap (forecast minus measured) at the last ``held`` points, fitted on those before."""
    across, found = np.asarray(n, np.float64), np.asarray(gap, np.float64)
    return fit_line(name, across[:-held], found[:-held]).gap(across[-held:]) - found[-held:]
