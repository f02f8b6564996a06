"""A forecast as rows for people, as plain values for machines, and as a picture."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..charts import Curve, curves
from .forecast import LEVEL, Forecast
from .posterior import Mixture

__all__ = ["document", "figures", "forms", "picture", "words"]


def forms(made: Forecast) -> list[dict[str, object]]:
    """One row a form: its law, its share, how it did on what was held back, what it alone says of the target."""
    return [
        {
            "form": one.name,
            "law": one.law,
            "share": one.share,
            "error_last": one.last,
            "error_last_two": one.last_two,
            "needed_alone": one.needed if math.isfinite(one.needed) else None,
        }
        for one in sorted(made.tried, key=lambda one: -one.share)
    ]


def figures(made: Forecast) -> list[dict[str, object]]:
    """One row a figure with its interval, for people; an amount without an end is said in words."""
    return [
        {
            "figure": one.name,
            "for": one.group,
            "value": _end(one.value),
            "low": _end(one.low),
            "high": _end(one.high),
            "unit": one.unit,
            "n": one.n,
            "how": f"{one.how}: {one.method}",
        }
        for one in made.figures
    ]


def _end(value: float | None) -> object:
    return value if value is None or math.isfinite(value) else "no end"


def words(made: Forecast) -> list[str]:
    """What must be said beside the figures: the unit, what was done to the points, and every doubt."""
    said = list(made.learning.said)
    if not made.learning.unit:
        said.append(
            "The unit of n is not stated: hours and money cannot be told. Give --unit, or a header 'n [hours]'."
        )
    reached = next(one for one in made.figures if one.name == "more")
    if reached.value == 0:
        said.append(
            f"A score of {made.asked.target:g} is reached with the data that is there, by most curves that fit."
        )
    said.append("The data decides." if made.decided else "The data cannot decide:")
    return [*said, *made.doubts]


def document(made: Forecast) -> dict[str, Any]:
    """Everything as plain values; an amount without an end is null."""
    seen = made.learning.points
    return {
        "target": made.asked.target,
        "unit": made.learning.unit or None,
        "source": made.learning.source,
        "level": LEVEL,
        "points": [
            {"n": n, "score": score, "trials": trials or None}
            for n, score, trials in zip(seen.n.tolist(), seen.score.tolist(), seen.trials.tolist(), strict=True)
        ],
        "forms": forms(made),
        "figures": made.figures,
        "never": made.never,
        "decided": made.decided,
        "doubts": list(made.doubts),
    }


def picture(made: Forecast) -> str:
    """The measured curve, the forecast with its interval, and the forms that have a tenth of the weight or more."""
    seen, target = made.learning.points, made.asked.target
    (needed,), _ = made.mixture.reaching(target, (0.5,))
    end = float(np.clip(needed * 1.2, 2 * seen.n[-1], 8 * seen.n[-1]))
    across = np.linspace(float(seen.n[0]), end, 41)
    bounds = [made.mixture.prediction(float(n), LEVEL) for n in across]
    many = [
        Curve("measured", seen.n.tolist(), seen.score.tolist(), note=made.learning.source),
        Curve(
            "forecast",
            across.tolist(),
            made.mixture.score(across).tolist(),
            [low for low, _ in bounds],
            [high for _, high in bounds],
            f"{LEVEL:.0%} of what will be measured",
        ),
    ]
    for one, part in zip(made.tried, made.mixture.parts, strict=True):
        if one.share >= 0.1:
            alone = Mixture((part,), np.ones(1)).score(across).tolist()
            many.append(Curve(f"{one.name} {one.share:.0%}", across.tolist(), alone, note=one.law))
    title = f"Score by {made.learning.unit or 'n (unit not stated)'}, with its forecast"
    named = made.learning.unit or "n (unit not stated)"
    return curves(many, title=title, across=named, up="score", levels=[(target, f"target {target:g}")])
