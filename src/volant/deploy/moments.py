"""What was lived, lived through again: takes or recorded episodes as the moments that a controller saw, many at once.

One implementation of a gate or a candidate policy therefore judges a robot at work and an archive.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ..core import Act, Environment, Episode, Floats, Job, Kind, Moment, State, Take
from .gate import Gate

__all__ = ["moments", "replayed", "taken"]

_OWN = ("control", "success", "progress")


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


def taken(episode: Episode, outcome: str = "") -> Take:
    """A recorded episode as the take that it was, as far as its streams and its own words tell.

    What it lacks is put as: the policy in control, no success, no progress, an environment without numbers.
    ``outcome`` is what the lake knows of it, where it does not say so itself.
    """
    said = {fact.key: fact.value for fact in episode.said}
    (action, *_) = episode.of(Kind.ACTION)
    n = len(action)
    columns = {s.name: np.asarray(s.values) for s in episode.streams if s.signal.numeric and len(s) == n}
    vector, world = said.get("environment/vector", ()), str(said.get("environment/world", ""))
    there = Environment.of(world, episode.task, vector if isinstance(vector, tuple) else ())
    parts = {
        prefix: {name.removeprefix(prefix): x for name, x in columns.items() if name.startswith(prefix)}
        for prefix in ("label/", "mark/")
    }
    obs = {
        name: x
        for name, x in columns.items()
        if name not in (*_OWN, action.name) and not name.startswith(("label/", "mark/"))
    }
    none = np.zeros(n)
    seed = said.get("rollout/seed", 0)
    return Take(
        Job(0, there, seed if isinstance(seed, int) else 0),
        0,
        obs,
        np.asarray(action.values, np.float64),
        columns.get("control", none).astype(np.int8),
        columns.get("success", none).astype(np.bool_),
        columns.get("progress", none).astype(np.float64),
        {name: x.astype(np.float64) for name, x in parts["label/"].items()},
        {name: x.astype(np.float64) for name, x in parts["mark/"].items()},
        outcome or str(said.get("outcome", "")),
    )
