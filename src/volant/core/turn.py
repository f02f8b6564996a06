"""One turn of the wheel, written down: which data taught which policy, how it did, what it cost, what comes next."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from .errors import BadValue, Damaged
from .fact import Fact
from .order import Order

__all__ = ["Score", "Turn"]

BY = "wheel@1"


@dataclass(frozen=True, slots=True)
class Score:
    """How the policy of a task did in one region: ``wins`` of ``trials`` in held-out environments.

    ``demonstrations`` are those of the region that it was taught by, ``whole`` those of the task. ``digest`` names
    the exact results, trial by trial.
    """

    task: str
    region: str
    wins: int
    trials: int
    demonstrations: float
    whole: float
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: the ledger's line. ``hash`` covers everything that the same seed must bring again, so not ``minutes``.

    ``version`` is the lake's when the selections were asked, ``selections`` and ``policies`` are (task, hash),
    ``orders`` what this turn collected, ``next`` what its plan asks for, ``cost`` what was spent in ``currency``,
    ``asked`` and ``operations`` how often a robot called for help in how many operations, ``parent`` the hash of the
    turn before, or empty.
    """

    number: int
    strategy: str
    seed: int
    settings: str
    version: int
    selections: tuple[tuple[str, str], ...]
    policies: tuple[tuple[str, str], ...]
    scores: tuple[Score, ...]
    orders: tuple[Order, ...] = ()
    next: tuple[Order, ...] = ()
    cost: float = 0.0
    currency: str = "operator steps"
    episodes: int = 0
    asked: int = 0
    operations: int = 0
    parent: str = ""
    minutes: float = 0.0

    @property
    def hash(self) -> str:
        """Name of the turn: blake2b (128 bit, hex) of the record without the time it took."""
        said = self._plain()
        del said["minutes"]
        return hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=16).hexdigest()

    @property
    def success(self) -> float:
        """Mean over tasks of the share of held-out trials that succeeded; 0 where nothing was tried."""
        shares = [wins / trials for wins, trials in self.by_task().values() if trials]
        return sum(shares) / len(shares) if shares else 0.0

    def by_task(self) -> dict[str, tuple[int, int]]:
        """Wins and trials of each task, its regions together."""
        made: dict[str, tuple[int, int]] = {}
        for score in self.scores:
            wins, trials = made.get(score.task, (0, 0))
            made[score.task] = wins + score.wins, trials + score.trials
        return made

    def facts(self, at: int) -> tuple[Fact, ...]:
        """The turn as facts about its hash: the whole record, and what people ask for most on its own."""
        subject = self.hash
        plain: list[tuple[str, str | float | int, str]] = [
            ("turn/record", json.dumps(self._plain(), sort_keys=True), ""),
            ("turn/number", self.number, ""),
            ("turn/strategy", self.strategy, ""),
            ("turn/success", self.success, ""),
            ("turn/cost", self.cost, ""),
            *(("turn/selection", name, task) for task, name in self.selections),
            *(("turn/policy", name, task) for task, name in self.policies),
        ]
        return tuple(Fact(subject, key, value, BY, None, stream, at) for key, value, stream in plain)

    @classmethod
    def of(cls, text: str, subject: str = "") -> Turn:
        """The turn that ``facts`` wrote as ``turn/record``; refused where it does not hash to ``subject``."""
        try:
            raw = json.loads(text)
            raw["scores"] = tuple(Score(**score) for score in raw["scores"])
            raw["orders"], raw["next"] = (tuple(Order(**order) for order in raw[key]) for key in ("orders", "next"))
            raw["selections"], raw["policies"] = (
                tuple((task, name) for task, name in raw[key]) for key in ("selections", "policies")
            )
            turn = cls(**raw)
        except (ValueError, TypeError, KeyError) as error:
            raise BadValue(f"This is no record of a turn: {error!r}.") from error
        if subject and turn.hash != subject:
            raise Damaged(f"The record of turn {subject[:12]} was altered: it hashes to {turn.hash[:12]}.")
        return turn

    @staticmethod
    def all_of(facts: Iterable[Fact]) -> tuple[Turn, ...]:
        """Every turn among these facts, by strategy and number."""
        turns = [Turn.of(str(fact.value), fact.subject) for fact in facts if fact.key == "turn/record"]
        return tuple(sorted(turns, key=lambda turn: (turn.strategy, turn.number)))

    def _plain(self) -> dict[str, object]:
        return asdict(self)
