"""A turn of the wheel made again from its settings alone: every hash must come out as the ledger says."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .core import Turn
from .core.errors import NotFound
from .lake import Store
from .stations import Turning, ledger
from .wheel import turns

__all__ = ["Compared", "replay"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One thing that a turn fixed: as it was recorded, and as it came out again."""

    what: str
    recorded: str
    again: str

    @property
    def same(self) -> bool:
        """Whether both agree."""
        return self.recorded == self.again


def replay(store: Store, number: int, *, clock: Callable[[], int], tell: Callable[[str], None]) -> list[Compared]:
    """Turn a fresh wheel up to ``number`` with the recorded settings; what was recorded beside what came out.

    The fresh wheel lies in a temporary folder that is removed afterwards.
    """
    known = {turn.number: turn for turn in ledger(store)}
    if number not in known:
        have = f"It holds turns {min(known)} to {max(known)}." if known else "It is empty."
        raise NotFound(f"The ledger holds no turn {number}.", instead=have)
    recorded = known[number]
    said = json.loads(recorded.settings)
    with tempfile.TemporaryDirectory(prefix="volant-replay-") as folder:
        place = Path(folder)
        how = Turning(place / "policies", tuple(said.pop("tasks")), **said)
        with Store(place / "lake") as fresh:
            again = list(turns(fresh, how, number, clock=clock, tell=tell))[-1]
    return compared(recorded, again)


def compared(recorded: Turn, again: Turn) -> list[Compared]:
    """Everything that a turn fixes, pair by pair, the record's own hash last."""
    made: list[Compared] = []
    for what in ("selections", "policies"):
        theirs = dict(getattr(again, what))
        made += [Compared(f"{what} {task}", name, theirs.get(task, "")) for task, name in getattr(recorded, what)]
    scores = {(score.task, score.region): score for score in again.scores}
    for score in recorded.scores:
        other = scores.get((score.task, score.region))
        words = (f"{one.wins}/{one.trials} {one.digest}" if one else "" for one in (score, other))
        made.append(Compared(f"evaluation {score.task} {score.region}", *words))
    made.append(Compared("plan", _orders(recorded), _orders(again)))
    made.append(Compared("record", recorded.hash, again.hash))
    return made


def _orders(turn: Turn) -> str:
    return "; ".join(f"{order.count} {order.task} {order.scene}" for order in turn.next)
