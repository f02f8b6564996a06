"""Drawing environments: what every world does alike once it has vectors of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from ..core import Environment, World
from ..core.errors import BadValue, NotFound, suggest

__all__ = ["drawn"]

Physics = Mapping[str, tuple[float, float, float]]


def drawn(
    world: World, task: str, vectors: Iterable[Iterable[float]], count: int, *, seed: int, region: str, vary: float
) -> tuple[Environment, ...]:
    """So many environments of a region from endless vectors; physics evenly within ``vary`` of the way to its bounds.

    An unknown region and a ``vary`` outside 0 to 1 are refused.
    """
    if not 0.0 <= vary <= 1.0:
        raise BadValue(f"Physics cannot vary by {vary:g}.", do="Use 0 (nominal) to 1 (all of what can be varied).")
    if region and region not in world.regions(task):
        raise NotFound(f"{task} has no region {region!r}.", instead=suggest(region, world.regions(task)))
    random, physics = np.random.default_rng([seed, 2]), world.physics(task)
    kept: list[Environment] = []
    for vector in vectors if count > 0 else ():
        one = Environment.of(world.name, task, vector, _varied(random, vary, physics))
        if not region or world.region(one) == region:
            kept.append(one)
        if len(kept) >= count:
            break
    return tuple(kept)


def _varied(random: np.random.Generator, vary: float, physics: Physics) -> dict[str, float]:
    """Physical properties drawn evenly; whole steps of latency; nothing where nothing varies."""
    if not vary:
        return {}
    made = {
        name: random.uniform(nominal - vary * (nominal - low), nominal + vary * (high - nominal))
        for name, (nominal, low, high) in physics.items()
    }
    return {**made, "latency": float(round(made["latency"]))}
