"""Staged rollout: a new policy gets a small share of the work, more as it proves itself, and none once it does harm.

Operations are compared in blocks in the order in which they began: one of the candidate's with as many of the
incumbent's as its share leaves. Evidence is the wealth of bets (``statistics.anytime``), so that it may be looked at
after every operation: a policy that is no worse is rolled back with a probability of at most ``alpha``, and one that
is worse by ``margin`` or more is promoted with at most ``alpha``, however long it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..core import Bools, Floats, Ints
from ..core.errors import BadValue
from ..statistics.anytime import paired_wealth

__all__ = ["Block", "Ended", "Ruling", "Staging", "Trial", "lot", "partners", "ruled"]


@dataclass(frozen=True, slots=True)
class Staging:
    """How a new policy is let out.

    ``shares`` of the operations it gets, stage by stage, for ``operations`` of its own each; the last stage lasts
    until something is decided, or until ``most`` operations of its own, after which it is undecided. ``margin`` is
    how much less often it may succeed without help and still count as no worse.
    """

    shares: tuple[float, ...] = (0.1, 0.25, 0.5)
    operations: int = 30
    margin: float = 0.1
    alpha: float = 0.05
    most: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if (
            not self.shares
            or not all(0 < share < 1 for share in self.shares)
            or list(self.shares) != sorted(self.shares)
        ):
            raise BadValue(f"Shares of {self.shares} are no stages.", instead="Each lies between 0 and 1 and grows.")
        if not (0 < self.margin < 1 and 0 < self.alpha < 1) or self.operations < 1 or self.most < self.operations:
            raise BadValue("A staged rollout needs a margin and an alpha between 0 and 1, and some operations.")


def partners(staging: Staging, block: int) -> int:
    """How many of the incumbent's operations stand beside the candidate's of that number."""
    share = staging.shares[min(block // staging.operations, len(staging.shares) - 1)]
    return max(1, round((1 - share) / share))


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided, after how many blocks, and on which evidence (one over the anytime-valid p-value).

    ``word`` is running, rolled back, promoted or undecided; ``harm`` and ``help`` are the evidence that the
    candidate succeeds less often in the end, or needs help more often; ``sound`` that it is no worse than the margin.
    """

    word: str
    block: int
    harm: float
    help: float
    sound: float


def ruled(
    success: Floats, helped: Floats, alone: Floats, staging: Staging
) -> tuple[npt.NDArray[np.str_], Ints, Floats]:
    """What is decided from blocks ``[..., k]``: candidate minus the mean of its partners, of each outcome.

    The words, the blocks after which they fell (k where still running), and the three logs of evidence ``[3, ..., k]``.
    The two guards share ``alpha`` between them.
    """
    wide = 1 + staging.margin
    logs = np.stack((paired_wealth(-success), paired_wealth(helped), paired_wealth((alone + staging.margin) / wide)))
    harmed = (logs[:2] >= np.log(2 / staging.alpha)).any(axis=0)
    sound = logs[2] >= np.log(1 / staging.alpha)
    k = success.shape[-1]
    first_harm, first_sound = (np.where(hit.any(axis=-1), hit.argmax(axis=-1), k) for hit in (harmed, sound))
    word = np.where(first_harm <= first_sound, "rolled back", "promoted")
    first = np.minimum(first_harm, first_sound)
    word = np.where(first < k, word, "undecided" if k >= staging.most else "running")
    return word, np.minimum(first + 1, k), logs


def lot(staging: Staging, number: int, share: float) -> bool:
    """Whether the operation of that number goes to the candidate: a draw that only seed and number decide."""
    return bool(np.random.default_rng([staging.seed, number]).random() < share)


@dataclass(frozen=True, slots=True)
class Ended:
    """How an operation ended, for the comparison."""

    success: bool
    helped: bool


@dataclass(frozen=True, slots=True)
class Block:
    """One comparison: differences candidate minus partners in success, help, and success without help."""

    success: float
    helped: float
    alone: float

    @classmethod
    def of(cls, one: Ended, others: Sequence[Ended]) -> Block:
        """The block of one operation of the candidate's and its partners."""
        n = len(others)
        alone = sum(other.success and not other.helped for other in others) / n
        return cls(
            one.success - sum(other.success for other in others) / n,
            one.helped - sum(other.helped for other in others) / n,
            (one.success and not one.helped) - alone,
        )


@dataclass(slots=True)
class Trial:
    """A staged rollout while it runs: who gets the next operation, what is known, what was decided.

    Operations are named by any key; ``begin`` draws the arm of a new one, ``end`` tells how it ended. Operations
    that were under way when the candidate was rolled back count no more.
    """

    staging: Staging = field(default_factory=Staging)
    ruling: Ruling = Ruling("running", 0, 1.0, 1.0, 1.0)
    history: list[Ruling] = field(default_factory=list)
    _arms: dict[object, bool] = field(default_factory=dict)
    _queues: tuple[list[object], list[object]] = field(default_factory=lambda: ([], []))
    _ended: dict[object, Ended] = field(default_factory=dict)
    _blocks: list[Block] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The share of new operations that the candidate gets now: 0 once rolled back, 1 once promoted."""
        if self.ruling.word == "running":
            stage = min(len(self._blocks) // self.staging.operations, len(self.staging.shares) - 1)
            return self.staging.shares[stage]
        return 1.0 if self.ruling.word == "promoted" else 0.0

    def begin(self, key: object) -> bool:
        """Whether the candidate does this operation; the same key is the same operation."""
        if key not in self._arms:
            self._arms[key] = lot(self.staging, len(self._arms), self.share)
            self._queues[self._arms[key]].append(key)
        return self._arms[key]

    def candidates(self, keys: Sequence[object]) -> Bools:
        """Which of these operations are the candidate's."""
        return np.array([self._arms.get(key, False) for key in keys], np.bool_)

    def end(self, key: object, success: bool, helped: bool) -> Ruling:
        """An operation ended; what is decided now. Blocks are made in the order in which operations began."""
        self._ended[key] = Ended(success, helped)
        while self.ruling.word == "running" and self._block():
            self._rule()
        return self.ruling

    def _block(self) -> bool:
        need = partners(self.staging, len(self._blocks))
        theirs, ours = self._queues
        if not ours or len(theirs) < need or not all(key in self._ended for key in (ours[0], *theirs[:need])):
            return False
        self._blocks.append(Block.of(self._ended[ours.pop(0)], [self._ended[key] for key in theirs[:need]]))
        del theirs[:need]
        return True

    def _rule(self) -> None:
        columns = np.array([(block.success, block.helped, block.alone) for block in self._blocks]).T
        word, _, logs = ruled(columns[0], columns[1], columns[2], self.staging)
        harm, more, sound = np.exp(np.minimum(logs.max(axis=-1), 700.0)).tolist()
        self.ruling = Ruling(str(word), len(self._blocks), harm, more, sound)
        self.history.append(self.ruling)
