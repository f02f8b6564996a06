"""What was lived, lived through again: takes or recorded episodes as the moments that a controller saw, many at once.

One implementation of a gate or a candidate policy therefore judges a robot at work and an archive.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ..core import Act, Floats, Moment, State, Take
from .gate import Gate

__all__ = ["moments", "replayed"]


def moments(takes: Sequence[Take]) -> Iterator[tuple[Moment, Act]]:
    """Step by step, each take a lane: what was seen and what was done. Lanes whose take is over are not active.

    Takes must be of one task, so that their columns agree. ``State.success`` and ``progress`` are those before the
    action, 0 on the first step.
    """
    long = max((len(take) for take in takes), default=0)
    obs = {name: _stacked([take.obs[name] for take in takes], long) for name in (takes[0].obs if takes else ())}
    labels = {
        name: _stacked([take.labels[name] for take in takes], long) for name in (takes[0].labels if takes else ())
    }
    marks = {name: _stacked([take.marks[name] for take in takes], long) for name in (takes[0].marks if takes else ())}
    actions = _stacked([take.actions for take in takes], long)
    control = _stacked([take.control for take in takes], long)
    progress = _stacked([np.concatenate(([0.0], take.progress))[: len(take)] for take in takes], long)
    success = _stacked([np.concatenate(([False], take.success))[: len(take)] for take in takes], long)
    lengths = np.array([len(take) for take in takes])
    broken = np.zeros(len(takes), np.bool_)
    for t in range(long):
        here = {name: column[t] for name, column in labels.items()}
        state = State({name: column[t] for name, column in obs.items()}, success[t], progress[t], broken, here)
        moment = Moment(state, np.full(len(takes), t), lengths > t)
        yield moment, Act(actions[t], control[t], {name: column[t] for name, column in marks.items()})


def _stacked(columns: Sequence[npt.NDArray[np.generic]], long: int) -> npt.NDArray[np.generic]:
    """Columns of different lengths side by side: ``[long, n, ...]``, zeros where one is over."""
    made = np.zeros((long, len(columns), *columns[0].shape[1:]), columns[0].dtype)
    for lane, column in enumerate(columns):
        made[: len(column), lane] = column
    return made


def replayed(gate: Gate, takes: Sequence[Take]) -> list[Floats]:
    """The scores that a gate would have given each take, a column each. The gate's lanes are the takes, in order."""
    lanes = np.arange(len(takes))
    gate.start(lanes, [take.job.environment for take in takes], np.array([take.job.seed for take in takes]))
    rows = [gate.scores(moment, act) for moment, act in moments(takes)]
    table = np.array(rows) if rows else np.zeros((0, len(takes)))
    return [table[: len(take), lane] for lane, take in enumerate(takes)]
