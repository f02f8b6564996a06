"""Laws of worlds: seeded, without a clock, restored exactly, honest about what they show and where they are."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import numpy as np
import numpy.typing as npt

from ..core import Embodiment, Environment, Floats, Kind, Lanes, Moment, World
from ..core.errors import VolantError
from .laws import Broken, Law

__all__ = ["LAWS", "commands", "lived"]

_STEPS = 12
_CLOCKS = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")


def commands(body: Embodiment, steps: int, seed: int = 0) -> Floats:
    """Actions drawn evenly within the body's limits, ``[steps, a]``."""
    limits = body.limits(body.signals[-1].dims)
    low = np.array([-1.0 if low is None else low for low, _ in limits])
    high = np.array([1.0 if high is None else high for _, high in limits])
    return np.random.default_rng(seed).uniform(low, high, (steps, len(limits)))


def lived(lanes: Lanes, lane: int, actions: Floats) -> list[npt.NDArray[np.generic]]:
    """Everything that a lane shows before and after each of these actions; the other lanes rest."""
    on = np.arange(lanes.count) == lane
    seen = [*_shown(lanes, lane)]
    for action in actions:
        lanes.step(np.tile(action, (lanes.count, 1)), on)
        seen += _shown(lanes, lane)
    return seen


def _shown(lanes: Lanes, lane: int) -> list[npt.NDArray[np.generic]]:
    state = lanes.state
    columns = (*state.obs.values(), state.success, state.progress, state.broken, *state.labels.values())
    return [np.array(column[lane]) for column in columns]


def _same(one: list[npt.NDArray[np.generic]], other: list[npt.NDArray[np.generic]]) -> bool:
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def _task(world: World) -> str:
    return world.tasks()[0]


def _place(world: World, seed: int = 0) -> Environment:
    return world.sample(_task(world), 1, seed)[0]


@contextmanager
def _another_time() -> Generator[None, None, None]:
    """Every clock of Python shows one moment, long ago."""
    with ExitStack() as stopped:
        for name in _CLOCKS:
            stopped.enter_context(patch(f"time.{name}", return_value=86_400))
        yield


def _says(world: World) -> None:
    for task in world.tasks():
        body = world.body(task)
        *senses, action = body.signals
        if not senses or action.kind != Kind.ACTION or any(signal.kind == Kind.ACTION for signal in senses):
            raise Broken(f"{world.name}/{task}: the body's signals are not senses first and the action last.")
        if not action.hz or world.horizon(task) < 1:
            raise Broken(f"{world.name}/{task}: the action has no rate, or the horizon is no step.")
        if len(action.dims) != action.width or any(None in ends for ends in body.limits(action.dims)):
            raise Broken(f"{world.name}/{task}: an action's dimension has no name or no limits.")
    try:
        world.body("no such task")
    except VolantError:
        return
    raise Broken(f"{world.name}: an unknown task is not refused.")


def _drawn(world: World) -> None:
    task = _task(world)
    hashes = [[place.hash for place in world.sample(task, 6, seed, vary=1.0)] for seed in (1, 1, 2)]
    if hashes[0] != hashes[1]:
        raise Broken(f"{world.name}: the same seed draws other environments.")
    if len(set(hashes[0])) < 6 or set(hashes[0]) & set(hashes[2]):
        raise Broken(f"{world.name}: environments are drawn twice, or other seeds draw the same.")
    if any(place.world != world.name or place.task != task for place in world.sample(task, 2, 3)):
        raise Broken(f"{world.name}: an environment does not name the world and task that it is of.")
    known = world.physics(task)
    for place in world.sample(task, 6, 4, vary=1.0):
        for name, value in place.physics:
            if name not in known or not known[name][1] - 1e-9 <= value <= known[name][2] + 1e-9:
                raise Broken(f"{world.name}: {name} = {value:g} is not within what physics() states.")
    if any(place.physics for place in world.sample(task, 2, 4)):
        raise Broken(f"{world.name}: physics deviates where nobody asked for it.")


def _parted(world: World) -> None:
    task = _task(world)
    regions = world.regions(task)
    if len(set(regions)) != len(regions):
        raise Broken(f"{world.name}: two regions have one name.")
    if any(world.region(place) not in regions for place in world.sample(task, 24, 5)):
        raise Broken(f"{world.name}: an environment lies in no region that regions() names.")
    for region in regions:
        if any(world.region(place) != region for place in world.sample(task, 3, 6, region=region)):
            raise Broken(f"{world.name}: an environment that was drawn of {region!r} lies elsewhere.")


def _repeated(world: World) -> None:
    task, place = _task(world), _place(world)
    actions = commands(world.body(task), _STEPS)
    first, second = world.open(task, 1), world.open(task, 3)
    first.reset(0, place, 7)
    second.reset(2, place, 7)
    seen = lived(first, 0, actions)
    with _another_time():
        again = lived(second, 2, actions)
    if not _same(seen, again):
        raise Broken(f"{world.name}: the same environment, seed and actions show other things in another lane or hour.")


def _reset(world: World) -> None:
    task, place = _task(world), _place(world)
    lanes = world.open(task, 1)
    lanes.reset(0, place, 7)
    fresh = _shown(lanes, 0)
    lived(lanes, 0, commands(world.body(task), _STEPS, seed=1))
    lanes.reset(0, place, 7)
    if not _same(fresh, _shown(lanes, 0)):
        raise Broken(f"{world.name}: a lane that is placed anew still shows what it lived before.")


def _restored(world: World) -> None:
    task = _task(world)
    first, second = world.sample(task, 2, 8)
    actions = commands(world.body(task), 2 * _STEPS, seed=2)
    lanes = world.open(task, 1)
    lanes.reset(0, first, 7)
    lived(lanes, 0, actions[:_STEPS])
    saved = lanes.save(0)
    future = lived(lanes, 0, actions[_STEPS:])
    lanes.reset(0, second, 9)
    lanes.restore(0, saved)
    if not _same(future, lived(lanes, 0, actions[_STEPS:])):
        raise Broken(f"{world.name}: a restored lane has another future than the one that was saved.")


def _apart(world: World) -> None:
    task = _task(world)
    lanes = world.open(task, 2)
    for lane, place in enumerate(world.sample(task, 2, 9)):
        lanes.reset(lane, place, lane)
    still = _shown(lanes, 1)
    lived(lanes, 0, commands(world.body(task), 4))
    if not _same(still, _shown(lanes, 1)):
        raise Broken(f"{world.name}: a lane at rest is moved by its neighbour.")


def _declared(world: World) -> None:
    task = _task(world)
    body = world.body(task)
    lanes = world.open(task, 2)
    for lane, place in enumerate(world.sample(task, 2, 10)):
        lanes.reset(lane, place, lane)
    for signal in body.signals[:-1]:
        column = lanes.state.obs.get(signal.name)
        if column is None or column.shape != (2, *signal.shape) or column.dtype != np.dtype(signal.dtype):
            raise Broken(f"{world.name}: {signal.name} is not shown as the body declares it.")
    state = lanes.state
    if ((state.progress < 0) | (state.progress > 1)).any() or state.broken.any():
        raise Broken(f"{world.name}: progress is not within 0 and 1, or a fresh lane is broken.")


def _expert(world: World) -> None:
    task = _task(world)
    try:
        expert = world.expert(task, 2)
    except VolantError:
        return  # a world may have none, and says so
    places = world.sample(task, 2, 11)
    limits = world.body(task).limits(world.body(task).signals[-1].dims)
    low, high = (np.array([np.nan if end is None else end for end in ends]) for ends in zip(*limits, strict=True))
    lanes, on = world.open(task, 2), np.ones(2, np.bool_)
    for lane, place in enumerate(places):
        lanes.reset(lane, place, lane)
    expert.start(np.arange(2), places, np.arange(2))
    for step in range(_STEPS):
        actions = expert.act(Moment(lanes.state, np.full(2, step), on)).actions
        if actions.shape != (2, len(limits)) or (actions < low - 1e-9).any() or (actions > high + 1e-9).any():
            raise Broken(f"{world.name}: the expert commands what the body cannot do.")
        lanes.step(actions, on)


LAWS = (
    Law("says-what-it-is", "every task has a body with senses, one action, rate and limits; others are refused", _says),
    Law("drawn-by-seed", "environments follow from the seed, differ, and vary only as far as physics() says", _drawn),
    Law("regions-part", "every environment lies in one named region, and those drawn of it do", _parted),
    Law("same-again", "the same environment, seed and actions show the same, in any lane and at any hour", _repeated),
    Law("first-step-is-a-reset", "a lane that is placed anew shows nothing of what it lived before", _reset),
    Law("restored-exactly", "a restored lane has the future that the saved one had", _restored),
    Law("lanes-apart", "a lane at rest is moved by nobody", _apart),
    Law("shown-as-declared", "observations have the body's names, shapes and types, and progress is 0 to 1", _declared),
    Law("expert-within-bounds", "the expert commands nothing beyond the body's limits", _expert),
)
