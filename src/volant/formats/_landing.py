"""Writing that is finished or not there: beside the goal first, proven by reading, then renamed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from ..core import Episode, Reading, Stream, Value
from ..core.durable import sync
from ..core.errors import BadInput, Refused
from ..logs.mapping import apply_mapping

__all__ = ["Proof", "chosen", "landing", "plain_facts", "proof", "prove"]


@contextmanager
def landing(out: Path) -> Generator[Path, None, None]:
    """A path beside ``out`` to write to; renamed to ``out`` when the block ends well, removed when it does not.

    A goal that is already there is never written over.
    """
    if out.exists():
        raise Refused(f"{out} is already there.", do="Choose another place or remove it yourself.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        part = out.with_name(f".{out.name}.part{out.suffix}")
        _remove(part)
        yield part
        _settle(part)
        part.rename(out)
        sync(out.parent)
    except OSError as error:
        raise Refused(f"{out} cannot be written: {error}.", do="Check permissions and free space.") from error
    finally:
        _remove(out.with_name(f".{out.name}.part{out.suffix}"))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _settle(path: Path) -> None:
    """Have every byte on the disk before the name says that it is there."""
    if path.is_dir():
        for folder, _, files in os.walk(path):
            for name in files:
                sync(Path(folder) / name)
            sync(Path(folder))
    else:
        sync(path)


@dataclass(frozen=True, slots=True)
class Proof:
    """What must be found again: digest of the number streams, rows of every stream."""

    digest: str
    rows: tuple[tuple[str, int], ...]

    @property
    def frames(self) -> int:
        """Samples of the longest stream, which is what an episode counts when it is read again."""
        return max((count for _, count in self.rows), default=0)


def proof(episode: Episode, main: Stream | None = None) -> Proof:
    """What an episode must show when it is read again. Pictures are counted and not compared; with ``main`` they
    are expected held onto its rows."""
    plain = tuple(stream for stream in episode.streams if isinstance(stream.x, np.ndarray))
    held = {s.name: len(main) for s in episode.streams if main and s.video is not None and len(s)}
    rows = tuple(sorted((stream.name, held.get(stream.name, len(stream))) for stream in episode.streams))
    return Proof(Episode(plain).id, rows)


def prove(read: Iterable[Episode], expected: Iterable[Proof]) -> None:
    """Refuse what was written unless reading it gives back every episode, row and number."""
    found = iter(read)
    number = -1
    try:
        for number, wanted in enumerate(expected):
            got = next(found, None)
            if got is None:
                raise Refused(f"Episode {number} was written and is not there when read again.")
            seen = proof(got)
            if seen != wanted:
                differ = sorted(set(seen.rows) ^ set(wanted.rows))
                raise Refused(f"Episode {number} reads back differently.", instead=f"Rows that differ: {differ}.")
        if next(found, None) is not None:
            raise Refused(f"More than the {number + 1} episodes written are there when read again.")
    except BadInput as error:
        raise Refused(f"What was written cannot be read again: {error}") from error


def chosen(episodes: Iterable[Episode], how: Reading) -> Iterator[Episode]:
    """Episodes as a person asked for them: their streams mapped, with their task, up to their limit."""
    for episode in islice(episodes, how.limit):
        episode = apply_mapping(episode, how.mapping)
        yield replace(episode, task=how.task) if how.task else episode


def plain_facts(facts: Mapping[str, Mapping[str, Value]], episode: Episode) -> dict[str, Value]:
    """What the publisher says beside one episode, in a fixed order."""
    return dict(sorted(facts.get(episode.id, {}).items()))
