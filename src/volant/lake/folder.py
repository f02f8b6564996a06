"""Where a lake's files lie: immutable, named by their content, durable before anybody may refer to them."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..core.durable import sync
from ..core.errors import LakeCorrupt, LakeUnwritable, Refused
from .manifest import Manifest

__all__ = ["Files", "Folder", "copy_in", "digest_of", "locked", "open_folder"]

_BLOCK = 4 << 20
_MANIFEST = "manifest.sqlite"


class Files(Protocol):
    """A place of immutable files named by keys such as ``media/ab/abcd.mp4``."""

    def store(self, key: str, data: bytes | Path) -> None:
        """Put bytes or a finished temporary file there, durably; the temporary file is used up."""
        ...

    def path(self, key: str) -> Path:
        """A local file with the key's bytes; fetched where it lies elsewhere. Raises ``LakeCorrupt`` if missing."""
        ...

    def reach(self, key: str) -> Path:
        """The same, never from a cache: the bytes as they are stored now."""
        ...

    def temporary(self, suffix: str = "") -> Path: ...
    def sweep(self, wanted: set[str], *, grace: float) -> list[str]:
        """Remove every file that is not wanted and not being written; the keys that went."""
        ...

    def keys(self) -> Iterator[tuple[str, int]]:
        """Every stored file and its size, without temporary ones."""
        ...

    def leftovers(self) -> list[str]:
        """Temporary files; they may belong to a writer at work."""
        ...

    @property
    def kept(self) -> Path:
        """A folder of this machine for what is derived from the lake and may be lost."""
        ...

    def writing(self) -> AbstractContextManager[None]:
        """Keeps ``sweep`` away while files are written that no commit names yet."""
        ...

    def alone(self) -> AbstractContextManager[None]:
        """Waits until nobody on this machine writes."""
        ...


@dataclass(frozen=True, slots=True)
class Folder:
    """Files in a local folder: temporary file, fsync, rename, fsync of the folder."""

    root: Path

    TOP = ("segments", "facts", "media")

    def store(self, key: str, data: bytes | Path) -> None:
        """Put bytes or a finished temporary file there, durably."""
        target = self.root / key
        temporary = data if isinstance(data, Path) else self.temporary()
        try:
            if not isinstance(data, Path):
                with temporary.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
            made = [folder for folder in (target.parent, *target.parent.parents) if not folder.exists()]
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.rename(target)
            for folder in {target.parent, *(folder.parent for folder in made)}:
                sync(folder)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise LakeUnwritable(
                f"The lake at {self.root} cannot be written: {error.strerror}.", do="Nothing of this write was kept."
            ) from error

    def path(self, key: str) -> Path:
        """The key's file."""
        path = self.root / key
        if not path.is_file():
            raise LakeCorrupt(f"The lake's file {key} is missing.", do="Run `volant verify` to see what is hit.")
        return path

    def reach(self, key: str) -> Path:
        """The key's file."""
        return self.path(key)

    def temporary(self, suffix: str = "") -> Path:
        """A new name under ``tmp``."""
        folder = self.root / "tmp"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LakeUnwritable(f"The lake at {self.root} cannot be written: {error.strerror}.") from error
        return folder / f"{os.getpid()}-{secrets.token_hex(6)}{suffix}"

    @property
    def kept(self) -> Path:
        """``kept``, which no manifest names."""
        return self.root / "kept"

    @contextmanager
    def writing(self) -> Generator[None, None, None]:
        """Shared lock: many may write at once, none while ``sweep`` looks for orphans."""
        with locked(self.root / "lock", fcntl.LOCK_SH):
            yield

    def sweep(self, wanted: set[str], *, grace: float) -> list[str]:
        """Remove files that nothing refers to. Call it under ``alone``; ``grace`` is not needed with a lock."""
        gone = [key for key, _ in self.keys() if key not in wanted]
        for key in gone:
            (self.root / key).unlink(missing_ok=True)
        for path in sorted((self.root / "tmp").glob("*")):
            path.unlink(missing_ok=True)
            gone.append(f"tmp/{path.name}")
        return gone

    @contextmanager
    def alone(self) -> Generator[None, None, None]:
        """Exclusive lock: waits until nobody writes."""
        with locked(self.root / "lock", fcntl.LOCK_EX):
            yield

    def keys(self) -> Iterator[tuple[str, int]]:
        """Every stored file and its size."""
        for top in self.TOP:
            for path in sorted((self.root / top).rglob("*")):
                if path.is_file():
                    yield path.relative_to(self.root).as_posix(), path.stat().st_size

    def leftovers(self) -> list[str]:
        """What lies in ``tmp``; it may belong to a writer at work."""
        return [f"tmp/{path.name}" for path in sorted((self.root / "tmp").glob("*"))]


def open_folder(place: str | Path, *, create: bool, rescue: bool = False) -> tuple[Folder, Manifest]:
    """A lake in a folder: made where there is none and ``create`` allows it; never in a folder of other things."""
    root = Path(place).expanduser()
    if root.exists() and not root.is_dir():
        raise Refused(f"{root} is a file, not a lake.", do="Name a folder.")
    manifest = root / _MANIFEST
    try:
        others = [] if manifest.exists() or not root.exists() else [path.name for path in root.iterdir()]
    except OSError as error:
        raise LakeUnwritable(f"The folder {root} cannot be read: {error.strerror}.") from error
    strangers = [name for name in others if name not in ("lock", "tmp") and not name.startswith(_MANIFEST)]
    if strangers and create:
        raise Refused(
            f"{root} holds other things ({', '.join(sorted(strangers)[:3])}) and no lake.",
            do="Name an empty or new folder.",
        )
    return Folder(root), Manifest.open(manifest, create=create, rescue=rescue)


def copy_in(source: Path, files: Files) -> tuple[Path, str, int]:
    """Copy a file into a temporary one of the lake, fsynced; its path, blake2b digest and size.

    Copied in one pass, never linked: a hard link would change with the original.
    """
    temporary = files.temporary(source.suffix)
    digest, size = hashlib.blake2b(digest_size=16), 0
    try:
        with source.open("rb") as inp, temporary.open("wb") as out:
            while block := inp.read(_BLOCK):
                digest.update(block)
                out.write(block)
                size += len(block)
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise LakeUnwritable(f"{source.name} cannot be copied into the lake: {error.strerror}.") from error
    return temporary, digest.hexdigest(), size


def digest_of(path: Path) -> str:
    """blake2b (128 bit, hex) of a file's bytes."""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def locked(path: Path, how: int) -> Generator[None, None, None]:
    """Hold a lock (``fcntl.LOCK_SH`` or ``LOCK_EX``) on a file; a killed process lets go of it."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise LakeUnwritable(f"The lake at {path.parent} cannot be written: {error.strerror}.") from error
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)
