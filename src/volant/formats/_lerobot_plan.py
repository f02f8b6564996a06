"""How episodes become LeRobot rows: one rate, one row per step, a feature per stream, and what that loses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core import Episode, Kind, Signal, Stream, Video, Writing
from ..core.errors import Refused
from ..core.stream import Array, Times
from ..video import RawFrames, Stills, rate_of
from ._rows import held, leader, plain_name

__all__ = ["PACKETS", "Channel", "Laid", "Plan"]

PACKETS = ("h264", "hevc", "av1")
"""Codecs whose packets are copied as they are; the official reader knows exactly these."""

_TAKEN = ("timestamp", "frame_index", "episode_index", "index", "task_index", "observation.timestamp_ns")
_HOLDING = 0.5


@dataclass(frozen=True, slots=True)
class Channel:
    """One stream's place in the set: ``mode`` is column, video or image."""

    key: str
    signal: Signal
    mode: str

    def feature(self, info: dict[str, Any] | None = None) -> dict[str, Any]:
        """The entry of ``info.json``; ours rides along under ``volant`` and is ignored by others."""
        signal = self.signal
        dtype = {"column": "string" if signal.dtype == "str" else signal.dtype}.get(self.mode, self.mode)
        names: list[str] | None = list(signal.dims) or None
        if self.mode != "column":
            names = ["height", "width", "channels"]
        entry: dict[str, Any] = {
            "dtype": dtype,
            "shape": list(signal.shape or (1,)),
            "names": names,
            "volant": signal.to_json(),
        }
        if info is not None:
            entry["info"] = info
        return entry


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """One episode as rows: ``t`` their true times, ``columns`` numbers per key, ``pictures`` videos per key."""

    n: int
    t: Times
    columns: dict[str, Array]
    pictures: dict[str, Video]


@dataclass
class Plan:
    """Made from the first episode; every later one must fit. ``losses`` counts samples given and rows kept."""

    fps: float
    channels: tuple[Channel, ...]
    how: Writing
    dropped: dict[str, str] = field(default_factory=dict)
    losses: dict[str, list[int]] = field(default_factory=dict)
    rates: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, episode: Episode, how: Writing) -> Plan:
        """Choose rate, keys and modes. Raises ``Refused`` where no rate is known or pictures cannot be copied."""
        dropped: dict[str, str] = {}
        channels: list[Channel] = []
        taken = list(_TAKEN)
        for stream in episode.streams:
            reason = _unfit(stream)
            if reason:
                dropped[stream.name] = reason
                continue
            key = plain_name(_key(stream.signal, episode), taken)
            taken.append(key)
            channels.append(Channel(key, stream.signal, _mode(stream, how)))
        if not channels:
            raise Refused("The first episode has no stream that this format can hold.")
        plan = cls(0.0, tuple(channels), how, dropped)
        lead = plan.lead(episode)
        fps = how.fps or lead.signal.hz or round(lead.rate)
        if not fps:
            raise Refused(f"The rate of {lead.name!r} is not known.", do="Say it with --fps.")
        plan.fps = float(rate_of(float(fps)))
        return plan

    def lead(self, episode: Episode) -> Stream:
        """The stream whose samples are the rows: packets, which cannot be resampled; else stills; else the action."""
        named = {channel.signal.name: channel.mode for channel in self.channels}
        seen = [s for s in episode.streams if named.get(s.name) in ("video", "image") and len(s)]
        packed = [s for s in seen if s.video is not None and s.video.codec in PACKETS and not self.how.reencode]
        if packed:
            return packed[0]
        if seen:
            return max(seen, key=len)
        plain = [stream for stream in episode.streams if stream.name in named]
        return leader(replace(episode, streams=tuple(plain)))

    def lay(self, episode: Episode, number: int) -> Laid:
        """One episode on the rows of this set."""
        self._fits(episode, number)
        lead = self.lead(episode)
        t = self._grid(lead)
        if not len(t):
            raise Refused(f"Episode {number} has no samples.", do="Leave it out of the selection.")
        columns: dict[str, Array] = {}
        pictures: dict[str, Video] = {}
        for channel in self.channels:
            stream = episode[channel.signal.name]
            own = stream.t is t or np.array_equal(stream.t, t)
            pick = None if own else held(stream.t, t)
            if stream.video is not None:
                pictures[channel.key] = self._picture(channel, stream, t, pick)
            else:
                if pick is not None:
                    if not len(stream):
                        raise Refused(f"Episode {number}: the stream {stream.name!r} is empty.")
                    self._lost(stream.name, len(stream), len(t))
                columns[channel.key] = stream.values if pick is None else stream.values[pick]
        return Laid(len(t), t, columns, pictures)

    def declared(self) -> tuple[str, ...]:
        """What was lost, in words with numbers."""
        said = [f"stream {name!r}: {why}" for name, why in sorted(self.dropped.items())]
        for name, (given, kept, shifted) in sorted(self.losses.items()):
            if shifted:
                said.append(
                    f"stream {name!r}: its own clock, paired picture by picture with the rows ({shifted} samples)"
                )
            if given:
                said.append(
                    f"stream {name!r}: its own clock, {given} samples held onto {kept} rows (newest at or before)"
                )
        return (*said, *sorted(self.rates))

    def _lost(self, name: str, given: int, kept: int, shifted: int = 0) -> None:
        tally = self.losses.setdefault(name, [0, 0, 0])
        for i, more in enumerate((given, kept, shifted)):
            tally[i] += more

    def _grid(self, lead: Stream) -> Times:
        """Times of the rows: the leader's own, or an even grid where another rate was asked for."""
        hz = lead.signal.hz or lead.rate
        if not hz or abs(hz - self.fps) <= 0.02 * self.fps or len(lead) < 2:
            return lead.t
        video = lead.video
        if video is not None and video.codec in PACKETS and not self.how.reencode:
            raise Refused(
                f"The pictures of {lead.name!r} come at {hz:g} Hz, the set is at {self.fps:g}.",
                do="Publish them apart, or ask for new pictures with --reencode av1.",
            )
        count = int(np.floor((int(lead.t[-1]) - int(lead.t[0])) * self.fps / 1e9 + 1e-6)) + 1
        self._lost(lead.name, 0, 0)
        grid: Times = np.rint(np.arange(count) * 1e9 / self.fps).astype(np.int64)
        return grid + int(lead.t[0])

    def _picture(self, channel: Channel, stream: Stream, t: Times, pick: npt.NDArray[np.intp] | None) -> Video:
        video = stream.video
        assert video is not None
        if channel.mode == "video" and video.codec not in PACKETS and not self.how.reencode:
            raise Refused(
                f"The pictures of {stream.name!r} are {video.codec} here and packets in the first episode.",
                do="Publish them apart, or ask for new pictures with --reencode av1.",
            )
        if channel.mode == "image" and video.codec == "raw":
            self.rates.add(f"picture {stream.name!r}: plain arrays became PNG, the same values under another identity")
        if self.how.reencode:
            self.rates.add(f"picture {stream.name!r}: encoded anew as {self.how.reencode}, as asked")
        if pick is None:
            return video
        period = 1e9 / self.fps
        if len(stream.t) == len(t) and int(np.abs(stream.t - t).max()) <= _HOLDING * period:
            self._lost(stream.name, 0, 0, len(t))
            return video
        if channel.mode == "video" and not self.how.reencode:
            raise Refused(
                f"{stream.name!r} has {len(stream)} pictures on another clock than the {len(t)} rows of the set.",
                do="Packets cannot be resampled: ask for new pictures with --reencode av1, or leave the camera out.",
            )
        self._lost(stream.name, len(stream), len(t))
        return picked(video, pick)

    def _fits(self, episode: Episode, number: int) -> None:
        given = {stream.name: stream.signal for stream in episode.streams if stream.name not in self.dropped}
        wanted = {channel.signal.name: channel.signal for channel in self.channels}
        if given.keys() != wanted.keys():
            differ = sorted(given.keys() ^ wanted.keys())
            raise Refused(
                f"Episode {number} differs from the first in its streams: {', '.join(differ)}.",
                do="One set holds one body with the same channels: select them apart.",
            )
        for name, signal in wanted.items():
            if given[name] == signal:
                continue
            if replace(given[name], hz=signal.hz) != signal:
                raise Refused(
                    f"Episode {number}: {name!r} means {given[name]!r}, in the first episode {signal!r}.",
                    do="Samples that are not interchangeable do not belong into one feature: select them apart.",
                )
            self.rates.add(f"stream {name!r}: declared rates differ, kept {signal.hz or 'none'}")


def picked(video: Video, rows: npt.NDArray[np.intp]) -> Video:
    """The frames at these places, in this order, as a lazy video of stills or arrays."""
    if video.codec == "raw" or video.codec in PACKETS:
        return RawFrames(_frames(video, rows), len(rows), video.shape[1:], video.dtype)
    return Stills(
        lambda i: next(video.part(int(rows[i]), int(rows[i]) + 1).encoded()),
        len(rows),
        video.codec,
        video.shape[1:],
        video.dtype,
    )


def _frames(video: Video, rows: npt.NDArray[np.intp]) -> Callable[[int, int], Array]:
    def load(a: int, b: int) -> Array:
        wanted = rows[a:b]
        if not len(wanted):
            return np.zeros((0, *video.shape[1:]), video.dtype)
        low, high = int(wanted.min()), int(wanted.max()) + 1
        return np.stack(list(_spread(video.frames(low, high), wanted - low)))

    return load


def _spread(frames: Iterator[Array], wanted: npt.NDArray[np.intp]) -> Iterator[Array]:
    """Ascending places out of a run of frames, each as often as it is named."""
    place = 0
    for number, frame in enumerate(frames):
        while place < len(wanted) and wanted[place] == number:
            yield frame
            place += 1


def _unfit(stream: Stream) -> str:
    """Why a stream has no place in this format, empty where it has one."""
    signal = stream.signal
    if stream.video is None and signal.dtype == "bytes":
        return "dropped, raw bytes have no column"
    if signal.kind.visual and stream.video is None:
        return "dropped, its pictures are no video"
    if 0 in signal.shape or len(signal.shape) > 5:
        return f"dropped, samples of shape {signal.shape} have no column"
    if stream.video is None and signal.dtype != "str" and np.dtype(signal.dtype).kind not in "fiub":
        return f"dropped, {signal.dtype} has no column"
    return ""


def _mode(stream: Stream, how: Writing) -> str:
    video = stream.video
    if video is None:
        return "column"
    if how.reencode or video.codec in PACKETS:
        return "video"
    if video.codec in ("png", "jpeg", "tiff") or (video.codec == "raw" and video.shape[-1] in (1, 3, 4)):
        return "image"
    raise Refused(
        f"The pictures of {stream.name!r} are {video.codec}, which the official reader does not know.",
        instead=f"It knows {', '.join(PACKETS)} and stills.",
        do="Ask for new pictures with --reencode av1.",
    )


def _key(signal: Signal, episode: Episode) -> str:
    """The name that policies look for, where a stream is the only one of its sort; else its own, in its group."""
    name = signal.name.strip("/").replace("/", ".")
    if name.startswith(("observation.", "action.", "next.", "annotation.")) or name in ("action", "intervention"):
        return name
    if signal.kind.visual:
        return f"observation.images.{name}"
    alone = len(episode.of(signal.kind)) == 1
    if signal.kind is Kind.ACTION:
        return "action" if alone and "action" not in episode else f"action.{name}"
    if signal.kind is Kind.REWARD and alone:
        return "next.reward"
    if signal.kind is Kind.FLAG and name in ("done", "success", "truncated"):
        return f"next.{name}"
    if signal.kind is Kind.STATE and alone and "observation.state" not in episode:
        return "observation.state"
    if signal.kind is Kind.JOINT and alone and not episode.of(Kind.STATE) and "observation.state" not in episode:
        return "observation.state"
    return f"observation.{name}" if signal.numeric else name
