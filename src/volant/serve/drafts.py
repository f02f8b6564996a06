"""Uploads on disk until they are episodes: each a folder with a name of our own, which survives being killed."""

from __future__ import annotations

import base64
import binascii
import errno
import os
import re
import secrets
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ..core.durable import sync
from ..core.errors import BadValue, LakeUnwritable, NotFound

__all__ = ["About", "DiskFull", "Draft", "Drafts", "fresh_id", "metadata"]

_ID = re.compile(r"[0-9a-f]{32}\Z")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,12}\Z")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class DiskFull(LakeUnwritable):
    """The server's disk is full; what was acknowledged stays."""


class About(msgspec.Struct, frozen=True):
    """What is known of an upload beside its bytes. ``length`` is -1 while the client has not said it.

    ``state``: receiving, received, landed (in the lake) or refused; ``made`` and ``ends`` ns since 1970, ``ends`` being
    when an unfinished one may be thrown away. ``episodes`` are ids, verdicts and reasons once it landed.
    """

    id: str
    who: str
    made: int
    ends: int
    length: int = -1
    said: dict[str, str] = {}
    token: bool = False
    state: str = "receiving"
    why: str = ""
    episodes: list[dict[str, object]] = []


class Draft:
    """One upload's folder: ``about.json``, its bytes, and ``held``, the offset before a chunk that is not proven."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._about = folder / "about.json"
        self._held = folder / "held"

    def about(self) -> About:
        """What is known of it. Raises ``NotFound``."""
        try:
            return msgspec.json.decode(self._about.read_bytes(), type=About)
        except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError) as error:
            raise NotFound(f"There is no upload {self.folder.name}.", do="Begin it anew.") from error

    def tell(self, about: About) -> None:
        """Replace what is known, durably."""
        part = self._about.with_suffix(".part")
        with _full(), part.open("wb") as file:
            file.write(msgspec.json.encode(about))
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._about)
        sync(self.folder)

    def data(self, about: About) -> Path:
        """The file of its bytes: our name, and of the client's only a suffix of letters and digits."""
        found = _SUFFIX.search(about.said.get("filename", "").lower()[-20:])
        return self.folder / f"recording{found.group() if found else '.bin'}"

    def offset(self, about: About) -> int:
        """How many bytes are there durably; an unproven chunk that was cut off is thrown away first."""
        path = self.data(about)
        if not path.exists():
            return about.length if about.state in ("landed", "refused") else 0
        if self._held.exists():
            self.cut(about, int(self._held.read_text() or 0))
        with path.open("rb+") as file:
            os.fsync(file.fileno())
            return file.seek(0, os.SEEK_END)

    def seen(self, about: About) -> int:
        """How many bytes are there as far as one can see without touching anything."""
        path = self.data(about)
        if not path.exists():
            return about.length if about.state in ("landed", "refused") else 0
        try:
            return int(self._held.read_text() or 0)
        except FileNotFoundError:
            return path.stat().st_size

    def write(self, about: About, offset: int, block: bytes) -> int:
        """Put a block at an offset; the offset after it. It is durable only after ``settle``."""
        with _full(), self.data(about).open("r+b" if self.data(about).exists() else "wb") as file:
            file.seek(offset)
            file.write(block)
        return offset + len(block)

    def settle(self, about: About) -> None:
        """Make everything that was written durable."""
        path = self.data(about)
        if path.exists():
            with _full(), path.open("rb") as file:
                os.fsync(file.fileno())
            sync(self.folder)

    def hold(self, offset: int) -> None:
        """From here on nothing is proven until ``release``: should we die, the bytes beyond are dropped."""
        with _full(), self._held.open("w") as file:
            file.write(str(offset))
            file.flush()
            os.fsync(file.fileno())
        sync(self.folder)

    def release(self) -> None:
        """The chunk was proven, or cut away."""
        self._held.unlink(missing_ok=True)
        sync(self.folder)

    def cut(self, about: About, offset: int) -> None:
        """Drop everything beyond an offset."""
        path = self.data(about)
        if path.exists():
            with path.open("r+b") as file:
                file.truncate(offset)
                os.fsync(file.fileno())
        self.release()

    def remove(self) -> None:
        """Forget it wholly."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Drafts:
    """All uploads of a house, below ``home``; ``spare`` bytes of its disk are never used up by them."""

    def __init__(self, home: Path, spare: int = 64 << 20) -> None:
        self.folder = home / "uploads"
        self.spare = spare

    def begin(self, about: About) -> Draft:
        """Make room for an upload. Raises ``DiskFull`` where its length does not fit."""
        with _full():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if shutil.disk_usage(self.folder).free < max(about.length, 0) + self.spare:
                raise DiskFull("There is no room for so much on this server.", do="Keep the file and try again later.")
            draft = Draft(self.folder / about.id)
            draft.folder.mkdir()
        draft.tell(about)
        sync(self.folder)
        return draft

    def find(self, name: str) -> Draft:
        """An upload by its id; nothing else is ever looked for on disk. Raises ``NotFound``."""
        if not _ID.match(name):
            raise NotFound("There is no such upload.", do="Begin it anew.")
        return Draft(self.folder / name)

    def all(self) -> Iterator[tuple[Draft, About]]:
        """Every upload, oldest first."""
        found = []
        for folder in self.folder.iterdir() if self.folder.is_dir() else ():
            try:
                found.append((Draft(folder), Draft(folder).about()))
            except NotFound:
                continue
        yield from sorted(found, key=lambda one: (one[1].made, one[1].id))

    def sweep(self, at: int) -> int:
        """Throw away what ran out: unfinished uploads, refused ones, and what is left of landed ones; how many."""
        gone = [draft for draft, about in self.all() if about.state != "received" and about.ends < at]
        for draft in gone:
            draft.remove()
        return len(gone)


def fresh_id() -> str:
    """A name for an upload that nobody can guess."""
    return secrets.token_hex(16)


@contextmanager
def _full() -> Generator[None]:
    """Turns the operating system's word for a full disk into ours."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise DiskFull("The server's disk is full.", do="Keep the file and try again later.") from error


def metadata(header: str) -> dict[str, str]:
    """``Upload-Metadata`` as words: keys and base64 values between commas. Raises ``BadValue``."""
    said: dict[str, str] = {}
    if len(header) > 8192:
        raise BadValue("Upload-Metadata is too long.", do="Use at most 8192 characters.")
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            said[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise BadValue(f"Upload-Metadata: {key:.40} is not base64 of UTF-8.") from error
    return said
