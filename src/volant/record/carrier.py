"""Messages of a robot's own bus or log, decoded a batch at a time and recorded as streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from ..core import Stream
from ..core.errors import BadInput
from ..logs.album import Pictures, collects_pictures
from ..logs.packets import Packets, is_key
from ..logs.source import Channel, Place, Trouble
from ..logs.topic import Numbers
from ..video import RawFrames, Stills
from .recorder import Recorder
from .standby import Standby

__all__ = ["Carrier"]


class _Batch:
    """Payloads that arrived together, as a log that can be looked at. Implements ``logs.Source``."""

    def __init__(self, channels: Mapping[int, Channel]) -> None:
        self.channels, self.trouble = channels, Trouble()
        self._payloads: list[bytes] = []

    def keep(self, payload: bytes) -> Place:
        self._payloads.append(payload)
        return (len(self._payloads) - 1, 0, len(payload))

    def messages(self) -> Iterator[tuple[int, int, memoryview, Place]]:
        return iter(())

    def view(self, place: Place) -> memoryview:
        number, offset, size = place
        return memoryview(self._payloads[number])[offset : offset + size]


@dataclass(slots=True)
class Carrier:
    """Takes messages of any encoding that logs may have (CDR, ROS 1, Protobuf, JSON) and records what they hold.

    ``left_out`` says, once for each topic, why something of it is not recorded.
    """

    recorder: Recorder | Standby
    channels: dict[int, Channel] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    messages: int = 0
    _waiting: dict[int, list[tuple[int, bytes]]] = field(default_factory=dict)

    def add(self, channel: int, log: int, payload: bytes | memoryview) -> None:
        """One message of a channel that ``channels`` knows."""
        self._waiting.setdefault(channel, []).append((log, bytes(payload)))
        self.messages += 1

    def flush(self) -> None:
        """Record everything that waits."""
        waiting, self._waiting = self._waiting, {}
        for number, messages in waiting.items():
            channel, batch = self.channels[number], _Batch(self.channels)
            collected = Pictures(channel) if collects_pictures(channel) else Numbers(channel)
            for log, payload in messages:
                collected.add(log, memoryview(payload), batch.keep(payload))
            try:
                made = collected.made(batch) if isinstance(collected, Pictures) else collected.made()
            except BadInput as error:
                self._leave_out(channel.topic, error.what)
                continue
            for words in (*made.damage, *made.notes):
                self._leave_out(channel.topic, words)
            for stream in made.streams:
                self._record(channel.topic, stream)

    def _record(self, topic: str, stream: Stream) -> None:
        video = stream.video
        try:
            if video is None:
                if not stream.signal.numeric:
                    raise BadInput("texts and blobs do not travel")
                self.recorder.columns(stream.signal, stream.t, stream.values)
            elif isinstance(video, Packets):
                for t, blob in zip(stream.t.tolist(), video.encoded(), strict=True):
                    key = is_key(video.codec, blob)
                    self.recorder.picture(stream.name, t, blob, key=key, codec=video.codec, shape=video.size)
            elif isinstance(video, Stills):
                for t, blob in zip(stream.t.tolist(), video.encoded(), strict=True):
                    self.recorder.picture(stream.name, t, blob, shape=video.shape[1:], dtype=video.dtype,
                                          kind=stream.signal.kind, unit=stream.signal.unit)  # fmt: skip
            elif isinstance(video, RawFrames) and video.dtype == "uint8":
                for t, frame in zip(stream.t.tolist(), video.frames(), strict=True):
                    self.recorder.picture(stream.name, t, np.ascontiguousarray(frame, np.uint8))
            else:
                raise BadInput(f"pictures of {video.dtype} do not travel")
        except BadInput as error:
            self._leave_out(topic, f"{stream.name}: {error.what}")

    def _leave_out(self, topic: str, words: str) -> None:
        self.left_out.setdefault(topic, words)
