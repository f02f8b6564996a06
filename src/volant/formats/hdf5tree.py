"""Any HDF5 tree: numbered groups are episodes, datasets with one row per sample are streams."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py

from ..core import Bid, Episode, Fact, Origin, Reading, Stream, Value, Writing, Written
from ..core.errors import BadInput, BadValue, Damaged, Refused
from ..core.stream import Times
from ._folder import numbered
from ._h5 import attribute, datasets, guard, magic, members, numbers, opened, plainly
from ._h5streams import streams_of
from ._landing import chosen
from ._rows import CLOCKS, clock, said, stated_clock

__all__ = ["Hdf5Tree"]

_RATES = ("fps", "hz", "rate", "control_freq", "frequency", "sample_rate")


class Hdf5Tree:
    """HDF5 without a layout of its own: robohive traces, DROID-like trajectories, laboratory files.

    Groups that share a stem and end in a number (``Trial0`` ... ``Trial9``) are episodes, else the file is one. A
    stream is named by its path below the episode. The clock is a dataset called ``time`` or ``timestamp`` (decimal
    numbers are seconds, whole ones by their attribute ``unit`` or by their size since 1970), else a stated rate, else
    row numbers. A mapping file renames streams and states what the file does not.
    """

    name = "hdf5"
    version = "1"
    writes = False
    loses = ()

    def bid(self, path: Path) -> Bid:
        """Sure where numbered groups have a clock; a fallback for every other HDF5 file."""
        if not path.is_file() or not magic(path):
            return Bid(0.0, "no HDF5 file")
        try:
            with opened(path) as file, plainly(path):
                return _bid(file)
        except BadInput as error:
            return Bid(0.6, f"HDF5 signature, but {error.what}")

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """One episode per numbered group, in the order of their numbers; else one for the whole file."""
        return chosen(_episodes(path), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """Refused: robomimic is the HDF5 that is written."""
        raise Refused("A generic tree is read and not written.", do="Use --format robomimic for HDF5.")


def _bid(file: h5py.File) -> Bid:
    if any("MATLAB_class" in file[name].attrs for name in file if file.get(name, getclass=True) is h5py.Dataset):
        return Bid(0.2, "a MATLAB 7.3 file")
    top = set(file)
    if "data" in top and any(str(name).startswith("demo") for name in file["data"]):
        return Bid(0.2, "a robomimic file")
    if {"action", "observations"} <= top:
        return Bid(0.2, "an ALOHA file")
    if {"action", "state", "timestamp"} <= top:
        return Bid(0.3, "AgiBot proprio_stats or its like")
    parts = _parts(file)
    if len(parts) > 1 or parts[0].name != "/":
        return Bid(0.8, f"{len(parts)} numbered groups")
    if any(item.shape and item.shape[0] > 1 for _, item in datasets(file)):
        return Bid(0.55, "HDF5 with rows")
    return Bid(0.2, "HDF5 without rows")


def _parts(file: h5py.File) -> list[h5py.Group]:
    """The groups that are episodes, in the order of their numbers."""
    here: h5py.Group = file["/"]
    for _ in range(8):
        inner = dict(members(here))
        groups = [name for name, item in inner.items() if isinstance(item, h5py.Group)]
        rows = [name for name, item in inner.items() if isinstance(item, h5py.Dataset) and item.shape]
        named = [name for name in groups if re.search(r"\d$", name)]
        if named and named == groups and len({numbered(name)[0] for name in named}) == 1 and not rows:
            return [group for name in sorted(named, key=numbered) if isinstance(group := inner[name], h5py.Group)]
        only = inner[groups[0]] if len(groups) == 1 and not rows else None
        if not isinstance(only, h5py.Group):
            break
        here = only
    return [file["/"]]


def _episodes(path: Path) -> Iterator[Episode]:
    with opened(path) as file:
        with plainly(path):
            parts = _parts(file)
        lost: list[tuple[str, BadInput]] = []
        for group in parts:
            try:
                with plainly(path, str(group.name)):
                    episode = _episode(path, group, len(parts))
            except (Damaged, BadValue) as error:
                lost.append((str(group.name), error))
                continue
            yield episode
        if lost:
            name, cause = lost[0]
            raise Damaged(
                f"{path}: {len(lost)} of {len(parts)} groups cannot be read, first {name}: {cause.what}",
                instead=f"{len(parts) - len(lost)} were read.",
            )


def _episode(path: Path, group: h5py.Group, total: int) -> Episode:
    by = f"formats/{Hdf5Tree.name}@{Hdf5Tree.version}"
    found = dict(datasets(group))
    sized = {name: item for name, item in found.items() if item.shape and item.shape[0] > 0}
    if not sized:
        raise Damaged(f"{path}: {group.name} has no dataset with rows.")
    rows = Counter(int(item.shape[0]) for item in sized.values()).most_common()
    count = max(size for size, times in rows if times == rows[0][1])
    hz = next(
        (float(rate) for key in _RATES if isinstance(rate := attribute(group, key), int | float) and rate > 0), None
    )
    clocks, facts, damage = _clocks(sized, by)
    main = clocks.best(count)
    if main is None:
        main, stated = clock(count, hz)
        facts += list(stated)
    else:
        facts += [("declared/length", count), *([("declared/fps", hz)] if hz else [])]
    streams: list[Stream] = []
    left = []
    for inner, dataset in sized.items():
        own = clocks.near(inner, int(dataset.shape[0]))
        if own is None and dataset.shape[0] != count:
            left.append(inner)
            continue
        try:
            streams += streams_of(inner, dataset, main if own is None else own, hz)
        except (BadValue, Damaged) as error:
            damage.append(Fact("", "damage/unreadable", f"{inner}: {error.what}", by, None, inner))
    if left:
        facts.append(("declared/left_out", f"no row per sample: {', '.join(left[:20])}"))
    if not streams:
        raise Damaged(
            f"{path}: {group.name} holds nothing that can be read.", instead="; ".join(str(d.value) for d in damage[:3])
        )
    facts += [("declared/total_episodes", total), *_attributes(group)]
    task = attribute(group, "task") or attribute(group.file, "task") or attribute(group.file, "env") or ""
    uri = str(path) if group.name == "/" else f"{path}#{group.name}"
    return Episode(tuple(streams), Origin(uri=uri), task=str(task), said=(*said(by, facts), *damage))


@dataclass(frozen=True, slots=True)
class _Clocks:
    """Every clock that a group holds, by the folder it lies in."""

    found: Mapping[str, Times]

    def best(self, count: int) -> Times | None:
        """The shallowest clock with so many rows."""
        fitting = [(folder.count("/") + bool(folder), folder) for folder, t in self.found.items() if len(t) == count]
        return self.found[min(fitting)[1]] if fitting else None

    def near(self, name: str, count: int) -> Times | None:
        """The clock of the nearest folder above a dataset that has as many rows, else any that has."""
        folder = name.rpartition("/")[0]
        while True:
            times = self.found.get(folder)
            if times is not None and len(times) == count:
                return times
            if not folder:
                return self.best(count)
            folder = folder.rpartition("/")[0]


def _clocks(sized: Mapping[str, h5py.Dataset], by: str) -> tuple[_Clocks, list[tuple[str, Value]], list[Fact]]:
    found: dict[str, Times] = {}
    facts: list[tuple[str, Value]] = []
    damage = []
    for name, item in sorted(sized.items(), key=lambda pair: pair[0].count("/")):
        folder, _, last = name.rpartition("/")
        if last.lower() not in CLOCKS or folder in found or item.dtype.kind not in "iuf" or item.size != item.shape[0]:
            continue
        guard(item)
        unit = attribute(item, "unit") or attribute(item, "units")
        try:
            read = stated_clock(numbers(item).reshape(-1), str(unit or ""), name)
        except Damaged as error:
            damage.append(Fact("", "damage/clock", error.what, by, None, name))
            continue
        if read is not None:
            found[folder], scale = read
            facts.append(("declared/clock", f"{name} in {scale}"))
    return _Clocks(found), facts[:1], damage


def _attributes(group: h5py.Group) -> list[tuple[str, Value]]:
    """Short attributes of a group, as what it declares."""
    made: list[tuple[str, Value]] = []
    for key in list(group.attrs)[:50]:
        value = attribute(group, key)
        if isinstance(value, bool | int | float) or (isinstance(value, str) and 0 < len(value) <= 1000):
            made.append((f"declared/{key}", value))
    return made
