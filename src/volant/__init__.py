"""Volant: the open flywheel for robots that learn.

An episode never changes. Everything we learn about it is a fact. A dataset is a question asked of the facts, frozen.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .api import Lake, Picked, check, publish, read
    from .core import Episode, Estimate, Fact, Kind, Origin, Selection, Signal, Span, Stream, Verdict
    from .core.errors import VolantError
    from .deploy.calling import pilot
    from .evaluate.calling import evaluate

__all__ = [
    "Episode",
    "Estimate",
    "Fact",
    "Kind",
    "Lake",
    "Origin",
    "Picked",
    "Selection",
    "Signal",
    "Span",
    "Stream",
    "Verdict",
    "VolantError",
    "check",
    "evaluate",
    "pilot",
    "publish",
    "read",
    "record",
    "train",
]

_HOMES = {
    **dict.fromkeys(("Lake", "Picked", "check", "read"), "volant.api"),
    "VolantError": "volant.core.errors",
    "pilot": "volant.deploy.calling",
}


def __getattr__(name: str) -> object:
    """The public name, from the module that holds it, imported when first asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'volant' has no attribute {name!r}")
    if name in (
        "evaluate",
        "publish",
        "record",
        "train",
    ):  # stages with a verb of their name: the package itself can be called
        return import_module(f"volant.{name}")
    return getattr(import_module(_HOMES.get(name, "volant.core")), name)


def __dir__() -> list[str]:
    return sorted(__all__)
