"""The seams of what episodes lie in beside one another: what makes vectors of them, and what measures among vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from .episode import Episode
from .fact import Span

__all__ = ["Embedding", "Searched", "SearchingMeasure", "SpaceMeasure"]

Rows = npt.NDArray[np.float32]


@runtime_checkable
class Embedding(Protocol):
    """A point for an episode, so that what is alike lies near: float32 of a fixed ``width``, always finite.

    ``of`` gives the whole episode's point, or ``None`` where there is nothing to make it of. ``windows`` gives
    points ``[w, width]`` of stretches and their spans, or ``None``. Distances are Euclidean; directions (cosine) must
    mean something too. What a version once gave it always gives: another formula is another version.

    Law: the same episode gives the same point, wherever its clock starts; a window's point is the point of the
    episode cut to that window (``of(episode.between(span.start, span.stop))``).
    """

    name: str
    version: str
    width: int

    def of(self, episode: Episode) -> Rows | None: ...
    def windows(self, episode: Episode) -> tuple[Rows, Sequence[Span]] | None: ...


@runtime_checkable
class SpaceMeasure(Protocol):
    """One number of each episode that depends on where the others lie.

    ``embedding`` names the space. ``scores`` sees the points ``[n, width]`` in the order in which the episodes came,
    the lake's columns of the same episodes (as in ``SetMeasure``), and which of them are ``fresh``; it gives float64
    ``[n]``, of which only the fresh ones are told, and NaN where it is not defined.

    Law: asking for some gives of them what asking for all gives, so that only what is new need ever be asked for.
    """

    name: str
    version: str
    unit: str
    embedding: str

    def scores(
        self, rows: Rows, columns: Mapping[str, npt.NDArray[np.generic]], fresh: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float64]: ...


class Searched(Protocol):
    """The first ``count`` points of a space, where somebody keeps an index of them."""

    @property
    def count(self) -> int: ...

    def nearest(self, queries: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """The place of the nearest of them to each query ``[m, width]``, surely: no nearer one is missed."""
        ...


@runtime_checkable
class SearchingMeasure(SpaceMeasure, Protocol):
    """A measure among points that can do with an index of the first of them; which must not change what it finds."""

    def searched(
        self,
        rows: Rows,
        columns: Mapping[str, npt.NDArray[np.generic]],
        fresh: npt.NDArray[np.bool_],
        known: Searched,
    ) -> npt.NDArray[np.float64]: ...
