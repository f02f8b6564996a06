"""Every episode's vector under one key, in the order in which the episodes came, kept as plain arrays beside the facts.

    kept/<digest of key and author>/head.json      what the arrays hold, of which version of the lake, and its chain
    kept/<digest of key and author>/rows-<token>   float32 [count, width], as they lie in memory
    kept/<digest of key and author>/ids-<token>    bytes [count, size]

What is kept is derived: it can be removed at any time and is made again from the facts. It is believed only where the
lake's chain of commits at its version is the one that it was made of. Facts that came since are read and laid behind
it; where they change what is kept, or come before the end of it, everything is read anew. Arrays only grow: a reader
that mapped them is never disturbed. A writer killed on the way leaves bytes behind the end that the head names, which
the next one writes over. Two writers take turns by a lock.
"""

from __future__ import annotations

import fcntl
import hashlib
import secrets
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..core.durable import sync
from ..core.errors import LakeUnwritable, NotFound
from .folder import locked
from .numbers import matched
from .query import Query
from .vectors import Rows, read

__all__ = ["Head", "Keeper", "Points"]

_LAYOUT = 1

_STRAYS = 4096
"""Where more episodes lack a vector, or more vectors an episode, than these, nothing is kept."""


class Head(msgspec.Struct, frozen=True):
    """What kept arrays hold: ``count`` points up to a version of the lake, whose chain was ``chain`` then.

    ``missing`` are the episodes without a vector up to then, ``strays`` subjects of vectors that are no episodes.
    """

    layout: int
    key: str
    by: str
    version: int
    chain: str
    count: int
    width: int
    size: int
    token: str
    missing: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """The latest vector of every episode that has one, by one author, at a version.

    ``parts`` are tables ``[n, width]`` that follow each other, the first of them mapped from disk where some are kept;
    ``missing`` are the ids of episodes without a vector. ``fresh`` are those of them that are not kept as such.
    """

    key: str
    by: str
    version: int
    ids: pa.Array
    parts: tuple[Rows, ...]
    missing: tuple[str, ...]
    strays: tuple[str, ...] = ()
    head: Head | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def rows(self) -> Rows:
        """All points ``[n, width]``; without a copy where they lie in one part."""
        return self.parts[0] if len(self.parts) == 1 else np.concatenate(self.parts)

    @property
    def fresh(self) -> tuple[str, ...]:
        """Episodes without a vector that came after what is kept."""
        return self.missing if self.head is None else self.missing[len(self.head.missing) :]


@dataclass(frozen=True, slots=True)
class Keeper:
    """Reads points by way of what is kept, and keeps them, in a folder of this machine."""

    query: Query
    root: Path

    def read(self, key: str, by: str, version: int) -> Points:
        """The points of a key by an author at a version. Raises ``NotFound`` where that author told none."""
        head = self._head(key, by, version)
        news = None if head is None else self._news(head, version)
        return self._whole(key, by, version) if news is None else news

    def known(self, key: str, by: str, version: int) -> Points | None:
        """The same, but ``None`` where nothing is kept that could be begun with."""
        head = self._head(key, by, version)
        return None if head is None else self._news(head, version)

    def keep(self, points: Points) -> Points:
        """Keep points, those before them appended to; the same, mapped from disk. Raises ``LakeUnwritable``."""
        if not len(points) or max(len(points.missing), len(points.strays)) > _STRAYS:
            return points
        place = self.place(points.key, points.by)
        try:
            place.mkdir(parents=True, exist_ok=True)
            with locked(place / "lock", fcntl.LOCK_EX):
                head = self._head(points.key, points.by, points.version)
                if head is None or (head.version < points.version and points.head in (None, head)):
                    head = self._written(place, points)
                if head is None:
                    return points
            # Another writer may have kept another version meanwhile: then the next one carries that forward.
            return self._mapped(head) if head.version == points.version else points
        except OSError as error:
            raise LakeUnwritable(f"{place} cannot be written: {error.strerror}.") from error

    def _written(self, place: Path, points: Points) -> Head | None:
        """Lay new parts behind those that are kept, or all of them into new files, and then name them in the head."""
        before, width, size = points.head, points.parts[0].shape[1], len(points.ids[0].as_py())
        token = secrets.token_hex(8) if before is None else before.token
        count = 0 if before is None else before.count
        new = points.parts[0 if before is None else 1 :]
        ids = _packed(points.ids[count:], size)
        if ids is None:
            return None
        for name, arrays, step in (("rows", new, 4 * width), ("ids", (ids,), size)):
            path = place / f"{name}-{token}"
            with path.open("r+b" if before is not None else "xb") as file:
                file.seek(count * step)
                for array in arrays:
                    file.write(np.ascontiguousarray(array).data)
            sync(path)
        head = Head(
            _LAYOUT, points.key, points.by, points.version, self.query.shelf.manifest.chain(points.version),
            len(points), width, size, token, points.missing, points.strays,
        )  # fmt: skip
        aside = place / "head.json.new"
        aside.write_bytes(msgspec.json.encode(head))
        sync(aside)
        aside.rename(place / "head.json")
        sync(place)
        for path in place.glob("*-*"):
            if not path.name.endswith(token):
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        return head

    def _head(self, key: str, by: str, version: int) -> Head | None:
        """What is kept of a key, where it can be believed and is not younger than the version."""
        place = self.place(key, by)
        try:
            head = msgspec.json.decode((place / "head.json").read_bytes(), type=Head)
            held = [(place / f"{name}-{head.token}").stat().st_size for name in ("rows", "ids")]
        except (OSError, msgspec.DecodeError):
            return None
        sound = (head.layout, head.key, head.by) == (_LAYOUT, key, by) and head.version <= version
        whole = held[0] >= 4 * head.count * head.width and held[1] >= head.count * head.size
        return head if sound and whole and self.query.shelf.manifest.chain(head.version) == head.chain else None

    def _mapped(self, head: Head) -> Points:
        place = self.place(head.key, head.by)
        ids = np.memmap(place / f"ids-{head.token}", f"S{head.size}", "r", shape=(head.count,))
        rows = np.memmap(place / f"rows-{head.token}", np.float32, "r", shape=(head.count, head.width))
        return Points(head.key, head.by, head.version, _named(ids), (rows,), head.missing, head.strays, head)

    def _news(self, head: Head, version: int) -> Points | None:
        """What is kept and what came since; ``None`` where that changes what is kept, or goes between."""
        try:
            kept = self._mapped(head)
        except (OSError, ValueError):
            return None
        if version == head.version:
            return kept
        asked = "SELECT id FROM catalogued WHERE added > ? ORDER BY added, pos"
        came = self.query.ask(asked, version, [head.version])["id"].combine_chunks()
        told = read(self.query.shelf, version, head.key, head.by, after=head.version)
        names = pa.array(told.ids, pa.string())
        late = [str(one) for one in names.filter(pa.array(matched(came, names) < 0)).to_pylist()]
        place = matched(names, came)
        ids = came.filter(pa.array(place >= 0))
        other = len(told) > 0 and told.rows.shape[1] != head.width
        if late or other or not set(head.strays).isdisjoint(came.to_pylist()):
            return None
        missing = (*head.missing, *came.filter(pa.array(place < 0)).to_pylist())
        new = told.rows[place[place >= 0]]
        parts = (*kept.parts, new) if len(new) else kept.parts
        names = pa.concat_arrays([kept.ids, ids.cast(pa.string())])
        return replace(kept, version=version, ids=names, parts=parts, missing=missing)

    def _whole(self, key: str, by: str, version: int) -> Points:
        """All points from the facts, in the order of the catalogue."""
        told = read(self.query.shelf, version, key, by)
        if not len(told):
            raise NotFound(f"No {key} of whole episodes was told by {by}.")
        ids = self.query.ask("SELECT id FROM catalogued ORDER BY added, pos", version)["id"].combine_chunks()
        names = pa.array(told.ids, pa.string())
        if names.equals(ids):
            return Points(key, by, version, ids, (told.rows,), ())
        place = matched(names, ids)
        there = pa.array(place >= 0)
        strays = np.ones(len(names), np.bool_)
        strays[place[place >= 0]] = False
        missing = tuple(ids.filter(pa.array(place < 0)).to_pylist())
        outside = tuple(names.filter(pa.array(strays)).to_pylist())
        return Points(key, by, version, ids.filter(there), (told.rows[place[place >= 0]],), missing, outside)

    def place(self, key: str, by: str) -> Path:
        """The folder of what is kept of a key by an author."""
        return self.root / hashlib.blake2b(f"{key}\n{by}".encode(), digest_size=12).hexdigest()


def _packed(ids: pa.Array, size: int) -> npt.NDArray[np.bytes_] | None:
    """Ids as bytes of one length, as those of episodes are; ``None`` where one has another."""
    try:
        packed = ids.cast(pa.binary(size))
    except pa.ArrowInvalid:
        return None
    return np.frombuffer(packed.buffers()[1], f"S{size}")[packed.offset : packed.offset + len(packed)]


def _named(ids: npt.NDArray[np.bytes_]) -> pa.Array:
    """Ids of one length as text, without a copy of them."""
    size = ids.dtype.itemsize
    edges = pa.py_buffer(np.arange(len(ids) + 1, dtype=np.int32) * np.int32(size))
    return pa.StringArray.from_buffers(len(ids), edges, pa.py_buffer(ids))
