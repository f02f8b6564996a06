"""An episode for the Rerun viewer, where its package is installed."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ..core import Episode, FactTable
from ..core.errors import MissingPart, Refused
from ..lake import Store
from .episode import episode_page

__all__ = ["view", "write_rrd"]

_OTHERS = frozenset(
    (".pdf", ".png", ".jpg", ".jpeg", ".svg", ".gif", ".mp4", ".webm", ".json", ".txt", ".md", ".csv", ".zip")
)
"""Endings of files that people may hope for and that an episode is not written as."""


def view(store: Store, subject: str, out: Path) -> tuple[Path, ...]:
    """Write an episode's page, and an ``.rrd`` beside it where Rerun is installed; what was written, the page first.

    ``out`` is the page itself where it ends in ``.html``, the recording alone where it ends in ``.rrd``, else a folder
    for both, under the episode's id. Raises ``Refused`` for files of other sorts and for what cannot be written.
    """
    kind = out.suffix.lower()
    if kind in _OTHERS:
        raise Refused(
            f"{out} would be no {kind[1:]} file.",
            instead="An episode is written as a page (.html), for Rerun (.rrd), or as both into a folder.",
        )
    alone = kind in (".html", ".htm", ".rrd")
    if alone and out.is_dir():
        raise Refused(f"{out} is a folder.", do="Name another file, or a folder without the ending of a file.")
    log = out.with_suffix(".rrd") if alone else out / f"{subject}.rrd"
    made: list[Path] = []
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        if kind != ".rrd":
            page = out if alone else out / f"{subject}.html"
            _written(page, episode_page(store, subject))
            made.append(page)
        if kind == ".rrd" or find_spec("rerun") is not None:
            write_rrd(store.episode(subject), store.facts(subject=[subject]), log)
            made.append(log)
    except OSError as error:
        raise Refused(f"{out} cannot be written: {error.strerror or error}.") from error
    return tuple(made)


def _written(path: Path, text: str) -> None:
    """A file that appears whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_rrd(episode: Episode, facts: FactTable, out: Path) -> None:
    """Signals as columns, pictures as frames, findings as text on one timeline; ``MissingPart`` without Rerun."""
    try:
        rr = import_module("rerun")
    except ImportError as error:
        raise MissingPart(
            "The package rerun-sdk is not installed.", do="Install volant[view] to write .rrd files."
        ) from error
    recording = rr.RecordingStream("volant", recording_id=episode.id)
    recording.save(out)
    for stream in episode.streams:
        seconds = stream.t.astype(np.float64) / 1e9
        if stream.video is not None:
            for at, frame in zip(seconds.tolist(), stream.video.frames(), strict=False):
                recording.set_time("episode", duration=at)
                picture = rr.Image(frame) if frame.dtype == np.uint8 else rr.DepthImage(frame[:, :, 0])
                recording.log(stream.name, picture.compress(80) if isinstance(picture, rr.Image) else picture)
        elif stream.signal.numeric and len(stream):
            x = stream.values.reshape(len(stream), -1).astype(np.float64)
            clock = [rr.TimeColumn("episode", duration=seconds)]
            recording.send_columns(stream.name, clock, rr.Scalars.columns(scalars=x))
    for fact in facts:
        if fact.key.startswith("reason/"):
            start = fact.span.start if fact.span else episode.span.start
            recording.set_time("episode", duration=start / 1e9)
            recording.log(f"findings/{fact.key[7:]}", rr.TextLog(str(fact.value), level="WARN"))
    recording.flush()
