"""The verb as ``import volant`` offers it: a policy, ``WORLD/TASK``, and what may be left out."""

from __future__ import annotations

from typing import Any, Protocol

from .. import plug
from .evaluation import Evaluation, Who
from .evaluation import evaluate as _evaluate

__all__ = ["evaluate"]


class _Home(Protocol):
    """A lake that can evaluate."""

    def evaluate(self, policy: Any, place: str, **how: Any) -> Evaluation: ...


def evaluate(policy: Who, place: str, *, lake: _Home | None = None, **how: Any) -> Evaluation:
    """Try a policy (or a checkpoint's file) in ``WORLD/TASK``; with a ``lake``, where that did not teach it.

    ``against`` is a rival in the same environments, ``trials``, ``seed``, ``sequential`` and so on are the fields of
    ``volant.evaluate.Evaluating``; ``keep`` brings trials and figures home to the lake.
    """
    if lake is not None:
        return lake.evaluate(policy, place, **how)
    return _evaluate(policy, *plug.place(place), **how)
