"""A path that may lie on an object store, brought here for as long as it is read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol, cast

from ..core import Format
from ..core.errors import BadInput, Hostile, NotFound
from .discover import Discovery, discover

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import S3Store

__all__ = ["Place", "local"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where recordings can be read, and the address they really have."""

    path: str | Path
    address: tuple[str, str] | None = None

    def sources(self, formats: Mapping[str, Format], forced: str) -> Discovery:
        """The recordings that lie here, under their real addresses."""
        discovery = discover([self.path], formats, forced)
        if self.address is None:
            return discovery
        here, there = self.address
        found = (replace(f, uri=f.uri.replace(here, there, 1), address=self.address) for f in discovery.found)
        return replace(discovery, found=tuple(found))


@contextmanager
def local(path: str | Path) -> Generator[Place]:
    """The path itself where it is local; a folder with copies of the objects under an ``s3://`` address otherwise.

    Objects are streamed to disk one by one, never held in memory; the copies are gone when the reading ends. Keys
    that would leave the folder are refused. Credentials and endpoint come from the usual AWS environment.
    """
    text = str(path)
    if not text.startswith("s3://"):
        yield Place(path)
        return
    with tempfile.TemporaryDirectory(prefix="volant-") as folder:
        here = Path(folder).resolve()
        bucket = text.removeprefix("s3://").partition("/")[0]
        yield Place(_bring(text, here), (here.as_uri(), f"s3://{bucket}"))


def _bring(address: str, folder: Path) -> Path:
    import obstore
    from obstore.exceptions import BaseError
    from obstore.store import S3Store

    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    if not bucket:
        raise NotFound(f"{address} names no bucket.", do="Write s3://bucket/prefix.")
    count = 0
    try:
        store = S3Store(bucket, client_options={"allow_http": True})
        for item in _objects(store, prefix):
            target = _inside(folder, item["path"])
            _download(cast(_Answer, obstore.get(store, item["path"])), target)
            changed = item["last_modified"].timestamp()
            os.utime(target, (changed, changed))  # so that an unchanged object is known again
            count += 1
    except BaseError as error:
        raise BadInput(f"{address} cannot be read: {error}.", do="Check credentials and AWS_ENDPOINT_URL.") from error
    if not count:
        raise NotFound(f"There is nothing at {address}.")
    top = folder / prefix.rstrip("/")
    return top if top.exists() else folder


def _objects(store: S3Store, prefix: str) -> Iterator[ObjectMeta]:
    """The object of that very name, or all objects below it."""
    import obstore

    if prefix and not prefix.endswith("/"):
        try:
            yield obstore.head(store, prefix)
        except FileNotFoundError:
            pass
        else:
            return
    for page in obstore.list(store, prefix=prefix or None):
        yield from page


class _Answer(Protocol):
    """An object's bytes as they arrive."""

    def stream(self, min_chunk_size: int) -> Iterable[bytes]: ...


def _download(answer: _Answer, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        for chunk in answer.stream(min_chunk_size=8 << 20):
            file.write(chunk)


def _inside(folder: Path, key: str) -> Path:
    parts = PurePosixPath(key).parts
    if ".." in parts or key.startswith("/"):
        raise Hostile(f"The object {key!r} would be written outside its folder.")
    return folder.joinpath(*parts)
