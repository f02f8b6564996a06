"""The stage that makes policies of selections, and remembers which episodes taught which policy.

The package can be called: ``volant.train("bc", picked, minutes=5)`` gives the policy.
"""

import sys
from types import ModuleType
from typing import Any, Protocol

from ..core import Policy
from .failures import METHODS, use
from .gather import Gathering, gather, gather_from
from .train import Trained, Training, lineage, remember, teach, train

__all__ = [
    "METHODS",
    "Gathering",
    "Trained",
    "Training",
    "gather",
    "gather_from",
    "lineage",
    "remember",
    "teach",
    "train",
    "use",
]


class _Home(Protocol):
    """A lake that can train."""

    def train(self, learner: str, selection: Any, **how: Any) -> Trained: ...


class _Picked(Protocol):
    """A selection that knows its lake."""

    @property
    def lake(self) -> _Home: ...


class _Stage(ModuleType):
    """A package and a verb in one: Python binds a package over any function of the same name."""

    def __call__(self, learner: str, selection: _Picked, **how: Any) -> Policy:
        """Teach a policy by a picked selection."""
        return selection.lake.train(learner, selection, **how).policy


sys.modules[__name__].__class__ = _Stage
