"""ALOHA recordings: one HDF5 file an episode, pictures plain or as padded JPEG."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import h5py

from ..core import Bid, Episode, Fact, Origin, Reading, Stream, Value, Writing, Written
from ..core.errors import BadValue, Damaged, NotFound, Refused
from ..core.stream import Times
from ._folder import each, numbered
from ._h5 import attribute, child, datasets, magic, numbers, opened, plainly
from ._h5streams import streams_of
from ._landing import chosen
from ._rows import clock, nanoseconds, said

__all__ = ["Aloha"]


class Aloha:
    """``observations/{qpos, qvel, effort, images/<camera>}`` and ``action``; a file, or a folder of ``episode_*``.

    The layout states no rate: times are row numbers unless the file has ``timestamps`` or an attribute ``fps``.
    Compressed pictures are padded with zeros to one length; the padding is cut off and ``compress_len``, whose
    camera order nobody states, is not needed.
    """

    name = "aloha"
    version = "1"
    writes = False
    loses = ()

    def bid(self, path: Path) -> Bid:
        """Sure where the first file has ``action`` beside ``observations``."""
        try:
            file = _files(path)[0]
            if not magic(file):
                return Bid(0.0, "no HDF5 file")
            with opened(file) as open_file, plainly(file):
                return _own(open_file)
        except (Damaged, BadValue, NotFound) as error:
            return Bid(0.0, error.what)

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """One episode per file, in the order of their numbers."""
        return chosen(each(_files(path), _episode), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """Refused: robomimic is the HDF5 that is written."""
        raise Refused("Volant does not write ALOHA files.", do="Use --format robomimic for HDF5.")


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = sorted((p for end in ("hdf5", "h5") for p in path.glob(f"episode_*.{end}") if p.is_file()), key=numbered)
    if not found:
        raise NotFound(f"{path} has no episode_*.hdf5.")
    return found


def _own(file: h5py.File) -> Bid:
    if "action" in file and "observations" in file:
        inner = child(file, "observations")
        if isinstance(inner, h5py.Group) and ("qpos" in inner or "images" in inner):
            return Bid(0.97, "action beside observations/qpos or images")
    return Bid(0.05, "HDF5 without observations and action")


def _episode(path: Path) -> Iterator[Episode]:
    by = f"formats/{Aloha.name}@{Aloha.version}"
    with opened(path) as file:
        with plainly(path):
            if _own(file).score < 0.5:
                raise Damaged(f"{path} has no action beside observations.", do="Is it an ALOHA file?")
            found = {name: item for name, item in datasets(file) if name.rpartition("/")[2] != "compress_len"}
            action = found.get("action")
            if action is None or not action.shape:
                raise Damaged(f"{path}: 'action' is no dataset with rows.")
            times, hz, facts = _clock(file, found, int(action.shape[0]))
            streams, damage = _streams(found, times, hz, by)
            if not streams:
                raise Damaged(f"{path} holds nothing that can be read.", instead=str(damage[0].value) if damage else "")
            sim, task = attribute(file, "sim"), attribute(file, "task") or attribute(file, "language_instruction")
            if isinstance(sim, bool | int):
                facts.append(("declared/sim", bool(sim)))
        yield Episode(
            tuple(streams),
            origin=Origin(uri=str(path), tier="simulation" if sim else ""),
            task=str(task or ""),
            said=(*said(by, facts), *damage),
        )


def _clock(
    file: h5py.File, found: dict[str, h5py.Dataset], count: int
) -> tuple[Times, float | None, list[tuple[str, Value]]]:
    """The file's own timestamps in seconds, else its stated rate, else row numbers."""
    rate = next((attribute(file, key) for key in ("fps", "hz", "control_freq", "frequency") if key in file.attrs), None)
    hz = float(rate) if isinstance(rate, int | float) and rate > 0 else None
    for name in ("timestamps", "timestamp", "observations/timestamps", "observations/timestamp"):
        if name in found and found[name].shape == (count,) and found[name].dtype.kind == "f":
            facts: list[tuple[str, Value]] = [("declared/clock", name), ("declared/length", count)]
            return nanoseconds(numbers(found[name]), name), hz, [*facts, *([("declared/fps", hz)] if hz else [])]
    times, facts_of = clock(count, hz)
    return times, hz, list(facts_of)


def _streams(
    found: dict[str, h5py.Dataset], times: Times, hz: float | None, by: str
) -> tuple[list[Stream], list[Fact]]:
    streams: list[Stream] = []
    damage = []
    for inner, dataset in found.items():
        name = inner.replace("observations/", "observation/", 1).replace("/", ".")
        try:
            streams += streams_of(name, dataset, times, hz)
        except (BadValue, Damaged) as error:
            damage.append(Fact("", "damage/unreadable", f"{inner}: {error.what}", by, None, name))
    return streams, damage
