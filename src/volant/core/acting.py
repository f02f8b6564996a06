"""What passes between a world and whoever moves its robots, a step at a time, for many robots at once.

A *lane* is one robot in one environment. Arrays have one row a lane: observations ``[n, ...]``, actions ``[n, a]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["CONTROL", "MISTAKES", "Act", "Bools", "Floats", "Ints", "Moment", "Obs", "State"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Obs = Mapping[str, npt.NDArray[np.generic]]
"""Observations by signal name, each ``[n, *shape]``."""

CONTROL = ("policy", "person", "script")
"""Who may be in control of a step: ``Act.control`` holds indices into it, segments of level ``control`` its words."""

MISTAKES = ("", "slip", "swerve", "overshoot")
"""What an operator may do wrong, as the mark ``mistake`` counts it: 0 nothing; the hand opens, goes astray, goes on."""


@dataclass(frozen=True, slots=True)
class State:
    """What a world shows of its lanes now. The arrays belong to the world and change with its next step.

    ``success`` says that the task is done, ``progress`` how far it is (0 to 1, the share of milestones reached),
    ``broken`` that the simulation diverged. ``labels`` are exact truths that no robot could sense (contact, distance
    to the goal), each ``[n]`` or ``[n, k]``: they are recorded as ``label/NAME`` and policies never see them.
    """

    obs: Obs
    success: Bools
    progress: Floats
    broken: Bools
    labels: Mapping[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moment:
    """What a controller is asked about: the lanes' state, the steps since each began, and which of them still run."""

    state: State
    step: Ints
    active: Bools


@dataclass(frozen=True, slots=True)
class Act:
    """What a controller answers.

    ``actions`` ``[n, a]`` in the action signal's unit (rows of lanes at rest are ignored), ``control`` ``[n]`` who
    decided each (index into ``CONTROL``), ``marks`` further columns ``[n]`` worth recording (disagreement of an
    ensemble), ``stop`` lanes that end here, ``back`` steps to rewind a lane by before it goes on (0: none), ``wait``
    lanes that stand still for this tick: they are neither stepped nor recorded, and no time passes for them.
    """

    actions: Floats
    control: npt.NDArray[np.int8]
    marks: Mapping[str, Floats] = field(default_factory=dict)
    stop: Bools | None = None
    back: Ints | None = None
    wait: Bools | None = None
