"""ROS 2 bags: a folder with ``metadata.yaml`` and SQLite or MCAP files, split or packed, or one ``.db3`` file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..core import Bid, Episode, Fact, Reading, Writing, Written
from ..core.errors import NotFound, Refused
from ..logs.bag2_folder import Bag2, open_bag2
from ..logs.db3_file import MAGIC3, Db3File, is_db3
from ..logs.reading import Topic, read_log, survey
from ..logs.source import Source
from ..logs.unpacked import Unpacked
from ._log import cut, same_magic

__all__ = ["Rosbag2"]

_MARK = b"rosbag2_bagfile_information"
_STORED = (".db3", ".mcap")


class Rosbag2:
    """One bag is one recording; ``Reading.split`` cuts it into episodes."""

    name = "rosbag2"
    version = "1"
    writes = False
    loses: tuple[str, ...] = ()

    def bid(self, path: Path) -> Bid:
        """Sure of a folder whose metadata names a bag (or should), and of a SQLite file with a bag's tables."""
        if path.is_dir():
            try:
                with (path / "metadata.yaml").open("rb") as file:
                    known = _MARK in file.read(4096)
            except OSError:
                return Bid(0.0)
            if known:
                return Bid(0.95, "metadata.yaml describes a ROS 2 bag")
            if any(child.suffix in _STORED for child in path.iterdir()):
                return Bid(0.6, "a metadata.yaml beside the files of a bag does not describe one")
            return Bid(0.1, "has a metadata.yaml")
        if not path.is_file():
            return Bid(0.0)
        if same_magic(path, MAGIC3) and is_db3(path):
            return Bid(0.9, "a SQLite file with the tables of a ROS 2 bag")
        return Bid(0.6, "is called .db3") if path.suffix == ".db3" else Bid(0.0)

    def topics(self, path: Path) -> list[Topic]:
        """Topic, type, count and rate of everything in the bag."""
        return survey(_opened(path)[0])

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """The episodes of one bag."""
        source, bag = _opened(path)
        by = f"{self.name}@{self.version}"
        whole = read_log(source, path, by)
        if bag is not None:
            found = next((fact.value for fact in whole.said if fact.key == "log/messages"), 0)
            if bag.count != found:
                words = f"metadata.yaml declares {bag.count} messages, {found} are there"
                whole = whole.saying([Fact("", "damage/count", words, by)])
        yield from cut(whole, how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """Refused: MCAP holds the same and is written."""
        raise Refused("ROS 2 bag folders are read and not written.", do="Write 'mcap' instead.")


def _opened(path: Path) -> tuple[Source, Bag2 | None]:
    try:
        if path.is_dir():
            source, bag = open_bag2(path)
            return Unpacked(source), bag
        path.stat()
        return Unpacked(Db3File(path)), None
    except OSError as error:
        raise NotFound(f"No ROS 2 bag at {path}.") from error
