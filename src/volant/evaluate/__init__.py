"""The stage that says how good a policy is, and how surely: held-out trials, paired A/B, regression suites.

The package can be called: ``volant.evaluate(policy, "metaworld/push-v3", trials=200)``.
"""

import sys
from types import ModuleType

from . import calling
from .contestant import Contestant, contestant
from .evaluation import Arm, Evaluation, Home, evaluate
from .held import HeldOut
from .settings import Dials, Evaluating
from .telling import document, facts_of, rows, verdict
from .trials import Trials
from .versus import Versus

__all__ = [
    "Arm",
    "Contestant",
    "Dials",
    "Evaluating",
    "Evaluation",
    "HeldOut",
    "Home",
    "Trials",
    "Versus",
    "contestant",
    "document",
    "evaluate",
    "facts_of",
    "rows",
    "verdict",
]


class _Stage(ModuleType):
    """A package and a verb in one: Python binds a package over any function of the same name."""

    __call__ = staticmethod(calling.evaluate)


sys.modules[__name__].__class__ = _Stage
