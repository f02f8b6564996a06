"""Laws of formats: what is written comes back or its loss is declared; half a file is never silently less."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np

from .. import plug
from ..core import Episode, Format, Reading, Stream, Writing, Written
from ..core.errors import VolantError
from . import generated
from .laws import Broken, Law

__all__ = ["LAWS"]


def _bids(form: Format) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "notes.txt").write_text("nothing to see\n")
        (place / "empty.bin").write_bytes(b"")
        for path in (place, place / "notes.txt", place / "empty.bin", place / "absent"):
            if form.bid(path).score >= 0.5:
                raise Broken(f"{form.name} claims {path.name}, which is nobody's.")


def _own(form: Format) -> None:
    for where, _ in _written(form):
        score = form.bid(where).score
        if score < 0.5:
            raise Broken(f"{form.name} bids {score} on what it wrote itself.")


def _others(form: Format) -> None:
    for name, other in plug.formats().items():
        if other.writes and name != form.name:
            for where, _ in _written(other):
                score = form.bid(where).score
                if score >= 0.5 and other.bid(where).score <= score:
                    raise Broken(f"{form.name} bids {score} on what {name} wrote.")


def _round_trip(form: Format) -> None:
    for where, written in _written(form):
        given = generated.episodes(5)
        back = list(form.read(where, Reading()))
        if len(back) != written.episodes or written.episodes != len(given):
            raise Broken(f"{form.name}: {len(given)} given, {written.episodes} reported, {len(back)} read back.")
        losses = " ".join((*form.loses, *written.losses))
        for one, other in zip(given, back, strict=True):
            if one.id != other.id:
                _compare(form.name, one, other, losses)
            if (one.task or one.instruction) not in (other.task, other.instruction) and "task" not in losses:
                raise Broken(f"{form.name}: the task {one.task!r} came back as {other.task!r}.")


def _compare(name: str, one: Episode, other: Episode, losses: str) -> None:
    if not losses:
        raise Broken(f"{name}: another identity came back and no loss is declared.")
    for stream in one.streams:
        if stream.name not in other:
            if "stream" not in losses and "picture" not in losses:
                raise Broken(f"{name}: the stream {stream.name!r} is gone and no loss says so.")
            continue
        back = other[stream.name]
        for what in ("unit", "frame"):
            if getattr(stream.signal, what) != getattr(back.signal, what) and what not in losses:
                raise Broken(f"{name}: {stream.name!r} had {what} {getattr(stream.signal, what)!r}, now another.")
        if len(stream) != len(back):
            raise Broken(f"{name}: {stream.name!r} had {len(stream)} samples, now {len(back)}.")
        if not _same_values(stream, back) and "picture" not in losses:
            raise Broken(f"{name}: {stream.name!r} came back with other values.")


def _same_values(one: Stream, other: Stream) -> bool:
    if one.video is None and other.video is None:
        return np.allclose(one.values.astype(float), other.values.astype(float), rtol=1e-6, equal_nan=True)
    if one.video is not None and other.video is not None:
        pairs = zip(one.video.frames(0, 2), other.video.frames(0, 2), strict=True)
        return all(np.array_equal(a, b) for a, b in pairs)
    return False


def _first(form: Format) -> None:
    for where, _ in _written(form):
        reading = form.read(where, Reading())
        episode = next(iter(reading))
        if not all(len(stream) for stream in episode.streams):
            raise Broken(f"{form.name}: the first episode came without samples.")
        if isinstance(reading, Generator):
            reading.close()
        if len(list(form.read(where, Reading(limit=1)))) != 1:
            raise Broken(f"{form.name}: a limit of one episode gave another number.")


def _truncated(form: Format) -> None:
    for where, written in _written(form):
        files = [where] if where.is_file() else [file for file in where.rglob("*") if file.is_file()]
        largest = max(files, key=lambda file: (file.stat().st_size, file.name))
        with largest.open("r+b") as file:
            file.truncate(largest.stat().st_size * 6 // 10)
        try:
            back = list(form.read(where, Reading()))
            for episode in back:
                for stream in episode.streams:
                    if stream.video is not None:
                        list(stream.video.frames())
        except VolantError:
            continue
        damaged = any(fact.key.startswith("damage/") for episode in back for fact in episode.said)
        if len(back) < written.episodes and not damaged:
            raise Broken(f"{form.name}: {largest.name} was cut, and {len(back)} episodes came back in silence.")


def _written(form: Format) -> Iterator[tuple[Path, Written]]:
    """What the format makes of a few small episodes; nothing where it does not write."""
    if not form.writes:
        return
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set"
        written = form.write(iter(generated.episodes(5)), out, Writing(robot="arm", licence="CC0-1.0"))
        yield out if out.exists() else _only(Path(folder)), written


def _only(folder: Path) -> Path:
    made = sorted(folder.iterdir())
    if len(made) != 1:
        raise Broken(f"{len(made)} things were written instead of one.")
    return made[0]


LAWS = (
    Law("bids-modestly", "bids below 0.5 on what is nobody's", _bids),
    Law("bids-on-own", "claims what it wrote itself", _own),
    Law("leaves-others", "does not outbid others on what they wrote", _others),
    Law("round-trip", "write then read keeps samples, units and frames, or the loss is declared", _round_trip),
    Law("first-first", "the first episode is usable before the second is opened; limits hold", _first),
    Law("no-silent-half", "a truncated file raises or says so, never fewer episodes in silence", _truncated),
)
