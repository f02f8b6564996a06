"""A lake in an object store: the same immutable files, and a log whose next number only one writer can take.

    volant.lake            {"layout": 1}
    log/00000000000000000007   the seventh commit: [chain before it, change], written with a conditional PUT
    manifest/…64.sqlite.zst    the manifest as it was at version 64, so that a newcomer need not replay everything
    segments/ facts/ media/    as in a folder

The manifest itself is a local replica of the log in a spool folder, caught up before every commit and question. A
commit is acknowledged when its log object is there: whoever finds the number taken catches up and takes the next.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import obstore
import zstandard
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from ..core.errors import BadValue, LakeCorrupt, LakeError, LakeNewer, LakeUnwritable, NotFound, Refused
from .connect import LAYOUT
from .folder import locked
from .manifest import Behind, Change, Manifest

__all__ = ["Bucket", "Log", "open_bucket"]

_TOPS = ("segments/", "facts/", "media/")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bucket:
    """Files in an object store; what was read or written once is kept in the spool, named by its content."""

    remote: Any
    url: str
    spool: Path

    def store(self, key: str, data: bytes | Path) -> None:
        """Upload bytes or a finished temporary file, and keep them in the spool."""
        if isinstance(data, Path):
            temporary = data
        else:
            blob, temporary = data, self.temporary()
            _spooled(lambda: temporary.write_bytes(blob))
        self._writing(lambda: obstore.put(self.remote, key, temporary))
        cached = self.spool / "cache" / key
        cached.parent.mkdir(parents=True, exist_ok=True)
        temporary.rename(cached)

    def path(self, key: str) -> Path:
        """The key's bytes in the spool, downloaded at the first time."""
        cached = self.spool / "cache" / key
        return cached if cached.is_file() else self.reach(key)

    def reach(self, key: str) -> Path:
        """The key's bytes as they are in the store now."""
        temporary = self.temporary()
        try:
            with temporary.open("wb") as file:
                for block in obstore.get(self.remote, key).stream(min_chunk_size=4 << 20):
                    file.write(block)
        except FileNotFoundError as error:
            temporary.unlink(missing_ok=True)
            raise LakeCorrupt(f"The lake's object {key} is missing.", do="Run `volant verify`.") from error
        except BaseError as error:
            temporary.unlink(missing_ok=True)
            raise LakeError(f"{self.url} cannot be read: {_brief(error)}.", do="Try again.") from error
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise LakeUnwritable(f"The spool {self.spool} cannot be written: {error.strerror}.") from error
        cached = self.spool / "cache" / key
        cached.parent.mkdir(parents=True, exist_ok=True)
        temporary.rename(cached)
        return cached

    def temporary(self, suffix: str = "") -> Path:
        """A new name in the spool."""
        folder = self.spool / "tmp"
        _spooled(lambda: folder.mkdir(parents=True, exist_ok=True))
        return folder / f"{os.getpid()}-{secrets.token_hex(6)}{suffix}"

    @property
    def kept(self) -> Path:
        """In the spool, beside what was downloaded."""
        return self.spool / "cache" / "kept"

    def writing(self) -> AbstractContextManager[None]:
        """Keeps ``sweep`` of this machine away; other machines are kept away by ``grace``."""
        return locked(self.spool / "lock", fcntl.LOCK_SH)

    def alone(self) -> AbstractContextManager[None]:
        """Waits until nobody on this machine writes."""
        return locked(self.spool / "lock", fcntl.LOCK_EX)

    def keys(self) -> Iterator[tuple[str, int]]:
        """Every object that a manifest may name, and its size."""
        for key, size, _ in self._listed():
            yield key, size

    def leftovers(self) -> list[str]:
        """Temporary files never reach the store."""
        return []

    def sweep(self, wanted: set[str], *, grace: float) -> list[str]:
        """Remove unwanted objects older than ``grace`` seconds by the store's own clock, and temporary files here."""
        self._writing(lambda: obstore.put(self.remote, "tmp/clock", b"now"))
        now: datetime = obstore.head(self.remote, "tmp/clock")["last_modified"]
        gone = [
            key for key, _, at in self._listed() if key not in wanted and now - at >= timedelta(seconds=grace)
        ]  # fmt: skip
        if gone:
            self._writing(lambda: obstore.delete(self.remote, gone))
        for key in gone:
            (self.spool / "cache" / key).unlink(missing_ok=True)
        for path in sorted((self.spool / "tmp").glob("*")):
            path.unlink(missing_ok=True)
            gone.append(f"tmp/{path.name}")
        return gone

    def _listed(self) -> Iterator[tuple[str, int, datetime]]:
        try:
            for top in _TOPS:
                for page in obstore.list(self.remote, prefix=top):
                    for item in page:
                        yield item["path"], item["size"], item["last_modified"]
        except BaseError as error:
            raise LakeError(f"{self.url} cannot be listed: {_brief(error)}.", do="Try again.") from error

    def _writing(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except BaseError as error:
            raise LakeUnwritable(
                f"{self.url} cannot be written: {_brief(error)}.", do="Nothing of this write was kept."
            ) from error


@dataclass(frozen=True, slots=True)
class Log:
    """The numbered commits in the store, and this machine's replica of them."""

    bucket: Bucket
    manifest: Manifest
    writer: str

    def publish(self, version: int, change: Change) -> None:
        """Take the number ``version`` for a change, or raise ``Behind`` where another writer has it."""
        change.writer = self.writer
        data = msgspec.msgpack.encode([self.manifest.chain(version - 1), change])
        try:
            obstore.put(self.bucket.remote, _key(version), data, mode="create")
        except AlreadyExistsError as error:
            # A retry inside the client may meet its own first attempt: then the number is ours after all.
            if bytes(obstore.get(self.bucket.remote, _key(version)).bytes()) != data:
                raise Behind from error
        except BaseError as error:
            raise LakeUnwritable(f"{self.bucket.url} cannot be written: {_brief(error)}.", do="Try again.") from error

    def catch_up(self) -> None:
        """Apply every commit that this replica has not seen; inside a transaction."""
        while True:
            version = self.manifest.version + 1
            found = self._entry(version)
            if found is None:
                return
            before, change = found
            if before != self.manifest.chain(version - 1):
                raise LakeCorrupt(
                    f"Commit {version} in {self.bucket.url} does not follow the one before it in {self.bucket.spool}.",
                    do="Remove that spool folder to read the log anew; `volant verify` then says whether it is sound.",
                )
            self.manifest.apply(version, change)

    def refresh(self) -> None:
        """Catch up with other writers."""
        if self._entry(self.manifest.version + 1) is not None:
            with self.manifest.transaction():
                self.catch_up()

    def whole(self) -> None:
        """Refuse a log with a hole: commits after one that is missing would be forgotten in silence."""
        last = self.manifest.version
        later = [item["path"] for page in obstore.list(self.bucket.remote, "log/", offset=_key(last)) for item in page]
        if later and self._entry(last + 1) is None:
            raise LakeCorrupt(
                f"{self.bucket.url} lacks commit {last + 1} and holds later ones.", do="Restore the object from a copy."
            )

    def snapshot(self) -> None:
        """Upload the manifest as it is, for newcomers."""
        version = self.manifest.version
        temporary = self.bucket.temporary(".sqlite")
        try:
            self.manifest.copy(temporary)
            data = zstandard.compress(temporary.read_bytes(), 3)
            obstore.put(self.bucket.remote, f"manifest/{version:020d}.sqlite.zst", data, mode="create")
        except AlreadyExistsError:
            return
        except BaseError as error:
            raise LakeUnwritable(f"{self.bucket.url} cannot be written: {_brief(error)}.") from error
        finally:
            temporary.unlink(missing_ok=True)

    def problems(self) -> Iterator[str]:
        """What a replay of the whole log finds: commits missing, altered, or unlike the replica's."""
        with closing(Manifest.scratch()) as replay:
            twin = Log(self.bucket, replay, self.writer)
            last = self.manifest.version
            try:
                with replay.transaction():
                    twin.catch_up()
            except LakeCorrupt as error:
                yield error.what
                return
            if replay.version < last:
                yield f"The log ends at {replay.version}, the replica knows version {last}."
            elif replay.chain(last) != self.manifest.chain(last):
                yield "The log and the replica of the manifest differ."

    def _entry(self, version: int) -> tuple[str, Change] | None:
        try:
            data = bytes(obstore.get(self.bucket.remote, _key(version)).bytes())
        except FileNotFoundError:
            return None
        except BaseError as error:
            raise LakeError(f"{self.bucket.url} cannot be read: {_brief(error)}.", do="Try again.") from error
        try:
            return msgspec.msgpack.decode(data, type=tuple[str, Change])
        except msgspec.DecodeError as error:
            raise LakeCorrupt(f"Commit {version} of {self.bucket.url} cannot be read: {error}.") from error


def open_bucket(url: str, *, create: bool, spool: Path | None) -> tuple[Bucket, Manifest, Log]:
    """A lake at ``s3://bucket/prefix``; keys and endpoint come from the usual AWS variables of the environment."""
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.netloc:
        raise BadValue(f"{url!r} is no place for a lake.", instead="A folder or s3://bucket/prefix is.")
    try:
        remote = S3Store(parts.netloc, prefix=parts.path.strip("/") or None, client_options={"allow_http": True})
        folder = spool or _spool(url)
        folder.mkdir(parents=True, exist_ok=True)
        bucket = Bucket(remote, url, folder)
        fresh = _settle(bucket, create)
    except BaseError as error:
        raise LakeError(f"{url} cannot be reached: {_brief(error)}.", do="Check the AWS_ variables.") from error
    except OSError as error:
        raise LakeUnwritable(f"The spool for {url} cannot be made: {error.strerror}.") from error
    path = folder / "manifest.sqlite"
    if not path.exists() and not fresh:
        _newcomer(bucket, path)
    manifest = Manifest.open(path, create=True, shared=True)
    log = Log(bucket, manifest, secrets.token_hex(8))
    manifest.log = log
    log.refresh()
    log.whole()
    return bucket, manifest, log


def _settle(bucket: Bucket, create: bool) -> bool:
    """Read or write the mark of a lake; whether the lake is new."""
    try:
        mark = bytes(obstore.get(bucket.remote, "volant.lake").bytes())
    except FileNotFoundError:
        if not create:
            raise NotFound(f"There is no lake at {bucket.url}.", do="`volant add` makes one.") from None
        others = [item["path"] for page in obstore.list(bucket.remote, chunk_size=3) for item in page][:3]
        if others:
            raise Refused(
                f"{bucket.url} holds other things ({', '.join(others)}).", do="Name an empty place."
            ) from None
        obstore.put(bucket.remote, "volant.lake", msgspec.json.encode({"layout": LAYOUT}))
        return True
    try:
        layout = msgspec.json.decode(mark, type=dict[str, int])["layout"]
    except (msgspec.DecodeError, KeyError) as error:
        raise LakeCorrupt(f"The mark of the lake at {bucket.url} cannot be read.") from error
    if layout > LAYOUT:
        raise LakeNewer(
            f"The lake at {bucket.url} has layout {layout}; this Volant knows layout {LAYOUT}.",
            do="Install a newer Volant.",
        )
    return False


def _newcomer(bucket: Bucket, path: Path) -> None:
    """Begin a replica with the newest snapshot there is."""
    found = sorted(item["path"] for page in obstore.list(bucket.remote, prefix="manifest/") for item in page)
    if not found:
        return
    data = bytes(obstore.get(bucket.remote, found[-1]).bytes())
    temporary = bucket.temporary(".sqlite")
    try:
        temporary.write_bytes(zstandard.decompress(data))
    except zstandard.ZstdError as error:
        raise LakeCorrupt(f"{found[-1]} of {bucket.url} cannot be read: {error}.", do="Remove it.") from error
    temporary.rename(path)


def _spool(url: str) -> Path:
    """Where the replica and cache of a lake lie: ``VOLANT_SPOOL`` or the user's cache folder, one folder a lake."""
    base = os.environ.get("VOLANT_SPOOL") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    mark = f"{os.environ.get('AWS_ENDPOINT_URL', '')} {url.rstrip('/')}"
    return Path(base) / "volant" / hashlib.blake2b(mark.encode(), digest_size=8).hexdigest()


def _key(version: int) -> str:
    return f"log/{version:020d}"


def _brief(error: BaseException) -> str:
    return str(error).split("\n", maxsplit=1)[0][:200]


def _spooled(act: Callable[[], object]) -> None:
    try:
        act()
    except OSError as error:
        raise LakeUnwritable(f"The spool cannot be written: {error.strerror}.", do="Free space there.") from error
