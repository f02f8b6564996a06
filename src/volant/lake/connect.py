"""Opening the manifest: foreign and newer files are refused before SQLite touches them, its errors become ours."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ..core.errors import LakeCorrupt, LakeError, LakeNewer, LakeUnwritable

__all__ = ["APPLICATION", "LAYOUT", "connect", "entered", "fits", "keep_log", "left", "look", "opening", "told"]

LAYOUT = 1
"""Version of the layout; a lake of a newer one is refused."""

APPLICATION = 0x564F4C41  # "VOLA"


_OPEN: Counter[tuple[int, int]] = Counter()
_GATE = threading.RLock()


@contextmanager
def opening(path: Path) -> Generator[bool]:
    """While a manifest is opened: whether nobody in this process has it open, so that its bytes may be looked at.

    POSIX drops all locks that a process holds on a file as soon as it closes it anywhere. Another process then takes
    itself for the last that has the lake open, and removes SQLite's log under the hands of this one: what is committed
    after that is lost. So nothing but SQLite touches a file that SQLite has open here.
    """
    with _GATE:
        yield not (path.exists() and _OPEN[_inode(path)])


def entered(path: Path) -> tuple[int, int]:
    """Somebody in this process has it open now; ``left`` takes what this gives."""
    with _GATE:
        inode = _inode(path)
        _OPEN[inode] += 1
        return inode


def left(inode: tuple[int, int]) -> None:
    """Whoever ``entered`` has closed it."""
    with _GATE:
        _OPEN[inode] -= 1
        if _OPEN[inode] <= 0:
            del _OPEN[inode]


def _inode(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def look(path: Path) -> None:
    """Refuse a foreign or newer file by its header, before SQLite touches it."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except OSError as error:
        raise LakeUnwritable(f"The manifest {path} cannot be read: {error.strerror}.") from error
    if not head.startswith(b"SQLite format 3\0"):
        raise LakeCorrupt(f"The manifest {path} is damaged: it is no SQLite file.", do="Restore it from a copy.")
    layout, mark = (int.from_bytes(head[start : start + 4], "big") for start in (60, 68))
    # A process that makes the lake at this moment has written the first page and nothing on it.
    unborn = not mark and not layout and path.stat().st_size <= int.from_bytes(head[16:18], "big")
    if not unborn and (mark or not path.with_name(path.name + "-wal").exists()):
        fits(mark, layout, path)


def fits(mark: int, layout: int, path: Path) -> None:
    """Refuse the manifest of something else, or of a newer Volant."""
    if mark != APPLICATION:
        raise LakeError(f"{path} is a database of something else, not a lake's manifest.", do="Name a lake.")
    if layout > LAYOUT:
        raise LakeNewer(
            f"The lake at {path.parent} has layout {layout}; this Volant knows layout {LAYOUT}.",
            do="Install a newer Volant.",
        )


def connect(path: Path, *, fresh: bool) -> tuple[sqlite3.Connection, bool]:
    """A connection, and whether it may write. Raises ``LakeUnwritable``; what SQLite raises else is for ``told``."""
    reach = partial(sqlite3.connect, isolation_level=None, timeout=60.0, check_same_thread=False, cached_statements=256)
    try:
        if fresh:
            path.parent.mkdir(parents=True, exist_ok=True)
        db = reach(path)
        db.execute("PRAGMA user_version").fetchone()
        if not fresh:
            db.execute("BEGIN IMMEDIATE")
            db.execute("ROLLBACK")
        return db, True
    except OSError as error:
        raise LakeUnwritable(f"No lake can be made at {path.parent}: {error.strerror}.") from error
    except sqlite3.OperationalError as error:
        text = str(error)
        if fresh:
            raise LakeUnwritable(f"No lake can be made at {path.parent}: {text}.", do="Check permissions.") from error
        if "readonly" not in text and "unable to open" not in text and "permission" not in text:
            raise
        log = path.with_name(path.name + "-wal")
        quiet = not log.exists() or log.stat().st_size == 0
        mode = "mode=ro&immutable=1" if quiet else "mode=ro"
        return reach(f"{path.resolve().as_uri()}?{mode}", uri=True), False


def told(error: sqlite3.DatabaseError, path: Path) -> LakeError:
    """What SQLite said, as one of our errors."""
    text = str(error)
    if any(word in text for word in ("full", "readonly", "disk I/O", "unable to open")):
        return LakeUnwritable(
            f"The lake at {path.parent} cannot be written: {text}.",
            do="Free space or check permissions; what was acknowledged before is kept.",
        )
    if "locked" in text or "busy" in text:
        return LakeError(f"Another process keeps the lake at {path.parent} locked.", do="Try again when it is done.")
    return LakeCorrupt(f"The manifest {path} is damaged: {text}.", do="Restore it from a copy.")


def keep_log(path: Path, version: int) -> None:
    """Keep SQLite's log as it is: its last reader cuts off what it could not read, and that may be worth a rescue."""
    log, kept = path.with_name(path.name + "-wal"), path.with_name(f"{path.name}-wal-lost-{version}")
    if log.is_file() and log.stat().st_size and not kept.exists():
        try:
            shutil.copyfile(log, kept)
        except OSError:
            kept.unlink(missing_ok=True)
