"""A ROS 2 bag in SQLite: opened so that nothing is ever written beside it."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import tempfile
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from ..core.errors import BadInput, Damaged
from .source import Channel, Place, Trouble

__all__ = ["MAGIC3", "Db3File", "is_db3"]

MAGIC3 = b"SQLite format 3\0"


def _connect(path: Path) -> sqlite3.Connection:
    """Read-only and immutable: SQLite then makes no lock, journal or shared-memory file."""
    made = sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    made.execute("PRAGMA trusted_schema = OFF")
    made.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return made


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def is_db3(path: Path) -> bool:
    """Whether a SQLite file has the tables of a ROS 2 bag."""
    try:
        with closing(_connect(path)) as connection:
            return {"topics", "messages"} <= _tables(connection)
    except sqlite3.Error:
        return False


class _Idle:
    """Open connections that nobody uses now, at most 16: opening one takes five times as long as reading a picture."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._held: OrderedDict[int, sqlite3.Connection] = OrderedDict()

    def take(self, number: int) -> sqlite3.Connection | None:
        with self._lock:
            return self._held.pop(number, None)

    def give(self, number: int, connection: sqlite3.Connection) -> None:
        with self._lock:
            self.drop(number)
            self._held[number] = connection
            if len(self._held) > _MOST_IDLE:
                self._held.popitem(last=False)[1].close()

    def drop(self, number: int) -> None:
        connection = self.take(number)
        if connection is not None:
            connection.close()


_MOST_IDLE = 16
_numbers = itertools.count()
_idle = _Idle()


class Db3File:
    """One ``.db3`` file. Implements ``Source``.

    Where the recorder left rows in a write-ahead log (``-wal``), database and log are copied to a temporary folder
    and joined there, because an immutable database ignores them; the folder goes when the source does.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.channels: dict[int, Channel] = {}
        self.trouble = Trouble()
        self._open, self._number = path, next(_numbers)
        weakref.finalize(self, _idle.drop, self._number)
        wal = path.with_name(path.name + "-wal")
        if wal.is_file() and wal.stat().st_size:
            self._open = self._joined(wal)

    def _joined(self, wal: Path) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="volant-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        try:
            copy = Path(shutil.copyfile(self.path, folder / "bag.db3"))
            shutil.copyfile(wal, folder / "bag.db3-wal")
            with closing(sqlite3.connect(copy)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.execute("PRAGMA journal_mode = DELETE")
        except (sqlite3.Error, OSError) as error:
            raise Damaged(f"{self.path.name}: its write-ahead log cannot be joined: {error}.") from error
        return copy

    def messages(self) -> Iterator[tuple[int, int, memoryview, Place]]:
        """Every row in the order it was written."""
        self.channels, self.trouble = {}, Trouble()
        if not self.path.stat().st_size:
            raise Damaged(f"{self.path.name} is empty: it has no bytes at all.", do="Record it again.")
        count = 0
        try:
            with closing(_connect(self._open)) as connection:
                self._topics(connection)
                rows = connection.execute("SELECT rowid, topic_id, timestamp, data FROM messages ORDER BY rowid")
                for row, topic, time, data in rows:
                    whole = isinstance(time, int) and isinstance(data, bytes) and isinstance(row, int)
                    if not whole or topic not in self.channels or time < 0:
                        self.trouble.say("record", f"row {row} has no topic, time or data: left out")
                        continue
                    count += 1
                    yield topic, time, memoryview(data), (row, 0, len(data))
        except sqlite3.Error as error:
            if not count:
                raise Damaged(f"{self.path.name} cannot be read as a ROS 2 bag: {error}.") from error
            self.trouble.say("truncated", f"the database breaks off: {error}")
            self.trouble.say("saved", f"{count} whole messages from {self.path.stat().st_size} bytes")

    def _topics(self, connection: sqlite3.Connection) -> None:
        tables = _tables(connection)
        if not {"topics", "messages"} <= tables:
            raise BadInput(f"{self.path.name} is a SQLite file without the tables of a ROS 2 bag.",
                           instead=f"It has {', '.join(sorted(tables)) or 'none'}.")  # fmt: skip
        texts: dict[str, tuple[str, bytes]] = {}
        if "message_definitions" in tables:
            rows = connection.execute(
                "SELECT topic_type, encoding, encoded_message_definition FROM message_definitions"
            )
            texts = {str(kind): (str(how), str(text).encode()) for kind, how, text in rows if text}
        for number, name, kind, encoding in connection.execute(
            "SELECT id, name, type, serialization_format FROM topics"
        ):
            if isinstance(number, int):
                schema = texts.get(str(kind), ("", b""))
                self.channels[number] = Channel(str(name) or f"topic {number}", str(kind), str(encoding), *schema)

    def view(self, place: Place) -> memoryview:
        """The bytes of a row again."""
        row, offset, size = place
        try:
            connection = _idle.take(self._number) or _connect(self._open)
            found = connection.execute("SELECT data FROM messages WHERE rowid = ?", (row,)).fetchone()
        except sqlite3.Error as error:
            raise Damaged(f"{self.path.name} cannot be read again: {error}.") from error
        _idle.give(self._number, connection)
        data = memoryview(found[0] if found and isinstance(found[0], bytes) else b"")[offset : offset + size]
        if len(data) != size:
            raise Damaged(f"{self.path.name} has changed while it was read.")
        return data
