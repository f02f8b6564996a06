"""Meta-World seen by a camera: the same fifty tasks, things known by their picture only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..core.embodiment import Embodiment
from ..core.environment import Environment
from ..core.estimate import Estimate
from ..core.ports import Controller, Lanes
from ..core.signal import Kind, Signal
from ._sawyer_camera import SIDE, Filmed
from .metaworld import MetaWorld

__all__ = ["MetaWorldCamera"]

_AWAY = 0.06


class MetaWorldCamera:
    """Meta-World with a camera in the table's corner in place of exact poses.

    ``observation.state`` is what metaworld's is, ``observation.image`` 96 x 96 RGB; a small green ball marks the goal
    where Meta-World draws one. Needs EGL or OSMesa. Without a graphics card a picture takes some 15 ms.
    """

    name = "metaworld-camera"
    version = "1"

    def __init__(self) -> None:
        self._plain = MetaWorld()

    def tasks(self) -> tuple[str, ...]:
        """Names of the fifty tasks."""
        return self._plain.tasks()

    def body(self, task: str) -> Embodiment:
        """The Sawyer arm, its own senses and the camera."""
        plain = self._plain.body(task)
        hand, _, action = plain.signals
        image = Signal("observation.image", Kind.IMAGE, (SIDE, SIDE, 3), "uint8", "1", "camera", action.hz)
        return replace(plain, signals=(hand, image, action))

    def horizon(self, task: str) -> int:
        """As in metaworld."""
        return self._plain.horizon(task)

    def measured(self, task: str) -> Estimate:
        """As in metaworld: the expert reads exact poses here too."""
        return self._plain.measured(task)

    def physics(self, task: str) -> Mapping[str, tuple[float, float, float]]:
        """As in metaworld, and how far the camera is moved on each axis (m)."""
        return {**self._plain.physics(task), **{f"camera.{axis}": (0.0, -_AWAY, _AWAY) for axis in "xyz"}}

    def regions(self, task: str) -> tuple[str, ...]:
        """As in metaworld."""
        return self._plain.regions(task)

    def region(self, environment: Environment) -> str:
        """As in metaworld."""
        return self._plain.region(environment)

    def sample(
        self, task: str, count: int, seed: int, *, region: str = "", vary: float = 0.0
    ) -> tuple[Environment, ...]:
        """The environments that metaworld draws for the seed, each with the camera where it then stands."""
        random = np.random.default_rng([seed, 3])
        made = []
        for one in self._plain.sample(task, count, seed, region=region, vary=vary):
            away = random.uniform(-_AWAY * vary, _AWAY * vary, 3)
            moved = {f"camera.{axis}": value for axis, value in zip("xyz", away, strict=True)} if vary else {}
            made.append(Environment.of(self.name, task, one.vector, {**dict(one.physics), **moved}))
        return tuple(made)

    def open(self, task: str, lanes: int) -> Lanes:
        """So many arms and one camera; refused where nothing can be drawn."""
        self._plain.body(task)
        return Filmed(task, lanes)

    def expert(self, task: str, lanes: int) -> Controller:
        """The task's scripted expert, which reads the exact poses that the camera's owner does not."""
        return self._plain.expert(task, lanes)
