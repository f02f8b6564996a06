"""Where a robot acts, as a value: so that an environment can be counted, held out and varied on purpose."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .errors import BadValue

__all__ = ["Environment"]


@dataclass(frozen=True, slots=True)
class Environment:
    """One concrete place to act in: a task with its own numbers, and the physics around it.

    ``vector`` is what the world draws for the task (poses of objects and goals, in the world's own units and frame),
    ``physics`` are deviations from nominal as (name, value), sorted; an absent name means nominal. Two environments
    are the same if and only if an episode cannot tell them apart, so the hash is what held-out sets are proven by.
    """

    world: str
    task: str
    vector: tuple[float, ...] = ()
    physics: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        numbers = (*self.vector, *(value for _, value in self.physics))
        if not all(math.isfinite(number) for number in numbers):
            raise BadValue(f"An environment of {self.task!r} holds a number that is not finite.")
        names = [name for name, _ in self.physics]
        if names != sorted(set(names)):
            raise BadValue(f"An environment of {self.task!r} names its physics twice or out of order.")

    @classmethod
    def of(
        cls, world: str, task: str, vector: Iterable[float], physics: Mapping[str, float] | None = None
    ) -> Environment:
        """The environment of plain numbers in any container; physics in any order."""
        varied = tuple(sorted((name, float(value)) for name, value in (physics or {}).items()))
        return cls(world, task, tuple(float(number) for number in vector), varied)

    @property
    def hash(self) -> str:
        """Name of the environment: blake2b (64 bit, hex) of everything in it. An episode's ``scene`` is this."""
        text = json.dumps([self.world, self.task, list(self.vector), [list(pair) for pair in self.physics]])
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def of_physics(self, name: str, nominal: float) -> float:
        """The value of one physical property, ``nominal`` where it was not varied."""
        return dict(self.physics).get(name, nominal)

    def __repr__(self) -> str:
        varied = "".join(f", {name} {value:g}" for name, value in self.physics)
        return f"Environment({self.hash[:8]}, {self.world}/{self.task}{varied})"
