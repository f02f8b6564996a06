"""What happened in the trials, as columns: one row a trial, in the order of the environments."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core import Bools, Environment, Floats, Ints, Take

__all__ = ["Trials", "joined", "trials_of"]


@dataclass(frozen=True, eq=False)
class Trials:
    """N trials of one contestant, all columns ``[N]``.

    ``progress`` is the best of the trial (0 to 1, the share of milestones reached; 1 where it succeeded), ``seconds``
    the simulated time at which it succeeded for good (NaN where it did not), ``steps`` how long it lasted, ``outcome``
    the words of the fixed key. A simulation that diverged is ``invalid`` and counts as a failure. ``first`` says
    whether this contestant was the first to try the environment.
    """

    environments: tuple[Environment, ...]
    regions: tuple[str, ...]
    seeds: Ints
    success: Bools
    progress: Floats
    seconds: Floats
    steps: Ints
    outcome: tuple[str, ...]
    first: Bools

    def __len__(self) -> int:
        return len(self.success)

    @property
    def digest(self) -> str:
        """Digest of where was tried what with which result: the same evaluation, the same digest."""
        made = hashlib.blake2b("\n".join(one.hash for one in self.environments).encode(), digest_size=16)
        for column in (self.seeds, self.success, self.progress, self.steps):
            made.update(np.ascontiguousarray(column).data)
        return made.hexdigest()


def trials_of(takes: Iterable[Take], regions: Sequence[str], hz: float, hold: int, first: Sequence[bool]) -> Trials:
    """Takes of jobs in order as trials; of a trial that was rewound the last part says how it ended."""
    last: dict[int, Take] = {}
    best: dict[int, float] = {}
    for take in takes:
        number = take.job.number
        last[number] = take
        best[number] = max(best.get(number, 0.0), float(take.progress.max()) if len(take) else 0.0)
    rows = [last[number] for number in sorted(last)]
    success = np.array([take.outcome == "success" for take in rows], np.bool_)
    steps = np.array([take.start + len(take) for take in rows], np.int64)
    credit = np.clip([best[take.job.number] for take in rows], 0.0, 1.0)
    return Trials(
        tuple(take.job.environment for take in rows),
        tuple(regions),
        np.array([take.job.seed for take in rows], np.int64),
        success,
        np.where(success, 1.0, credit).astype(np.float64),
        np.where(success, (steps - hold + 1) / hz, np.nan),
        steps,
        tuple(take.outcome for take in rows),
        np.array(first, np.bool_),
    )


def joined(many: Sequence[Trials]) -> Trials:
    """Blocks of trials one after the other."""

    def column(name: str) -> npt.NDArray[np.generic]:
        return np.concatenate([getattr(one, name) for one in many])

    return Trials(
        tuple(place for one in many for place in one.environments),
        tuple(region for one in many for region in one.regions),
        column("seeds").astype(np.int64),
        column("success").astype(np.bool_),
        column("progress").astype(np.float64),
        column("seconds").astype(np.float64),
        column("steps").astype(np.int64),
        tuple(word for one in many for word in one.outcome),
        column("first").astype(np.bool_),
    )
