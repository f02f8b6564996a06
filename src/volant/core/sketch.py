"""What set checks remember: one short vector an episode and group, and many of them as columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import overload

import numpy as np
import numpy.typing as npt

__all__ = ["Sketch", "Sketches"]


@dataclass(frozen=True, slots=True)
class Sketch:
    """What a set check remembers of one episode: a short vector and the group it is compared in."""

    subject: str
    group: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sketches(Sequence[Sketch]):
    """Many sketches as columns: a lake's worth takes the room of its numbers.

    ``who`` and ``where`` are places in ``subjects`` and ``groups``, int64 ``[n]``; the values of sketch ``i`` are
    ``values[cuts[i]:cuts[i + 1]]``, float64.
    """

    subjects: Sequence[str]
    groups: Sequence[str]
    who: npt.NDArray[np.int64]
    where: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    cuts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, sketches: Sequence[Sketch]) -> Sketches:
        """The same sketches as columns; columns stay what they are."""
        if isinstance(sketches, Sketches):
            return sketches
        subjects, groups = [one.subject for one in sketches], [one.group for one in sketches]
        return cls.laid(subjects, groups, [one.values for one in sketches])

    @classmethod
    def laid(cls, subjects: Sequence[str], groups: Sequence[str], vectors: Sequence[tuple[float, ...]]) -> Sketches:
        """Columns of what was said of each subject in each group."""
        words, who = _coded(subjects)
        names, where = _coded(groups)
        cuts = np.zeros(len(vectors) + 1, np.int64)
        np.cumsum([len(vector) for vector in vectors], out=cuts[1:])
        values = np.fromiter(chain.from_iterable(vectors), np.float64, int(cuts[-1]))
        return cls(words, names, who, where, values, cuts)

    def __len__(self) -> int:
        return len(self.who)

    @overload
    def __getitem__(self, place: int) -> Sketch: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Sketch]: ...
    def __getitem__(self, place: int | slice) -> Sketch | Sequence[Sketch]:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        i = range(len(self))[place]
        values = tuple(self.values[self.cuts[i] : self.cuts[i + 1]].tolist())
        return Sketch(self.subjects[self.who[i]], self.groups[self.where[i]], values)

    def by_group(self) -> Iterator[tuple[str, list[str], npt.NDArray[np.float64]]]:
        """Name, subjects and values ``[n, width]`` of each group, both in order; what is said twice comes once.

        Groups whose sketches differ in length cannot be compared and are left out.
        """
        order = np.argsort(self.where, kind="stable")
        names = self.where[order]
        edges = np.flatnonzero(np.diff(names, prepend=-1, append=-1)) if len(order) else np.zeros(1, np.int64)
        pieces = [(self.groups[names[a]], order[a:b]) for a, b in pairwise(edges.tolist())]
        rank = np.empty(len(self.subjects), np.int64)
        rank[sorted(range(len(self.subjects)), key=self.subjects.__getitem__)] = np.arange(len(self.subjects))
        for name, rows in sorted(pieces, key=lambda piece: piece[0]):
            widths = self.cuts[rows + 1] - self.cuts[rows]
            if not len(rows) or (widths != widths[0]).any():
                continue
            rows = rows[np.argsort(rank[self.who[rows]], kind="stable")]
            who, values = self.who[rows], self._table(rows, int(widths[0]))
            twice = who[1:] == who[:-1]
            if twice.any():
                sort = np.lexsort((*values.T[::-1], rank[who]))
                who, values = who[sort], values[sort]
                fresh = np.append(True, ~twice | (values[1:] != values[:-1]).any(axis=1))
                who, values = who[fresh], values[fresh]
            yield name, [self.subjects[i] for i in who.tolist()], values

    def _table(self, rows: npt.NDArray[np.int64], width: int) -> npt.NDArray[np.float64]:
        """The vectors of these sketches, all of one width, as a matrix."""
        if width and len(self.values) == len(self) * width and (np.diff(self.cuts) == width).all():
            return self.values.reshape(-1, width).take(rows, axis=0)
        return self.values.take(self.cuts[rows][:, None] + np.arange(width))


def _coded(words: Sequence[str]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Every different word once, and which of them stands at each place."""
    places: dict[str, int] = {}
    codes = np.fromiter((places.setdefault(word, len(places)) for word in words), np.int64, len(words))
    return list(places), codes
