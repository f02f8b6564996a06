"""Bringing an older lake and its accounts up to this version when a server starts, and saying what was done."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..api import Lake
from ..core.errors import LakeUnwritable, Refused
from ..lake.manifest import LAYOUT as LAKE_LAYOUT
from .doors import Book
from .doors.book import LAYOUT as BOOK_LAYOUT
from .doors.book import layout_of
from .settings import Serving

__all__ = ["Prepared", "alone", "prepared"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A lake that can be served: its version, and one line for each thing that was done to it."""

    version: int
    done: tuple[str, ...]


def prepared(serving: Serving, at: int) -> Prepared:
    """Open the lake (made where there is none) and the accounts, each brought up to this version's layout.

    Raises ``LakeNewer`` where either was written by a newer Volant, ``LakeCorrupt`` where acknowledged commits are
    gone, and ``LakeUnwritable`` where nothing could come in.
    """
    done = []
    with Lake(serving.lake, clock=lambda: at) as lake:
        layout = int(lake.store.manifest.ask("PRAGMA user_version")[0][0])
        version = lake.version
        done.append(
            f"The lake has layout {layout} of {LAKE_LAYOUT} and {version} commits: nothing to bring up."
            if version
            else f"A new lake was made at {serving.lake}."
        )
        if not lake.store.manifest.writable:
            raise LakeUnwritable(f"The lake at {serving.lake} cannot be written.", do="Check its permissions.")
    before = layout_of(serving.place)
    Book.open(serving.place).close()
    if before is None:
        done.append(f"Accounts are kept in {serving.place}.")
    elif before < BOOK_LAYOUT:
        done.append(f"The accounts were brought from layout {before} to {BOOK_LAYOUT}.")
    return Prepared(version, tuple(done))


@contextmanager
def alone(home: Path) -> Generator[None]:
    """No second server of this machine serves from this folder meanwhile. Raises ``Refused``."""
    place = os.open(home / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Refused(
                f"Another server serves from {home}.", do="Stop it first, or give this one a --home of its own."
            ) from error
        yield
    finally:
        os.close(place)
