"""A picture that is over-exposed."""

from __future__ import annotations

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Scores
from ._looks import floored, is_look, named

__all__ = ["Saturated"]


class Saturated:
    """Which fraction of the pixels is white (luma of at least 235, video white): light that was cut off.

    A drawn scene on a white ground is white on purpose; raise the limit for such cameras.
    """

    name = "saturated"
    version = "1"
    unit = "1"
    floor = 0.15
    limit = 0.25
    verdict = Verdict.REVIEW
    why = "{stream} is over-exposed: {value:.0%} of its pixels are white."
    reach = Reach()

    def applies(self, signal: Signal) -> bool:
        """Looks of any camera."""
        return is_look(signal)

    def scores(self, columns: Columns) -> Scores:
        """Fraction of white pixels."""
        return floored(named(columns, "bright"))
