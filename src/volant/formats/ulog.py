"""PX4 flight logs (ULog): topics of a drone as columns."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pyulog import ULog
from pyulog.exceptions import ULogIncompatibleFlagException

from ..core import Bid, Episode, Fact, Kind, Origin, Reading, Segment, Signal, Span, Stream, Writing, Written
from ..core.errors import Damaged, NotFound, Refused
from ..logs.reading import Topic
from ..logs.streams import distinct
from ._log import cut, same_magic

__all__ = ["ULogs"]

_MAGIC = b"ULog\x01\x12\x35"
_MOST_BYTES = 4 << 30
_BROKEN = (
    ValueError, KeyError, IndexError, TypeError, struct.error, AttributeError, OverflowError, MemoryError, EOFError,
    UnboundLocalError, ZeroDivisionError, OSError, RecursionError, AssertionError,
)  # fmt: skip
"""What pyulog lets escape where a file is cut or corrupt."""


class ULogs:
    """One ``.ulg`` file is one recording; times are nanoseconds since boot; units are unknown, ULog states none."""

    name = "ulog"
    version = "1"
    writes = False
    loses: tuple[str, ...] = ()

    def bid(self, path: Path) -> Bid:
        """Sure of a file that begins with the magic bytes."""
        if not path.is_file():
            return Bid(0.0)
        if same_magic(path, _MAGIC):
            return Bid(0.95, "begins with the ULog magic bytes")
        return Bid(0.6, "is called .ulg") if path.suffix == ".ulg" else Bid(0.0)

    def topics(self, path: Path) -> list[Topic]:
        """Topic, type, count and rate of everything in the log."""
        found = []
        for data in _opened(path).data_list:
            t = data.data["timestamp"]
            span = int(t.max()) - int(t.min()) if len(t) else 0
            found.append(Topic(_name(data), data.name, len(t), (len(t) - 1) * 1e6 / span if span > 0 else 0.0))
        return sorted(found, key=lambda topic: topic.topic)

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """The episodes of one flight."""
        yield from cut(self._whole(path), how)

    def _whole(self, path: Path) -> Episode:
        log, by = _opened(path), f"{self.name}@{self.version}"
        streams, count = [], 0
        for data in log.data_list:
            t = data.data["timestamp"]
            count += len(t)
            if len(t):
                streams += _streams(_name(data), data.data, _ns(t))
        words = sorted(log.logged_messages, key=lambda message: message.timestamp)
        if words:
            t = np.array([message.timestamp for message in words], np.uint64)
            texts = np.empty(len(words), object)
            texts[:] = [f"{message.log_level_str()}: {message.message}" for message in words]
            streams.append(Stream(Signal("logged_messages", Kind.EVENT, (), "str", "1"), _ns(t), texts))
        if not streams:
            raise Damaged(f"{path.name} is empty: it holds no data.", do="Record it again, or leave it out.")
        said = [Fact("", "log/messages", count, by)]
        missing = _cut_short(path)
        if missing or log.file_corruption:
            why = missing or "parts of the file cannot be read"
            said.append(Fact("", "damage/truncated", f"{why}; {count} samples were saved", by))
        for gap in log.dropouts:
            said.append(_dropout(gap, by))
        said += [Fact("", f"log/{key}", str(value), by) for key, value in sorted(log.msg_info_dict.items())]
        robot = str(log.msg_info_dict.get("sys_uuid", ""))
        origin = Origin(uri=str(path), embodiment=str(log.msg_info_dict.get("ver_hw", "")), robot=robot)
        return Episode(tuple(distinct(streams)), origin, segments=_modes(streams), said=tuple(said))

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """Refused: only flight controllers write ULog."""
        raise Refused("ULog is read and not written.", do="Write 'mcap' instead.")


def _opened(path: Path) -> ULog:
    try:
        size = path.stat().st_size
        if not size:
            raise Damaged(f"{path.name} is empty: it has no bytes at all.", do="Record it again.")
        if size > _MOST_BYTES:
            raise Damaged(f"{path.name} holds {size} bytes.", instead="Flight logs of up to 4 GB are read.")
    except OSError as error:
        raise NotFound(f"No flight log at {path}.") from error
    if not same_magic(path, _MAGIC):
        raise Damaged(f"{path.name} does not begin like a ULog file.")
    try:
        with redirect_stdout(io.StringIO()):
            return ULog(str(path), disable_str_exceptions=True)
    except (*_BROKEN, ULogIncompatibleFlagException) as error:
        raise Damaged(f"{path.name} cannot be read as ULog: {type(error).__name__} {error}.") from error


def _cut_short(path: Path) -> str:
    """Why the last message of a log is not whole, in words; empty where it is."""
    size, at = path.stat().st_size, 16
    with path.open("rb", buffering=1 << 20) as file:
        file.seek(at)
        while head := file.read(3):
            length = int.from_bytes(head[:2], "little")
            at += 3 + length
            if len(head) < 3:
                break
            file.seek(length, 1)
    return f"the file ends at byte {size} inside a message" if at != size else ""


def _name(data: ULog.Data) -> str:
    return f"{data.name}/{data.multi_id}" if data.multi_id else str(data.name)


def _ns(t: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    """Microseconds since boot as nanoseconds."""
    micro = np.asarray(t, np.uint64)
    if len(micro) and int(micro.max()) > (1 << 63) // 1000 - 1:
        raise Damaged("A time in the log is out of range.", instead=f"{int(micro.max())} microseconds since boot.")
    return micro.astype(np.int64) * 1000


def _streams(name: str, columns: dict[str, npt.NDArray[np.generic]], t: npt.NDArray[np.int64]) -> list[Stream]:
    """One vector of all numbers of a topic; 64-bit counters and other times are streams of their own."""
    made: list[Stream] = []
    plain: dict[str, npt.NDArray[np.generic]] = {}
    for field, x in columns.items():
        if field == "timestamp" or field.startswith("_padding"):
            continue
        if field.startswith("timestamp"):
            signal = Signal(f"{name}/{field}", Kind.CLOCK, (), "uint64", "us")
            made.append(Stream(signal, t, np.asarray(x, np.uint64)))
        elif x.dtype.itemsize == 8 and x.dtype.kind in "iu":
            made.append(Stream(Signal(f"{name}/{field}", Kind.SCALAR, (), x.dtype.name), t, np.ascontiguousarray(x)))
        else:
            plain[field] = x
    if plain:
        kinds = {x.dtype for x in plain.values()}
        dtype = kinds.pop() if len(kinds) == 1 else np.dtype(np.float64)
        with np.errstate(invalid="ignore"):  # a signalling NaN in the log is a NaN like any other
            x = np.column_stack([x.astype(dtype) for x in plain.values()])
        signal = Signal(name, Kind.SCALAR, (x.shape[1],), dtype.name, dims=tuple(plain))
        made.insert(0, Stream(signal, t, x))
    return made


def _dropout(gap: ULog.MessageDropout, by: str) -> Fact:
    start = int(gap.timestamp) * 1000
    span = Span(start, start + int(gap.duration) * 1_000_000)
    return Fact("", "damage/dropout", f"the logger lost {int(gap.duration)} ms", by, span)


def _modes(streams: list[Stream]) -> tuple[Segment, ...]:
    """Who was in control: the navigation state of ``vehicle_status`` or ``commander_state``, where it changes."""
    for stream in streams:
        for field in ("nav_state", "main_state"):
            if stream.name in ("vehicle_status", "commander_state") and field in stream.signal.dims:
                x = stream.values[:, stream.signal.dims.index(field)]
                first = np.flatnonzero(np.concatenate(([True], x[1:] != x[:-1])))
                stops = [int(stream.t[i]) for i in first[1:]] + [int(stream.t[-1]) + 1]
                return tuple(
                    Segment(Span(int(stream.t[i]), max(int(stream.t[i]), stop)), f"{field} {int(x[i])}", "control")
                    for i, stop in zip(first, stops, strict=True)
                )
    return ()
