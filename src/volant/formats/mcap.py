"""MCAP: logs of ROS 2 (CDR), Protobuf and JSON messages, whole or cut off; and episodes written so that they return."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..core import Bid, Episode, Reading, Writing, Written
from ..core.errors import NotFound
from ..logs.mcap_file import MAGIC, McapFile
from ..logs.reading import Topic, read_log, survey
from ..logs.unpacked import Unpacked
from ._landing import landing, prove
from ._log import cut, same_magic
from ._mcap_own import own_files, read_own
from ._mcap_write import MARK, put

__all__ = ["Mcap"]


class Mcap:
    """One ``.mcap`` file is one recording; ``Reading.split`` cuts it into episodes.

    Written is a folder with one file per episode: every sample is a ROS 2 message that any MCAP reader opens, and a
    metadata record ``volant.episode`` says what it means.
    """

    name = "mcap"
    version = "1"
    writes = True
    loses: tuple[str, ...] = (
        "packets of h264 and hevc are copied as Annex B: the same pictures in other bytes, so another episode id",
    )

    def bid(self, path: Path) -> Bid:
        """Sure of a file that begins with the magic bytes, and of a folder of written episodes."""
        if path.is_file():
            if same_magic(path, MAGIC):
                return Bid(0.95, "begins with the MCAP magic bytes")
            return Bid(0.6, "is called .mcap") if path.suffix == ".mcap" else Bid(0.0)
        if path.is_dir() and same_magic(path / "episode_000000.mcap", MAGIC):
            return Bid(0.9, "holds episode_000000.mcap")
        return Bid(0.0)

    def topics(self, path: Path) -> list[Topic]:
        """Topic, type, count and rate of everything in the log."""
        return survey(Unpacked(_opened(path)))

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """The episodes of one file, or of all files of a written folder."""
        by = f"{self.name}@{self.version}"
        left = how.limit
        for file in own_files(path) if path.is_dir() else [path]:
            source = _opened(file)
            head = source.head().get(MARK)
            whole = read_own(source, head, by) if head else read_log(Unpacked(source), file, by)
            for episode in cut(whole, how):
                if left is not None and left <= 0:
                    return
                left = None if left is None else left - 1
                yield episode

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """A folder of files, proven by reading every one of them again."""
        with landing(out) as part:
            written, proofs = put(episodes, part, how)
            prove(self.read(part, Reading()), proofs)
        return written


def _opened(path: Path) -> McapFile:
    try:
        return McapFile(path)
    except OSError as error:
        raise NotFound(f"No MCAP file at {path}.") from error
