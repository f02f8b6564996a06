"""What all log formats share: the whole log, cut as asked, with the meaning a mapping gives it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..core import Episode, Reading
from ..logs.mapping import apply_mapping
from ..logs.split import split_episode
from ._landing import chosen

__all__ = ["cut"]


def cut(whole: Episode, how: Reading) -> Iterator[Episode]:
    """The episodes of one log as a person asked for them."""
    pieces = (apply_mapping(piece, how.mapping) for piece in split_episode(whole, how.split))
    yield from chosen(pieces, how)


def same_magic(path: Path, magic: bytes) -> bool:
    """Whether a file begins with these bytes."""
    try:
        with path.open("rb") as file:
            return file.read(len(magic)) == magic
    except OSError:
        return False
