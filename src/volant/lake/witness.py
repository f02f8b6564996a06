"""What was acknowledged, beside the manifest: the newest versions and their links of the chain, outside of SQLite.

SQLite's log checks itself by dropping everything from the first damaged frame on, without a word: a byte that flips
there before a checkpoint would take acknowledged commits with it. The witness is one page of slots; a commit writes
its version and link into slot ``version % 128`` once it is durable, so that several writers never meet. The page is
flushed to the disk behind the writer's back: that costs a commit nothing (LOG.md), and only a power cut in the few
milliseconds until then, together with a flipped byte, could go unnoticed.
"""

from __future__ import annotations

import hashlib
import os
import struct
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

__all__ = ["Witness"]

_SLOT = struct.Struct("<Q16s8s")
_SLOTS = 4096 // _SLOT.size


class Witness:
    """Remembers acknowledged versions in the file ``path``, which comes into being with the first of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = -1
        self._flusher: ThreadPoolExecutor | None = None
        self._flush: Future[None] | None = None

    def last(self) -> tuple[int, str]:
        """The newest acknowledged version and its link of the chain; 0 where nothing is known."""
        try:
            page = self.path.read_bytes()[: _SLOTS * _SLOT.size]
        except OSError:
            return 0, ""
        sound = [
            (int(version), chain.hex())
            for version, chain, proof in _SLOT.iter_unpack(page[: len(page) // _SLOT.size * _SLOT.size])
            if proof == _proof(version, chain)
        ]
        return max(sound, default=(0, ""))

    def say(self, version: int, chain: str) -> None:
        """Note a version that is durable. Where that fails the version stands all the same, only unwitnessed."""
        link = bytes.fromhex(chain)
        with suppress(OSError):
            if self._file < 0:
                self._file = _opened(self.path)
            os.pwrite(self._file, _SLOT.pack(version, link, _proof(version, link)), version % _SLOTS * _SLOT.size)
            if self._flush is None or self._flush.running() or self._flush.done():
                self._flusher = self._flusher or ThreadPoolExecutor(1, "witness")
                self._flush = self._flusher.submit(_flushed, self._file)

    def forget(self) -> None:
        """Believe in nothing that was noted before."""
        self.close()
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Wait for the page to be on the disk and let go of the file."""
        if self._flusher is not None:
            self._flusher.shutdown()
            self._flusher = self._flush = None
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _proof(version: int, link: bytes) -> bytes:
    return hashlib.blake2b(version.to_bytes(8, "little") + link, digest_size=8).digest()


def _opened(path: Path) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    if os.fstat(file).st_size < _SLOTS * _SLOT.size:
        os.ftruncate(file, _SLOTS * _SLOT.size)
    return file


def _flushed(file: int) -> None:
    with suppress(OSError):
        os.fsync(file)
