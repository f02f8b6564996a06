"""What verbs with ``--ab`` share: the bench that is asked for, and its points as rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from click import IntRange, option

from ._options import Wrapped
from ._say import note

if TYPE_CHECKING:
    from volant.experiments import Bench, Result

__all__ = ["TRYING", "asked_ab", "bench_of", "points"]

TRYING = ("seeds", "learner", "trials")
"""What a bench is told besides its task."""

_ASKED = (
    option("--seeds", type=IntRange(2, 100), default=3, show_default=True, help="Repetitions of --ab."),
    option("--learner", default="bc", show_default=True, help="Who is taught in --ab."),
    option("--trials", type=IntRange(1, 5000), default=50, show_default=True, help="Held-out trials a policy of --ab."),
)


def asked_ab(help: str) -> Callable[[Wrapped], Wrapped]:
    """The options of an A/B in a world: ``--ab WORLD/TASK``, ``--seeds``, ``--learner`` and ``--trials``."""

    def asked(function: Wrapped) -> Wrapped:
        for one in reversed((option("--ab", default="", metavar="WORLD/TASK", help=help), *_ASKED)):
            function = one(function)
        return function

    return asked


def bench_of(place: str, how: Mapping[str, Any]) -> Bench:
    """The bench of WORLD/TASK, told of on stderr."""
    from volant.core.errors import Misuse
    from volant.experiments import Bench

    world, slash, task = place.partition("/")
    if not slash or not task:
        raise Misuse(f"{place!r} names no task.", do="Write WORLD/TASK, such as metaworld/push-v3.")
    return Bench(world, task, **how, tell=note)


def points(result: Result) -> list[dict[str, object]]:
    """Every point of an experiment with its interval, as a row."""
    said = "success" if result.up == "held-out success" else "value"
    return [
        {"arm": line.label, result.across: tick, said: at.value, "low": at.low, "high": at.high, "seeds": at.n}
        for line in result.lines
        for place, tick in enumerate(result.ticks[: len(line.x)])
        for at in (line.at(place),)
    ]
