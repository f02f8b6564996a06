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


def view(store: Store, subject: str, out: Path) -> tuple[Path, ...]:
    """Write an episode's page into the folder ``out``, and an ``.rrd`` beside it where Rerun is installed."""
    page = episode_page(store, subject)
    try:
        out.mkdir(parents=True, exist_ok=True)
        html = out / f"{subject}.html"
        html.write_text(page, encoding="utf-8")
    except OSError as error:
        raise Refused(f"The page cannot be written to {out}: {error.strerror or error}.") from error
    if find_spec("rerun") is None:
        return (html,)
    log = out / f"{subject}.rrd"
    write_rrd(store.episode(subject), store.facts(subject=[subject]), log)
    return html, log


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
