"""MCAP: logs of ROS 2 (CDR), Protobuf and JSON messages, whole or cut off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..core import Bid, Episode, Reading, Writing, Written
from ..core.errors import NotFound, Refused
from ..logs.mcap_file import MAGIC, McapFile
from ..logs.reading import Topic, read_log, survey
from ..logs.source import Source
from ..logs.unpacked import Unpacked
from ._log import cut, same_magic

__all__ = ["Mcap"]


class Mcap:
    """One ``.mcap`` file is one recording; ``Reading.split`` cuts it into episodes."""

    name = "mcap"
    version = "1"
    writes = False
    loses: tuple[str, ...] = ()

    def bid(self, path: Path) -> Bid:
        """Sure of a file that begins with the magic bytes."""
        if path.is_file() and same_magic(path, MAGIC):
            return Bid(0.95, "begins with the MCAP magic bytes")
        return Bid(0.0)

    def topics(self, path: Path) -> list[Topic]:
        """Topic, type, count and rate of everything in the log."""
        return survey(_opened(path))

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """The episodes of one file."""
        yield from cut(read_log(_opened(path), path, f"{self.name}@{self.version}"), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """Not yet."""
        raise Refused("MCAP cannot be written yet.")


def _opened(path: Path) -> Source:
    try:
        return Unpacked(McapFile(path))
    except OSError as error:
        raise NotFound(f"No MCAP file at {path}.") from error
