"""Episodes as MCAP files, one each: ROS 2 messages that any reader opens, and what they mean as metadata."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from mcap.exceptions import McapError
from mcap.reader import make_reader
from mcap.writer import CompressionType, Writer

from ..core import Episode, Stream, Writing, Written
from ..core.errors import BadValue, Refused
from ._about import about
from ._landing import Proof, plain_facts, proof
from ._mcap_forms import Form, form_of, lead_size, payloads, times_of

__all__ = ["MARK", "put"]

MARK = "volant.episode"
"""Name of the metadata record that says what the messages of a file mean."""


def put(episodes: Iterable[Episode], out: Path, how: Writing) -> tuple[Written, list[Proof]]:
    """Write ``episode_000000.mcap`` and so on into a new folder; each is counted by the official reader."""
    files: list[str] = []
    proofs: list[Proof] = []
    frames = 0
    out.mkdir(parents=True)
    for number, episode in enumerate(episodes):
        name = f"episode_{number:06d}.mcap"
        with (out / name).open("wb") as file:
            rows = _episode(file, episode, how)
        _count(out / name, rows)
        files.append(name)
        proofs.append(proof(episode))
        frames += episode.frames
        if how.progress:
            how.progress(number + 1)
    if not files:
        raise BadValue("There is no episode to write.")
    return Written(len(files), frames, tuple(files)), proofs


def _episode(file: BinaryIO, episode: Episode, how: Writing) -> int:
    filled = [stream.t for stream in episode.streams if len(stream.t)]
    shift = max(0, -min((int(t.min()) for t in filled), default=0))
    forms = [form_of(stream, number) for number, stream in enumerate(episode.streams)]
    writer = Writer(file, compression=CompressionType.ZSTD, enable_data_crcs=True)
    writer.start(profile="ros2", library="volant")
    table = [_row(stream, form) for stream, form in zip(episode.streams, forms, strict=True)]
    facts = {key: json.dumps(value) for key, value in plain_facts(how.facts, episode).items()}
    words = {"about": about(episode), "streams": json.dumps(table), "shift": str(shift)}
    writer.add_metadata(MARK, words | {"robot": how.robot, "licence": how.licence})
    if facts:
        writer.add_metadata("volant.facts", facts)
    schemas: dict[tuple[str, str], int] = {}
    channels = []
    for stream, form in zip(episode.streams, forms, strict=True):
        key = (form.schema, form.text)
        if key not in schemas:
            schemas[key] = writer.register_schema(form.schema, "ros2msg", form.text.encode())
        meaning = {"unit": stream.signal.unit, "frame": stream.signal.frame, "kind": stream.signal.kind.value}
        channels.append(writer.register_channel(stream.name, "cdr", schemas[key], meaning))
    count = 0
    for number, row, t, payload in _merged(episode.streams, forms):
        writer.add_message(channels[number], t + shift, payload, t + shift, row & 0xFFFFFFFF)
        count += 1
    writer.finish()
    return count


def _row(stream: Stream, form: Form) -> dict[str, object]:
    video = stream.video
    row: dict[str, object] = {"signal": stream.signal.to_json(), "sort": form.sort, "rows": len(stream)}
    if video is None:
        return row | {"dtype": str(stream.values.dtype.name)}
    return row | {
        "codec": video.codec,
        "dtype": video.dtype,
        "shape": list(video.shape[1:]),
        "skip": lead_size(stream, form),
    }


def _merged(streams: tuple[Stream, ...], forms: list[Form]) -> Iterator[tuple[int, int, int, bytes]]:
    """Every sample in the order of time, each stream in its own order: stream, row, time, message."""
    if not streams:
        return
    times = [times_of(stream, form) for stream, form in zip(streams, forms, strict=True)]
    due = np.concatenate([np.maximum.accumulate(t) if len(t) else t for t in times])
    owner = np.repeat(np.arange(len(streams)), [len(stream) for stream in streams])
    waiting = [payloads(stream, form) for stream, form in zip(streams, forms, strict=True)]
    rows = [0] * len(streams)
    for number in owner[np.argsort(due, kind="stable")].tolist():
        row = rows[number]
        rows[number] += 1
        payload = next(waiting[number], None)
        if payload is None:
            raise Refused(f"Stream {streams[number].name!r} gives {row} of its {len(streams[number])} samples.")
        yield number, row, int(times[number][row]), payload


def _count(path: Path, rows: int) -> None:
    """The official reader must see every message in the summary."""
    try:
        with path.open("rb") as file:
            summary = make_reader(file).get_summary()
    except McapError as error:
        raise Refused(f"{path.name} was written and cannot be read again: {error}.") from error
    found = summary.statistics.message_count if summary and summary.statistics else 0
    if found != rows:
        raise Refused(f"{path.name}: {rows} messages were written, {found} are there.")
