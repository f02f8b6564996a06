"""Help is asked for where the members of the policy's ensemble disagree about what to do."""

from __future__ import annotations

from collections.abc import Sequence

from ...core import Act, Environment, Floats, Ints, Moment
from ...core.errors import BadValue

__all__ = ["Ensemble"]

MARK = "disagreement"


class Ensemble:
    """The policy's own mark ``disagreement``: how far its members' actions lie apart."""

    name = "ensemble"
    unit = "disagreement"

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """Nothing is remembered."""

    def scores(self, moment: Moment, act: Act) -> Floats:
        """The disagreement of this step."""
        if MARK not in act.marks:
            raise BadValue(
                "The gate 'ensemble' needs a policy that tells how far its members disagree.",
                instead=f"This one marks {', '.join(sorted(act.marks)) or 'nothing'}.",
                do="Train with --ensemble 5, or choose the gate progress or novelty.",
            )
        return act.marks[MARK]
