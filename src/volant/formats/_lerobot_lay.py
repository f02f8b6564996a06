"""One episode as LeRobot columns with its statistics: the same rows in version 2.1 and 3.0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..core.stream import Times
from . import _lerobot_stats as stats
from ._lerobot import TRUE_CLOCK
from ._lerobot_files import array_of, image_array
from ._lerobot_plan import Laid, Plan

__all__ = ["Place", "Tally", "declared", "even", "record"]

Place = tuple[int, int, int]
"""Number of the episode, number of its task, frames before it."""

_INDEX: dict[str, Any] = {"dtype": "int64", "shape": [1], "names": None}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "timestamp": {"dtype": "float32", "shape": [1], "names": None},
    "frame_index": _INDEX,
    "episode_index": _INDEX,
    "index": _INDEX,
    "task_index": _INDEX,
}


def declared(plan: Plan, infos: Mapping[str, dict[str, Any]], clocked: bool) -> dict[str, dict[str, Any]]:
    """The ``features`` of ``info.json``; ``infos`` describe the video files of each camera."""
    made = {channel.key: channel.feature(infos.get(channel.key)) for channel in plan.channels}
    if clocked:
        made[TRUE_CLOCK] = dict(_INDEX)
    return made | {name: dict(entry) for name, entry in _DEFAULTS.items()}


def even(t: Times, fps: float) -> bool:
    """Whether times are exactly frame / fps, so that no column of true times is needed."""
    return np.array_equal(t, np.rint(np.arange(len(t)) * 1e9 / fps).astype(np.int64))


def record(plan: Plan, laid: Laid, place: Place, clocked: bool) -> pa.RecordBatch:
    """The rows of one episode: channels in their order, the true clock where it is kept, the default columns."""
    number, task, before = place
    frame = np.arange(laid.n, dtype=np.int64)
    made: dict[str, pa.Array] = {}
    for channel in plan.channels:
        if channel.mode == "column":
            made[channel.key] = array_of(laid.columns[channel.key])
        elif channel.mode == "image":
            made[channel.key] = image_array(laid.pictures[channel.key])
    if clocked:
        made[TRUE_CLOCK] = pa.array(laid.t)
    made["timestamp"] = pa.array((frame / plan.fps).astype(np.float32))
    made["frame_index"] = pa.array(frame)
    made["episode_index"] = pa.array(np.full(laid.n, number, np.int64))
    made["index"] = pa.array(frame + before)
    made["task_index"] = pa.array(np.full(laid.n, task, np.int64))
    return pa.RecordBatch.from_arrays(list(made.values()), names=list(made))


@dataclass
class Tally:
    """Statistics of every feature: merged ``totals`` of numbers, summed ``counts`` of picture values."""

    plan: Plan
    totals: dict[str, stats.Total] = field(default_factory=dict)
    counts: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    sampled: dict[str, int] = field(default_factory=dict)

    def add(
        self, laid: Laid, place: Place, subject: str, clocked: bool
    ) -> tuple[dict[str, stats.Floats], dict[str, int]]:
        """One episode's ``NAMES`` and number of samples per feature, which are merged into those of the set.

        Pictures take the histogram that screening kept under (``subject``, camera), else a few decoded frames.
        """
        number, task, before = place
        n, how = laid.n, self.plan.how
        found = {key: stats.of_rows(x) for key, x in laid.columns.items() if x.dtype != object}
        if clocked:
            found[TRUE_CLOCK] = stats.of_rows(laid.t[:, None])
        found["timestamp"] = stats.ramp(n, 0.0, 1 / self.plan.fps)
        found["frame_index"] = stats.ramp(n, 0, 1)
        found["episode_index"] = stats.ramp(n, number, 0)
        found["index"] = stats.ramp(n, before, 1)
        found["task_index"] = stats.ramp(n, task, 0)
        for key, part in found.items():
            self.totals.setdefault(key, stats.Total()).add(part, n)
        many = dict.fromkeys(found, n)
        for channel in self.plan.channels:
            if channel.mode == "column":
                continue
            key, samples = channel.key, n
            pixels = how.looks.get((subject, channel.signal.name)) if how.looks else None
            if pixels is None:
                pixels, samples = stats.picture_counts(laid.pictures[key])
            pixels = np.asarray(pixels, np.int64)
            self.counts[key] = pixels + self.counts[key] if key in self.counts else pixels
            self.sampled[key] = self.sampled.get(key, 0) + samples
            found[key], many[key] = stats.of_counts(pixels), samples
        return found, many
