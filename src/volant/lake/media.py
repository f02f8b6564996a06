"""Encoded pictures, stored once under the digest of their bytes, and given back as lazy frames."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from ..core.episode import Episode
from ..core.errors import BadValue, LakeCorrupt, LakeUnwritable
from ..core.stream import Array, Video
from ..video import PacketVideo, RawFrames, Stills, open_video
from .folder import Files, copy_in, digest_of
from .manifest import Change, Manifest
from .rows import Window, Windows

__all__ = ["Media"]

_ROLL = 256 << 20
"""A file of stills is closed and the next begun after so many bytes."""

_BATCH = 4 << 20
"""Bytes of one record batch of stills: what is read (and for arrays unpacked) for one random frame."""

_OPEN = 32

_Sort = tuple[str, tuple[int, ...], str]
"""Codec, shape of one picture, and sample type: frames that may lie in one file."""


class _Form(msgspec.Struct, frozen=True):
    """How frames of a file of stills are to be read."""

    codec: str
    shape: tuple[int, ...]
    dtype: str
    batch: int


@dataclass(slots=True)
class Media:
    """The lake's pictures. Containers are copied whole, once; stills and arrays go into Arrow files, a row a frame."""

    manifest: Manifest
    files: Files
    _copied: dict[tuple[str, int, int, int], str] = field(default_factory=dict)
    _readers: OrderedDict[str, tuple[Any, _Form]] = field(default_factory=OrderedDict)

    def take(self, episodes: Iterable[Episode], change: Change) -> Windows:
        """Store the pictures of episodes durably; where each stream's frames now lie."""
        windows: Windows = {}
        rolls: dict[_Sort, _Roll] = {}
        try:
            for episode in episodes:
                for stream in episode.streams:
                    video = stream.video
                    if video is None:
                        continue
                    spot = (episode.id, stream.name)
                    if isinstance(video, PacketVideo):
                        digest = self._container(video.path, change)
                        windows[spot] = Window(digest, video.first, video.stop, "file", video.codec)
                    else:
                        self._still(video, spot, rolls, change, windows)
            for roll in rolls.values():
                self._close(roll, change, windows)
        finally:
            for roll in rolls.values():
                roll.drop()
        return windows

    def open(self, media: str, kind: str, first: int, until: int) -> Video:
        """The frames of a window, lazily: the very sort of video that was stored."""
        if kind == "file":
            whole = open_video(self.path(media), salvage=True)
            if until > len(whole):
                raise LakeCorrupt(f"The pictures {media[:12]} hold {len(whole)} frames, not {until}.")
            return whole.part(first, until)
        reader, form = self._reader(media)
        if form.codec == "raw":
            return RawFrames(
                lambda a, b: _rasters(reader, form, first + a, first + b), until - first, form.shape, form.dtype
            )
        return Stills(lambda i: _blob(reader, form, first + i), until - first, form.codec, form.shape, form.dtype)

    def path(self, media: str) -> Path:
        """The local file of a medium."""
        rows = self.manifest.ask("SELECT place FROM media WHERE digest = ?", (media,))
        if not rows:
            raise LakeCorrupt(f"The manifest does not know the pictures {media[:12]}.", do="Run `volant verify`.")
        return self.files.path(str(rows[0][0]))

    def close(self) -> None:
        """Let go of open files of stills."""
        self._readers.clear()

    def _container(self, path: Path, change: Change) -> str:
        """Copy a container once; the same file is recognised by place, size, time and number of its inode."""
        stat = path.stat()
        mark = (str(path.resolve()), stat.st_size, stat.st_mtime_ns, stat.st_ino)
        digest = self._copied.get(mark)
        if digest is not None and any(row[0] == digest for row in change.media):
            return digest
        if digest is None or not self._known(digest):
            temporary, digest, size = copy_in(path, self.files)
            suffix = path.suffix.lower()
            place = f"media/{digest[:2]}/{digest}{suffix if suffix[1:].isalnum() and len(suffix) < 9 else ''}"
            if self._known(digest):
                temporary.unlink()
            else:
                self.files.store(place, temporary)
                change.media.append((digest, size, "file", place))
            self._copied[mark] = digest
        return digest

    def _known(self, digest: str) -> bool:
        return bool(self.manifest.ask("SELECT 1 FROM media WHERE digest = ?", (digest,)))

    def _still(
        self, video: Video, spot: tuple[str, str], rolls: dict[_Sort, _Roll], change: Change, windows: Windows
    ) -> None:
        kind = (video.codec, tuple(video.shape[1:]), video.dtype)
        roll = rolls.get(kind)
        if roll is None:
            roll = rolls[kind] = _Roll(self.files.temporary(".arrow"), *kind)
        roll.append(video, spot)
        if roll.bytes >= _ROLL:
            self._close(rolls.pop(kind), change, windows)

    def _close(self, roll: _Roll, change: Change, windows: Windows) -> None:
        roll.finish()
        digest, size = digest_of(roll.path), roll.path.stat().st_size
        place = f"media/{digest[:2]}/{digest}.arrow"
        if self._known(digest):
            roll.drop()
        else:
            self.files.store(place, roll.path)
            change.media.append((digest, size, "stills", place))
        for spot, first, until in roll.spots:
            windows[spot] = Window(digest, first, until, "stills", roll.codec)

    def _reader(self, media: str) -> tuple[Any, _Form]:
        found = self._readers.pop(media, None)
        if found is None:
            path = self.path(media)
            try:
                reader = pa.ipc.open_file(pa.memory_map(str(path)))
                form = msgspec.json.decode(reader.schema.metadata[b"volant"], type=_Form)
            except (pa.ArrowInvalid, OSError, msgspec.DecodeError, KeyError, TypeError) as error:
                raise LakeCorrupt(f"The pictures {media[:12]} cannot be read: {error}.") from error
            found = (reader, form)
        self._readers[media] = found
        while len(self._readers) > _OPEN:
            self._readers.popitem(last=False)
        return found


class _Roll:
    """An Arrow file of frames under construction: batches of equally many rows, so that a frame's batch is known."""

    def __init__(self, path: Path, codec: str, shape: tuple[int, ...], dtype: str) -> None:
        self.path, self.codec, self.shape, self.dtype = path, codec, shape, dtype
        self.spots: list[tuple[tuple[str, str], int, int]] = []
        self.rows = self.bytes = 0
        self._held: list[bytes] = []
        self._batch = 0
        self._sink: Any = None
        self._writer: Any = None

    def append(self, video: Video, spot: tuple[str, str]) -> None:
        first = self.rows
        for blob in video.encoded():
            if not self._batch:
                self._start(len(blob))
            self._held.append(blob)
            self.rows += 1
            self.bytes += len(blob)
            if len(self._held) == self._batch:
                self._flush()
        if self.rows - first != len(video):
            raise BadValue(f"Pictures promise {len(video)} frames and give {self.rows - first}.")
        self.spots.append((spot, first, self.rows))

    def finish(self) -> None:
        """Write the last batch and make the file durable."""
        if not self._batch:
            self._start(1)
        if self._held:
            self._flush()
        self._told(self._writer.close)
        self._told(self._sink.flush)
        os.fsync(self._sink.fileno())
        self._sink.close()

    def drop(self) -> None:
        """Remove what is left of it."""
        if self._sink is not None and not self._sink.closed:
            self._sink.close()
        self.path.unlink(missing_ok=True)

    def _start(self, first: int) -> None:
        self._batch = max(1, min(64, _BATCH // max(1, first)))
        form = msgspec.json.encode(_Form(self.codec, self.shape, self.dtype, self._batch))
        schema = pa.schema([("frame", pa.large_binary())], metadata={"volant": form})
        options = pa.ipc.IpcWriteOptions(compression="zstd" if self.codec == "raw" else None)
        self._sink = self._told(lambda: self.path.open("wb"))
        self._writer = self._told(lambda: pa.ipc.new_file(self._sink, schema, options=options))

    def _flush(self) -> None:
        batch = pa.record_batch({"frame": pa.array(self._held, pa.large_binary())})
        self._told(lambda: self._writer.write_batch(batch))
        self._held.clear()

    def _told(self, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except OSError as error:
            raise LakeUnwritable(f"Pictures cannot be written into the lake: {error.strerror or error}.") from error


def _blob(reader: Any, form: _Form, row: int) -> bytes:
    try:
        return bytes(reader.get_batch(row // form.batch).column(0)[row % form.batch].as_buffer())
    except (pa.ArrowInvalid, IndexError, OSError) as error:
        raise LakeCorrupt(f"A stored picture cannot be read: {error}.", do="Run `volant verify`.") from error


def _rasters(reader: Any, form: _Form, start: int, stop: int) -> Array:
    dtype = np.dtype(form.dtype)
    made = []
    try:
        for number in range(start // form.batch, -(-stop // form.batch)):
            low = number * form.batch
            a, b = max(start, low) - low, min(stop, low + form.batch) - low
            column = reader.get_batch(number).column(0)
            edges = column.slice(a, b - a)
            flat = np.frombuffer(column.buffers()[2], np.uint8)
            offsets = np.frombuffer(column.buffers()[1], np.int64)
            made.append(flat[offsets[a] : offsets[b]].view(dtype).reshape(len(edges), *form.shape))
    except (pa.ArrowInvalid, IndexError, OSError, ValueError) as error:
        raise LakeCorrupt(f"Stored pictures cannot be read: {error}.", do="Run `volant verify`.") from error
    return made[0] if len(made) == 1 else np.concatenate(made)
