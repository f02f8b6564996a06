"""CSV and TSV logs: one file a recording, or a folder of files that were written at the same time.

The clock is the column whose name, unit or size says so; without one, times are row numbers (``declared/clock``
says ``index``). Files whose times overlap are streams of one recording, each on its own clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..core import Bid, Episode, Origin, Reading, Stream, Value, Writing, Written
from ..core.errors import Damaged, NotFound, Refused, VolantError
from ..logs.mapping import apply_mapping
from ..logs.split import split_episode
from ._csvclock import Clock, find_clock, first_time
from ._csvstreams import streams_of
from ._csvtable import Layout, load, sniff
from ._landing import chosen
from ._rows import said

__all__ = ["CsvLog"]

_BY = "formats/csv@1"
_SUFFIXES = (".csv", ".tsv")
_CLAIMED = ({"tracking_timestamp_us"}, {"start_timestamp", "stop_timestamp"}, {"narration", "verb", "noun"})
_OTHERS = (".db3", ".mcap", ".bag", ".vrs", ".mp4", ".mkv", ".mov", ".webm", ".h5", ".hdf5", ".parquet", ".npz")
_TAIL = 1 << 16


@dataclass(frozen=True, slots=True)
class _File:
    """A file of the recording: its layout, its clock and the first and last time it tells."""

    layout: Layout
    clock: Clock | None
    start: int
    stop: int


class CsvLog:
    """Separated values, read in blocks."""

    name = "csv"
    version = "1"
    writes = False
    loses = ("only read: write Parquet instead",)

    def bid(self, path: Path) -> Bid:
        """Claims files and folders of separated values with at least one column of numbers."""
        if path.is_dir():
            files = _files(path)
            if not files:
                return Bid(0.0, "no CSV files")
            if any(child.suffix.lower() in _OTHERS for child in path.iterdir()):
                return Bid(0.4, "CSV files beside another recording")
            one = self.bid(files[0])
            if _bagless(path) and one.score >= 0.9:
                return Bid(0.96, f"{len(files)} CSV files; the bag of metadata.yaml is not there")
            return Bid(min(one.score, 0.9), f"{len(files)} CSV files")
        if path.suffix.lower() not in _SUFFIXES or not path.is_file():
            return Bid(0.0, "not named .csv or .tsv")
        try:
            layout = sniff(path)
        except VolantError as error:
            return Bid(0.6, f"named like separated values: {error.what}")
        names = {name.lower() for name in layout.names}
        if any(claim <= names for claim in _CLAIMED):
            return Bid(0.3, "a table that another format knows")
        if all(sort == "text" for sort in layout.sorts):
            return Bid(0.2, "a table of words")
        return Bid(0.9, f"{len(layout.names)} columns of separated values")

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """Recordings in the order of their times, mapped and split as asked.

        Raises ``NotFound`` where there is nothing, ``Damaged`` where not one file can be read.
        """
        # Mapped before it is split: a piece may lack a stream that the mapping names.
        return chosen(self._all(path, how), replace(how, mapping=None))

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """Refused: separated values have no types, units or pictures."""
        raise Refused("CSV files are only read.", do="Publish as 'parquet'.")

    def _all(self, path: Path, how: Reading) -> Iterator[Episode]:
        if not path.exists():
            raise NotFound(f"{path} does not exist.")
        paths = [path] if path.is_file() else _files(path)
        files, troubles = list[_File](), list[str]()
        for one in paths:
            try:
                files.append(_looked(one))
            except VolantError as error:
                troubles.append(str(error))
        count = 0
        for group in _recordings(files):
            try:
                whole = _episode(path, group, troubles if not count else [])
            except Damaged as error:
                troubles.append(str(error))
                continue
            for episode in split_episode(apply_mapping(whole, how.mapping), how.split):
                count += 1
                yield episode
        if not count:
            raise Damaged(f"{path}: no recording could be read: {'; '.join(troubles[:3]) or 'no CSV files'}.")


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    found = (child for child in folder.iterdir() if child.suffix.lower() in _SUFFIXES and child.is_file())
    return sorted(found)


def _bagless(path: Path) -> bool:
    """Whether a ROS 2 description lies there without its bag: only the CSV files can be read."""
    return path.is_dir() and (path / "metadata.yaml").is_file()


def _looked(path: Path) -> _File:
    """Layout and time range of a file from its first and last 64 KiB."""
    layout = sniff(path)
    clock = find_clock(layout)
    if clock is None:
        return _File(layout, None, 0, 0)
    start = first_time(layout, clock, layout.first) or 0
    stop = start
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL))
        tail = file.read(_TAIL).decode("utf-8", "replace")
    for line in reversed(tail.splitlines()):
        cells = tuple(line.split(layout.delimiter))
        if len(cells) == len(layout.names):
            stop = first_time(layout, clock, cells) or start
            break
    return _File(layout, clock, start, max(start, stop))


def _recordings(files: list[_File]) -> Iterator[list[_File]]:
    """Files that belong together.

    Times since 1970 that overlap are one recording. Without them, files with the same columns are recordings of
    their own (each starts at its zero), and files with different columns are streams of one.
    """
    dated = sorted((file for file in files if file.clock and file.clock.epoch), key=lambda file: file.start)
    group: list[_File] = []
    end = 0
    for file in dated:
        if group and file.start > end:
            yield sorted(group, key=lambda one: one.layout.path.name)
            group = []
        end = max(end, file.stop) if group else file.stop
        group.append(file)
    if group:
        yield sorted(group, key=lambda one: one.layout.path.name)
    rest = [file for file in files if not (file.clock and file.clock.epoch)]
    clocked = [file for file in rest if file.clock]
    if len({file.layout.names for file in clocked}) == len(clocked) > 1:
        yield clocked
        rest = [file for file in rest if not file.clock]
    for file in rest:
        yield [file]


def _episode(path: Path, files: list[_File], troubles: list[str]) -> Episode:
    streams: list[Stream] = []
    facts: list[tuple[str, Value]] = [("damage/file", trouble) for trouble in troubles]
    for file in files:
        clock = file.clock
        layout = file.layout
        exact = clock.column if clock and not clock.rest and _sort(layout, clock.column) in ("float", "stamp") else ""
        stem = _stem(layout.path) if len(files) > 1 else ""
        try:
            table = load(layout, "" if exact and _sort(layout, exact) == "stamp" else exact)
        except Damaged as error:
            if len(files) == 1:
                raise
            facts.append(("damage/file", str(error)))
            continue
        made, told = streams_of(table, clock, stem)
        streams.extend(made)
        facts.extend(told)
        word = f"{clock.column}: {clock.why}" if clock else "index"
        facts.append(("declared/clock", f"{layout.path.name}: {word}" if clock and len(files) > 1 else word))
    if not streams:
        raise Damaged(f"{path}: no column of numbers or changing words could be read.")
    if _bagless(path):
        facts.append(("damage/missing_files", "metadata.yaml describes a bag that is not there"))
    first = files[0]
    dated = [file.start for file in files if file.clock and file.clock.epoch]
    uri = str(first.layout.path if len(files) == 1 else path)
    origin = Origin(uri=uri, recorded_at=min(dated) if dated else 0)
    return Episode(tuple(streams), origin, said=said(_BY, facts))


def _sort(layout: Layout, name: str) -> str:
    return layout.sorts[layout.names.index(name)]


def _stem(path: Path) -> str:
    return re.sub(r"\s+", "_", path.stem).strip("-_ ") or "table"
