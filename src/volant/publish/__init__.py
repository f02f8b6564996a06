"""The stage that hands a selection to others: written, proven, described, versioned.

The package can be called: ``volant.publish(picked, "out/", format="lerobot")``.
"""

import sys
from types import ModuleType
from typing import Any, Protocol

from .manifest import File, Manifest, load, verify
from .write import Publication, Publishing, compare, publish

__all__ = ["File", "Manifest", "Publication", "Publishing", "compare", "load", "publish", "verify"]


class _Home(Protocol):
    """A lake that can publish."""

    def publish(self, selection: Any, out: Any, **how: Any) -> Publication: ...


class _Picked(Protocol):
    """A selection that knows its lake."""

    @property
    def lake(self) -> _Home: ...


class _Stage(ModuleType):
    """A package and a verb in one: Python binds a package over any function of the same name."""

    def __call__(self, selection: _Picked, out: Any, **how: Any) -> Publication:
        """Write a picked selection as a dataset."""
        return selection.lake.publish(selection, out, **how)


sys.modules[__name__].__class__ = _Stage
