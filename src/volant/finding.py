"""What a lake finds among its episodes: alike, repeated, rare. The methods of ``Lake`` of the same names.

Each embeds first what is new (``space``: motion, frames or a plug-in of one's own), so the first call of a large lake
takes a while and later ones do not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from .core.errors import NotFound

if TYPE_CHECKING:
    from .core import Episode, Selection
    from .lake import Store
    from .worth import Group, Leak, Near, Space

__all__ = ["duplicates", "leaks", "points", "rare", "similar"]

Progress = Callable[[int, int], None]


class Lake(Protocol):
    """What is asked of a lake here."""

    store: Store

    def now(self) -> int: ...
    def find(self, name: str) -> str: ...


def points(lake: Lake, space: str = "motion", *, progress: Progress | None = None) -> Space:
    """All episodes as points of a space, those that are new embedded now."""
    from . import worth

    worth.embed(lake.store, space, at=lake.now(), progress=progress)
    return worth.known(lake.store, space)


def similar(
    lake: Lake, what: str | Path, count: int = 20, *, space: str = "motion", progress: Progress | None = None
) -> tuple[Near, ...]:
    """The episodes most like one, by its id or a unique beginning of it, or like the first episode of a file."""
    from . import plug, worth

    if not Path(what).exists():
        one = lake.find(str(what))
        known = points(lake, space, progress=progress)
        return worth.similar(known, known.rows[known.place(one)], count, without=one)
    episode = _first(Path(what))
    point = None if episode is None else plug.embedding(space).of(episode)
    if episode is None or point is None:
        raise NotFound(f"{what} holds no episode that the space {space!r} has a point for.")
    return worth.similar(points(lake, space, progress=progress), point, count, without=episode.id)


def duplicates(
    lake: Lake, eps: float = 0.01, *, space: str = "motion", progress: Progress | None = None
) -> tuple[Group, ...]:
    """Groups of episodes that repeat each other within ``eps`` (one minus cosine; 0: equal to the last bit)."""
    from . import worth

    return worth.duplicates(points(lake, space, progress=progress), eps)


def rare(lake: Lake, count: int = 20, *, space: str = "motion", progress: Progress | None = None) -> tuple[Near, ...]:
    """The episodes that are like no other, most alone first."""
    from . import worth

    return worth.rare(points(lake, space, progress=progress), count)


def leaks(
    lake: Lake, one: Selection, other: Selection, eps: float = 0.01, *, space: str = "motion"
) -> tuple[Leak, ...]:
    """What of ``other`` is in ``one``, or is repeated there."""
    from . import worth

    return worth.leaks(points(lake, space), one.ids, other.ids, eps)


def _first(path: Path) -> Episode | None:
    from . import intake, plug
    from .core import Reading

    installed = plug.formats()
    for found in intake.discover([path], installed, "").found:
        for episode in installed[found.format].read(found.path, Reading(limit=1)):
            return episode
    return None
