"""From entry points to objects, lazily: which formats, checks, measures, worlds, policies and so on are installed.

A group is ``volant.<folder>``; the entry's name is the plug-in's name. Nothing is imported until it is asked for.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from .core.checkpoint import header
from .core.errors import MissingPart, NotFound, VolantError, suggest
from .core.ports import (
    Check,
    Embedding,
    EpisodeCheck,
    Format,
    Learner,
    Measure,
    Operator,
    PairCheck,
    Policy,
    Runner,
    SetCheck,
    SetMeasure,
    SpaceMeasure,
    World,
)

__all__ = [
    "GROUPS",
    "checks",
    "embedding",
    "find",
    "formats",
    "learner",
    "load",
    "measures",
    "names",
    "operator",
    "place",
    "policy",
    "runners",
    "world",
]

GROUPS = ("formats", "checks", "measures", "embeddings", "worlds", "policies", "operators", "runners")

_ONE = {group: group.removesuffix("s") for group in GROUPS} | {"policies": "policy"}

AnyCheck = Check | PairCheck | EpisodeCheck | SetCheck
AnyMeasure = Measure | SetMeasure | SpaceMeasure


@cache
def _entries(group: str) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=f"volant.{group}")}


def names(group: str) -> tuple[str, ...]:
    """Names of everything installed in a group, sorted; nothing is imported."""
    if group not in GROUPS:
        raise NotFound(f"No kind of plug-in is called {group!r}.", instead=suggest(group, GROUPS))
    return tuple(sorted(_entries(group)))


@cache
def load(group: str, name: str) -> object:
    """The plug-in of that name, imported now and made once."""
    if name not in names(group):
        raise NotFound(f"No {_ONE[group]} is called {name!r}.", instead=suggest(name, names(group)))
    try:
        made = _entries(group)[name].load()
    except ImportError as error:
        raise MissingPart(
            f"The {_ONE[group]} {name!r} cannot be loaded: {error}.", do="Install the package it needs."
        ) from error
    return made() if isinstance(made, type) else made


def find(group: str, name: str) -> object | None:
    """The plug-in of that name, or ``None`` where it is not there or not loadable."""
    try:
        return load(group, name)
    except VolantError:
        return None


def formats() -> dict[str, Format]:
    """Every installed format by name."""
    return {name: cast(Format, load("formats", name)) for name in names("formats")}


def checks() -> dict[str, AnyCheck]:
    """Every installed check by name, of all four sorts."""
    return {name: cast(AnyCheck, load("checks", name)) for name in names("checks")}


def measures() -> dict[str, AnyMeasure]:
    """Every installed measure by name, of all three sorts."""
    return {name: cast(AnyMeasure, load("measures", name)) for name in names("measures")}


def embedding(name: str) -> Embedding:
    """The embedding of that name."""
    return cast(Embedding, load("embeddings", name))


def runners() -> dict[str, Runner]:
    """Every installed runner by name."""
    return {name: cast(Runner, load("runners", name)) for name in names("runners")}


def world(name: str) -> World:
    """The world of that name."""
    return cast(World, load("worlds", name))


def place(words: str) -> tuple[str, str]:
    """World and task of ``WORLD/TASK``; an unknown one is refused with near names."""
    name, slash, task = words.partition("/")
    if name not in names("worlds"):
        raise NotFound(f"No world is called {name!r}.", instead=suggest(name, names("worlds")), do="Write WORLD/TASK.")
    if not slash or task not in world(name).tasks():
        near = suggest(task, world(name).tasks())
        raise NotFound(f"{name} has no task {task!r}." if task else f"{words!r} names no task.", instead=near)
    return name, task


def learner(name: str) -> Learner:
    """What teaches policies of that name."""
    return cast(Learner, load("policies", name))


def policy(blob: bytes) -> Policy:
    """The policy that these bytes are, opened by the learner that they name."""
    return learner(header(blob)["learner"]).open(blob)


def operator(name: str) -> Operator:
    """The operator of that name."""
    return cast(Operator, load("operators", name))
