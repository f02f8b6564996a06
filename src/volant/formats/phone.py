"""What the page Collect records: a folder of one film, the phone's motion beside it, and a few words about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ..core import Bid, Episode, Kind, Origin, Reading, Signal, Stream, Value, Writing, Written
from ..core.errors import Damaged, NotFound, Refused
from ..core.fact import OUTCOMES
from ..video import open_video, probe
from ._landing import chosen
from ._rows import said

__all__ = ["Phone"]

_BY = "formats/phone@1"
_FILMS = ("video.webm", "video.mp4")
_LARGEST = 64 << 20


class _Take(msgspec.Struct):
    """``take.json``: ``volant_take`` is its version, ``started`` ms since 1970 when the film began."""

    volant_take: int
    started: float = 0.0
    task: str = ""
    instruction: str = ""
    scene: str = ""
    outcome: str = ""
    device: str = ""
    take: str = ""


class _Motion(msgspec.Struct):
    """``motion.json``: ``t`` in ms from the film's beginning, acceleration in m/s^2 with gravity, turning in deg/s."""

    t: list[float] = []
    acceleration: list[list[float | None]] = []
    rotation: list[list[float | None]] = []


class Phone:
    """Takes of a phone: film and motion sensors, recorded in a browser; one episode a folder."""

    name = "phone"
    version = "1"
    writes = False
    loses = ("only read",)

    def bid(self, path: Path) -> Bid:
        """Claims a folder with ``take.json`` of ours, or of such folders."""
        if any(_is_take(folder) for folder in _folders(path)):
            return Bid(0.97, "takes of a phone")
        return Bid(0.0, "no take of a phone")

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """Episodes folder by folder. Raises ``NotFound`` where there are none, ``Damaged`` where one cannot be read."""
        return chosen(self._all(path), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """Refused: a browser's take has no room for robots."""
        raise Refused("Takes of a phone are only read.", do="Publish as 'lerobot'.")

    def _all(self, path: Path) -> Iterator[Episode]:
        folders = [folder for folder in _folders(path) if _is_take(folder)]
        if not folders:
            raise NotFound(f"{path}: there is no take of a phone.")
        for folder in folders:
            yield _episode(folder)


def _folders(path: Path) -> list[Path]:
    if not path.is_dir() or path.is_symlink():
        return []
    inside = sorted(child for child in path.iterdir() if child.is_dir() and not child.is_symlink())
    return [path] if (path / "take.json").is_file() else inside


def _is_take(folder: Path) -> bool:
    about = folder / "take.json"
    if not about.is_file() or about.is_symlink() or about.stat().st_size > 1 << 20:
        return False
    return b'"volant_take"' in about.read_bytes()


def _read(path: Path, kind: type[Any]) -> Any:
    try:
        if path.stat().st_size > _LARGEST:
            raise Damaged(f"{path.name} is too large.")
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError) as error:
        raise Damaged(f"{path.name} cannot be read: {error}.") from error


def _episode(folder: Path) -> Episode:
    about: _Take = _read(folder / "take.json", _Take)
    facts: list[tuple[str, Value]] = [("declared/device", about.device)] if about.device else []
    if about.outcome in OUTCOMES:
        facts.append(("outcome", about.outcome))
    streams = []
    film = next((folder / name for name in _FILMS if (folder / name).is_file()), None)
    if film is not None:
        video = open_video(film, salvage=True)
        if len(video):
            # A browser encodes what it has when it has it: the rate is what came, nobody declared one.
            streams.append(Stream(Signal("camera", Kind.IMAGE, video.shape[1:], video.dtype), video.times, video))
        missing = probe(film).missing
        if missing:
            facts.append(("damage/truncated", missing))
    if (folder / "motion.json").is_file():
        streams += _motion(_read(folder / "motion.json", _Motion))
    if not streams:
        raise Damaged(f"{folder.name} holds neither film nor motion.")
    started = int(about.started * 1_000) * 1_000 if 0 <= about.started < 1e14 else 0
    origin = Origin(uri=str(folder), embodiment="human", robot="phone", tier="human video", recorded_at=started)
    words = about.instruction or about.task
    return Episode(tuple(streams), origin, about.task, words, about.scene, said=said(_BY, facts))


def _motion(told: _Motion) -> list[Stream]:
    """Accelerometer and gyroscope as two streams; what the browser left out is not a number."""
    made = []
    t = np.round(np.asarray(told.t, np.float64) * 1e6)
    for name, rows, unit, dims in (
        ("acceleration", told.acceleration, "m/s^2", ("x", "y", "z")),
        ("rotation", told.rotation, "deg/s", ("alpha", "beta", "gamma")),
    ):
        if not rows:
            continue
        if len(rows) != len(t) or any(len(row) != 3 for row in rows):
            raise Damaged(f"motion.json: {name} does not fit its times.")
        values = np.array([[np.nan if x is None else x for x in row] for row in rows], np.float32)
        signal = Signal(name, Kind.IMU, (3,), "float32", unit, "phone", dims=dims)
        made.append(Stream(signal, t.astype(np.int64), values))
    return made
