"""What ``volant measure value`` adds: options that make values, and telling what can be told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from click import IntRange, option

from ._options import Wrapped, now
from ._say import note, progress

if TYPE_CHECKING:
    from volant.api import Lake

__all__ = ["value", "valuing"]

_HOW = (
    option("--probes", type=IntRange(0, 5000), default=0, help="Value: teach so many probes, each by a part."),
    option("--world", "place", metavar="WORLD/TASK", default="", help="Where probes are tried, held out."),
    option("--trials", type=IntRange(1, 1000), default=8, show_default=True, help="Held-out trials of each probe."),
    option("--seed", type=IntRange(min=0), default=0, show_default=True, help="Of subsets, probes and trials."),
)


def valuing(function: Wrapped) -> Wrapped:
    """The options of value."""
    for one in reversed(_HOW):
        function = one(function)
    return function


def value(memory: Lake, by: Sequence[str], *, probes: int, place: str, trials: int, seed: int) -> None:
    """Tell the lake what its groups are worth: by probes where asked, and by what is known already.

    Groups are cells and, without ``by``, operators, collectors and sites too; probes value cells unless ``by`` says
    otherwise.
    """
    from volant import plug
    from volant.core.errors import Misuse, NotFound
    from volant.stations import ledger
    from volant.worth import telling

    if bool(probes) != bool(place):
        raise Misuse("Probes need a number and a place.", do="volant measure value --probes 240 --world WORLD/TASK")
    store = memory.store
    if probes:
        from volant.experiments.probing import valued

        for kind in by or ("cell",):
            with progress(f"trying probes by {kind}") as tick:
                found = valued(store, plug.place(place), by=kind, probes=probes, trials=trials, seed=seed,
                               progress=tick)  # fmt: skip
            telling.tell(store, found, now())
    turns = ledger(store)
    for kind in by or ("cell", "operator", "collector", "site"):
        try:
            telling.tell(store, telling.known(store, turns, kind), now())
        except NotFound as nothing:
            note(str(nothing))
