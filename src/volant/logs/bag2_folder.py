"""A ROS 2 bag as a folder: what ``metadata.yaml`` says, the files it names, and all of them as one source."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import yaml
import zstandard

from ..core.errors import BadInput, Damaged, Hostile, NotFound
from .db3_file import Db3File
from .mcap_file import McapFile
from .source import Channel, Place, Source, Trouble

__all__ = ["Bag2", "Joined", "open_bag2", "read_metadata"]

_TOP = "rosbag2_bagfile_information"
_MOST_YAML = 64 << 20
_BIAS = 1 << 48
_AGAIN = "Run 'ros2 bag reindex' on the folder, or add its files one by one."


@dataclass(frozen=True, slots=True)
class Bag2:
    """What a bag's ``metadata.yaml`` states: storage, files (inside the folder), packing and message count."""

    storage: str
    files: tuple[Path, ...]
    packed: bool
    count: int
    formats: tuple[str, ...]


def read_metadata(folder: Path) -> Bag2:
    """The metadata of a bag folder, every path proven to lie inside it.

    Raises ``Damaged`` for what is no such metadata, ``Hostile`` for paths that leave the folder, ``BadInput`` for an
    unknown storage.
    """
    path = folder / "metadata.yaml"
    try:
        if path.stat().st_size > _MOST_YAML:
            raise Hostile(f"{path} holds {path.stat().st_size} bytes.")
        raw = yaml.safe_load(path.read_bytes())
        top = raw[_TOP]
        names = [str(name) for name in top["relative_file_paths"]]
        storage = str(top["storage_identifier"])
        count = int(top.get("message_count") or 0)
        packed = str(top.get("compression_mode") or "").upper() == "FILE"
        method = str(top.get("compression_format") or "")
        topics = [row["topic_metadata"] for row in top.get("topics_with_message_count") or []]
        formats = tuple(sorted({str(topic.get("serialization_format") or "") for topic in topics}))
    except OSError as error:
        raise NotFound(f"No metadata.yaml in {folder}.") from error
    except (yaml.YAMLError, RecursionError, UnicodeDecodeError) as error:
        raise Damaged(f"{path} is no YAML: {str(error).splitlines()[0]}.", do=_AGAIN) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{path} is no description of a ROS 2 bag: {type(error).__name__} {error}."
        raise Damaged(what, do=_AGAIN) from error
    if storage not in ("sqlite3", "mcap"):
        raise BadInput(f"{path}: the storage {storage[:40]!r} is unknown.", instead="Known: sqlite3, mcap.")
    if packed and method != "zstd":
        raise BadInput(f"{path}: the compression {method[:40]!r} is unknown.", instead="Known: zstd.")
    if not names:
        raise Damaged(f"{path} names no file.", do="Run 'ros2 bag reindex' on the folder.")
    return Bag2(storage, tuple(_inside(folder, name) for name in names), packed, count, formats)


def _inside(folder: Path, name: str) -> Path:
    """The file a bag names; old bags name it with the folder's own name before it."""
    plain = PurePosixPath(name)
    if "\0" in name or plain.is_absolute() or ".." in plain.parts:
        raise Hostile(f"{folder / 'metadata.yaml'} names a file outside its folder: {name[:100]!r}.")
    path = folder / plain
    if not path.exists() and len(plain.parts) > 1 and (folder / plain.name).exists():
        path = folder / plain.name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Hostile(f"{folder / 'metadata.yaml'} names a file that leads outside its folder: {name[:100]!r}.")
    return path


def open_bag2(folder: Path) -> tuple[Source, Bag2]:
    """All files of a bag folder as one source. Raises ``Damaged`` where a file that it names is not there."""
    bag = read_metadata(folder)
    wrong = [name for name in bag.formats if name not in ("cdr", "")]
    if wrong and len(wrong) == len(bag.formats):
        raise BadInput(
            f"{folder.name}: its messages are serialised as {', '.join(repr(name[:40]) for name in wrong)}.",
            instead="Known: cdr.",
            do="Convert it where that format is installed, with 'ros2 bag convert'.",
        )
    missing = [path.name for path in bag.files if not path.is_file()]
    if missing:
        there = [path.name for path in bag.files if path.is_file()]
        raise Damaged(
            f"{folder} is not whole: metadata.yaml names {len(bag.files)} files and {len(missing)} are not there: "
            f"{', '.join(missing[:5])}{' ...' if len(missing) > 5 else ''}.",
            instead=f"There are: {', '.join(there[:5])}." if there else "",
            do="Fetch the missing files, or add the files that are there one by one."
            if there
            else "Fetch the missing files.",
        )
    parts: list[Source] = [_opened(path, bag) for path in bag.files]
    return (parts[0] if len(parts) == 1 else Joined(parts)), bag


def _opened(path: Path, bag: Bag2) -> Source:
    kind = Db3File if bag.storage == "sqlite3" else McapFile
    if not (bag.packed or path.suffix == ".zstd"):
        return kind(path)
    folder = Path(tempfile.mkdtemp(prefix="volant-"))
    plain = folder / path.name.removesuffix(".zstd")
    try:
        _unpack(path, plain)
        made = kind(plain)
    except (BadInput, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise Damaged(f"{path} cannot be unpacked: {error}.") from error
        raise
    weakref.finalize(made, shutil.rmtree, folder, ignore_errors=True)
    return made


def _unpack(path: Path, plain: Path) -> None:
    """Unpack a zstd file, at most 200 times its size (and 64 MB): SQLite bags shrink 3 to 20 times."""
    most = 200 * path.stat().st_size + (64 << 20)
    written = 0
    try:
        with path.open("rb") as packed, plain.open("wb") as out:
            reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(packed)
            while part := reader.read(1 << 20):
                written += len(part)
                if written > most:
                    raise Hostile(f"{path} holds more than 200 times its size.", instead="It was not unpacked.")
                out.write(part)
    except zstandard.ZstdError as error:
        raise Damaged(f"{path} cannot be unpacked: {error}.") from error


class Joined:
    """The files of a split bag one after the other. Implements ``Source``."""

    def __init__(self, parts: Sequence[Source]) -> None:
        self._parts = parts
        self.channels: dict[int, Channel] = {}
        self.trouble = Trouble()

    def messages(self) -> Iterator[tuple[int, int, memoryview, Place]]:
        """Every message, file by file."""
        self.channels, self.trouble = {}, Trouble()
        numbers: dict[tuple[int, int], int] = {}
        n = len(self._parts)
        for i, part in enumerate(self._parts):
            for channel, log, payload, (key, offset, size) in part.messages():
                number = numbers.get((i, channel))
                if number is None:
                    number = numbers[i, channel] = len(numbers)
                    self.channels[number] = part.channels[channel]
                yield number, log, payload, ((key + _BIAS) * n + i, offset, size)
            for own, declared in part.channels.items():
                if (i, own) not in numbers:
                    numbers[i, own] = len(numbers)
                    self.channels[numbers[i, own]] = declared
            self.trouble.found += part.trouble.found

    def view(self, place: Place) -> memoryview:
        """The payload at a place."""
        key, i = divmod(place[0], len(self._parts))
        return self._parts[i].view((key - _BIAS, place[1], place[2]))
