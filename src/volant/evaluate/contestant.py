"""Who is evaluated: a policy, or a scripted driver to compare it with, as a value that processes can work with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from .. import plug
from ..core import Origin, Policy, Signal
from ..core.errors import BadValue, NotFound, suggest
from ..runners.living import Driver, Drives

__all__ = ["Contestant", "contestant"]


@dataclass(frozen=True, slots=True)
class Contestant:
    """A name for tables, the hash that facts are told of, who drives, and what is known of where it comes from.

    ``signals`` are what it must see and, last, what it does (empty: it fits any body), ``scenes`` the environments
    that its checkpoint says it was taught in, ``None`` where it does not say. ``scripted``: nobody taught it anything.
    """

    name: str
    hash: str
    driver: Drives
    origin: Origin
    signals: tuple[Signal, ...] = ()
    scenes: frozenset[str] | None = None
    scripted: bool = False
    about: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class _Holds(Protocol):
    """Something that holds a policy."""

    @property
    def policy(self) -> Policy: ...


def contestant(who: Contestant | Policy | bytes | str | Path, world: str) -> Contestant:
    """A policy (itself, its bytes, its file) or an operator by name (``expert``), ready to be evaluated in a world."""
    if isinstance(who, Contestant):
        return who
    if isinstance(who, _Holds):  # what ``train`` gave, selection and losses beside the policy
        return contestant(who.policy, world)
    if isinstance(who, str) and who in plug.names("operators"):
        driver = Driver(operator=who)
        return Contestant(who, "", driver, driver.origin(world), scripted=True)
    if isinstance(who, str | Path):
        who = _read(who)
    policy = plug.policy(who) if isinstance(who, bytes) else who
    if not isinstance(policy, Policy):
        raise BadValue(
            f"{type(who).__name__} is no policy.", do="Give a policy, its bytes or its file, or an operator."
        )
    driver = Driver(policy=policy.blob)
    about: Mapping[str, Any] = getattr(policy, "header", {})
    scenes = frozenset(map(str, about["scenes"])) if "scenes" in about else None
    signals = (*policy.observations, policy.action)
    name = f"{policy.name} {policy.hash[:8]}"
    return Contestant(name, policy.hash, driver, driver.origin(world), signals, scenes, about=about)


def _read(path: str | Path) -> bytes:
    """The bytes of a checkpoint; refused in words where there is none."""
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        operators = plug.names("operators")
        near = suggest(str(path), operators) if "." not in str(path) and "/" not in str(path) else ""
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise NotFound(
            f"There is no policy at {path}: {why}.",
            instead=near,
            do="Make one with `volant train`, or name an operator.",
        ) from error
