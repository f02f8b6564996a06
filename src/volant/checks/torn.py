"""A frame that is put together from two."""

from __future__ import annotations

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Scores
from ._looks import floored, is_look, named

__all__ = ["Torn"]


class Torn:
    """The largest step from row to row that the frame before did not have near it, by the spread of the picture.

    Edges that lie in the scene are in both frames and cancel. Clean real and simulated video stays below 0.24, a
    lower part shifted by a fifth of the width gives 0.25 to 1.9. Only the frame where a seam appears is found.
    """

    name = "torn"
    version = "1"
    unit = "1"
    floor = 0.2
    limit = 0.25
    verdict = Verdict.REVIEW
    why = "A frame of {stream} is torn: a seam of {value:.2f} of its contrast runs across it."
    reach = Reach()

    def applies(self, signal: Signal) -> bool:
        """Looks of any camera."""
        return is_look(signal)

    def scores(self, columns: Columns) -> Scores:
        """New row-to-row step by spread."""
        return floored(named(columns, "seam"))
