"""What a lake chooses for training: a curated selection. A method of ``volant.Lake`` of the same name.

What is new is embedded first, so the first call of a large lake takes a while and later ones do not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .curate import Curated
    from .lake import Store

__all__ = ["curate"]

Progress = Callable[[int, int], None]


class Lake(Protocol):
    """What is asked of a lake here."""

    store: Store

    def now(self) -> int: ...


def curate(lake: Lake, budget: int = 1000, *, progress: Progress | None = None, **how: Any) -> Curated:
    """The episodes that a budget is best spent on, each with its reason; ``how`` as for ``curate.Curating``."""
    from . import curate as stage
    from . import worth

    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in how.items()}
    asked = stage.Curating(budget, **given)
    worth.embed(lake.store, asked.space, at=lake.now(), progress=progress)
    made = stage.curate(lake.store, asked)
    stage.remember(lake.store, made, at=lake.now())
    return made
