"""What a publication says of itself: every file with its digest, where it comes from, and how it was proven."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from volant.core.errors import BadValue, Damaged, NotFound

__all__ = ["MANIFEST", "File", "Manifest", "Proof", "digest", "digests", "load", "save", "verify"]

MANIFEST = "manifest.json"
FORM = "publication@1"
_BLOCK = 4 << 20


class File(msgspec.Struct, frozen=True):
    """One file of the publication: path relative to it, size and blake2b (128 bit, hex)."""

    path: str
    bytes: int
    blake2b: str


class Proof(msgspec.Struct, frozen=True):
    """What was found when the publication was opened again with the format's own reader.

    ``identical`` counts the streams of numbers that came back bit for bit, ``converted`` those that the format holds
    differently; ``ids`` says whether every episode came back with its identity.
    """

    episodes: int
    frames: int
    rows: int
    identical: int
    converted: int
    ids: bool


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A publication as a value. ``hash`` is the digest of everything else but the time."""

    volant: str = FORM
    name: str
    version: str
    by: str
    at: int
    format: str
    selection: dict[str, Any]
    settings: dict[str, Any]
    licence: str
    licences: dict[str, int]
    embodiments: dict[str, int]
    episodes: int
    frames: int
    seconds: float
    outcomes: dict[str, int]
    verdicts: dict[str, int]
    signals: dict[str, dict[str, Any]]
    columns: dict[str, str]
    losses: tuple[str, ...]
    proof: Proof
    previous: dict[str, str] | None = None
    files: tuple[File, ...] = ()
    hash: str = ""

    def digest(self) -> str:
        """What ``hash`` must be: equal content, equal digest, whenever it was made."""
        bare = msgspec.structs.replace(self, hash="", at=0)
        return hashlib.blake2b(msgspec.json.encode(bare, order="sorted"), digest_size=16).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.bytes for file in self.files)


def digests(folder: Path, threads: int = 4) -> tuple[File, ...]:
    """Every file under a folder with size and digest, in the order of their names; the manifest itself is left out."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    with ThreadPoolExecutor(threads) as pool:  # hashing leaves Python: two cores hash twice as fast
        return tuple(pool.map(lambda path: digest(folder, path), paths))


def digest(folder: Path, path: Path) -> File:
    """One file's size and digest, read in blocks."""
    hashed = hashlib.blake2b(digest_size=16)
    size = 0
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            hashed.update(block)
            size += len(block)
    return File(path.relative_to(folder).as_posix(), size, hashed.hexdigest())


def save(manifest: Manifest, folder: Path) -> Manifest:
    """Write the manifest with its own digest beside the files it names."""
    whole = msgspec.structs.replace(manifest, hash=manifest.digest())
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n")
    return whole


def load(folder: Path) -> Manifest:
    """The manifest of a publication; refused where it is absent, unreadable or altered."""
    path = folder / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise NotFound(f"{folder} is no publication.", instead=f"It holds no {MANIFEST}.") from error
    except NotADirectoryError as error:
        raise NotFound(f"{folder} is no publication.", instead="It is not a folder.") from error
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror or error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadValue(f"{path} is no manifest of a publication: {error}.") from error
    if manifest.volant != FORM:
        raise BadValue(f"{path} is of kind {manifest.volant!r}.", instead=f"This version reads {FORM!r}.")
    if manifest.hash != manifest.digest():
        raise Damaged(f"{path} was altered after it was written.", do="Publish the selection again.")
    return manifest


def verify(folder: Path) -> tuple[Manifest, tuple[str, ...]]:
    """The manifest, and everything that differs from it in words: changed, missing and added files."""
    manifest = load(folder)
    found = {file.path: file for file in digests(folder)}
    return manifest, tuple(_differences(manifest.files, found))


def _differences(stated: Iterable[File], found: dict[str, File]) -> Iterable[str]:
    left = dict(found)
    for file in stated:
        here = left.pop(file.path, None)
        if here is None:
            yield f"{file.path} is missing."
        elif here.bytes != file.bytes:
            yield f"{file.path} has {here.bytes} bytes, the manifest says {file.bytes}."
        elif here.blake2b != file.blake2b:
            yield f"{file.path} has other content than the manifest says."
    yield from (f"{path} was added." for path in sorted(left))
