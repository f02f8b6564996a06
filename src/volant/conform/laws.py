"""A law, how it is tried on a plug-in, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import plug
from ..core import (
    Check,
    Embedding,
    EpisodeCheck,
    Format,
    Learner,
    Measure,
    Operator,
    PairCheck,
    Runner,
    SetCheck,
    SetMeasure,
    SpaceMeasure,
    World,
)
from ..core.errors import BadInput, VolantError

__all__ = ["Broken", "Law", "LawResult", "laws", "run", "try_law"]


class Broken(AssertionError):
    """A law does not hold; the message says for which input and how."""


@dataclass(frozen=True, slots=True)
class Law:
    """One promise of a port: its name, what it says, and a trial that raises ``Broken`` where it does not hold."""

    name: str
    says: str
    trial: Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class LawResult:
    """What came of trying one law on one plug-in."""

    name: str
    says: str
    passed: bool
    detail: str = ""


def laws(plugin: object) -> tuple[Law, ...]:
    """The laws of whatever port the plug-in satisfies; refused where it satisfies none."""
    from . import (
        check_laws,
        format_laws,
        measure_laws,
        operator_laws,
        policy_laws,
        runner_laws,
        space_laws,
        world_laws,
    )

    ports: tuple[tuple[type, tuple[Law, ...]], ...] = (
        (Format, format_laws.LAWS),
        (Check, check_laws.STREAM_LAWS),
        (PairCheck, check_laws.PAIR_LAWS),
        (EpisodeCheck, check_laws.EPISODE_LAWS),
        (SetCheck, check_laws.SET_LAWS),
        (SetMeasure, measure_laws.SET_LAWS),
        (SpaceMeasure, space_laws.SPACE_LAWS),
        (Measure, measure_laws.EPISODE_LAWS),
        (Embedding, space_laws.EMBEDDING_LAWS),
        (Runner, runner_laws.LAWS),
        (Learner, policy_laws.LAWS),
        (World, world_laws.LAWS),
        (Operator, operator_laws.LAWS),
    )
    for port, found in ports:
        if isinstance(plugin, port):
            return found
    missing = {port.__name__: sorted(_missing(plugin, port)) for port, _ in ports}
    nearest = min(missing, key=lambda name: len(missing[name]))
    raise BadInput(
        f"{plugin!r} satisfies no port.",
        instead=f"The nearest is {nearest}; it lacks {', '.join(missing[nearest])}.",
        do="See volant.core.ports.",
    )


def run(kind: str, name: str) -> list[LawResult]:
    """Try every law of its port on one installed plug-in. ``kind`` is the entry-point group."""
    plugin = plug.load(kind, name)
    return [try_law(law, plugin) for law in laws(plugin)]


def try_law(law: Law, plugin: object) -> LawResult:
    """One law on one plug-in; whatever the plug-in raises breaks the law."""
    try:
        law.trial(plugin)
    except (Broken, VolantError, ArithmeticError, LookupError, TypeError, ValueError, OSError, AttributeError) as error:
        detail = str(error) if isinstance(error, Broken) else f"raised {type(error).__name__}: {error}"
        return LawResult(law.name, law.says, False, detail)
    return LawResult(law.name, law.says, True)


def _missing(plugin: object, port: type) -> set[str]:
    attributes = {name for klass in port.__mro__ for name in (*vars(klass), *getattr(klass, "__annotations__", {}))}
    return {name for name in attributes if not name.startswith("_") and not hasattr(plugin, name)}
