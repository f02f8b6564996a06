"""ROS 1 bags (format 2.0): plain, bz2 or lz4, with or without index, whole or cut off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..core import Bid, Episode, Reading, Writing, Written
from ..core.errors import NotFound, Refused
from ..logs.bag1_file import MAGIC1, Bag1File
from ..logs.reading import Topic, read_log, survey
from ._log import cut, same_magic

__all__ = ["Rosbag1"]


class Rosbag1:
    """One ``.bag`` file is one recording; ``Reading.split`` cuts it into episodes."""

    name = "rosbag1"
    version = "1"
    writes = False
    loses: tuple[str, ...] = ()

    def bid(self, path: Path) -> Bid:
        """Sure of a file that begins with the magic line; a file that is only called so is claimed to say why not."""
        if not path.is_file():
            return Bid(0.0)
        if same_magic(path, MAGIC1):
            return Bid(0.95, "begins with '#ROSBAG V2.0'")
        return Bid(0.6, "is called .bag") if path.suffix == ".bag" else Bid(0.0)

    def topics(self, path: Path) -> list[Topic]:
        """Topic, type, count and rate of everything in the bag."""
        return survey(_opened(path))

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """The episodes of one bag."""
        yield from cut(read_log(_opened(path), path, f"{self.name}@{self.version}"), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """Refused: ROS 1 has ended; MCAP holds the same and is written."""
        raise Refused("ROS 1 bags are read and not written.", do="Write 'mcap' instead.")


def _opened(path: Path) -> Bag1File:
    try:
        return Bag1File(path)
    except OSError as error:
        raise NotFound(f"No ROS 1 bag at {path}.") from error
