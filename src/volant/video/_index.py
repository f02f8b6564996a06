"""Where every packet of a video file lies: one scan without decoding, remembered per file."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue, Damaged, Hostile, NotFound
from ._boxes import cut_short

__all__ = ["DEPTH", "MOST_PIXELS", "Index", "index_of"]

MOST_PIXELS = 1 << 27
"""Pictures above 134 megapixels are refused: no camera makes them, and one frame would take 400 MB."""

_MOST_FILES = 256
_NO_TIME = np.iinfo(np.int64).min
_CANONICAL = {"libdav1d": "av1", "libaom-av1": "av1", "libvpx-vp9": "vp9", "libvpx": "vp8", "mjpeg": "mjpeg"}
DEPTH = {"gray10le": 10, "gray12le": 12, "gray14le": 14, "gray16le": 16, "gray16be": 16}


@dataclass(frozen=True, eq=False)
class Index:
    """The packets of one video stream, in decode order, without their payload.

    ``offset`` and ``size`` say where a packet lies (bytes), ``key`` whether it can be decoded on its own, ``rank``
    which frame it becomes in presentation order (-1: not shown, cut away by an edit list), ``when`` int64
    ``[frames]`` the presentation times in nanoseconds from the container's start. ``direct`` says that the payload
    is the file's bytes at ``offset``; else the container wraps it and it must be demuxed. ``missing`` says in words
    what the file promises and does not hold.
    """

    path: Path
    codec: str
    decoder: str
    extradata: bytes
    width: int
    height: int
    pix_fmt: str
    fps: float
    offset: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]
    key: npt.NDArray[np.bool_]
    rank: npt.NDArray[np.int64]
    when: npt.NDArray[np.int64]
    direct: bool
    missing: str = ""

    @property
    def dtype(self) -> str:
        """``uint16`` for deep grey (depth), else ``uint8``."""
        return "uint16" if self.pix_fmt in DEPTH else "uint8"

    @property
    def channels(self) -> int:
        """1 for grey, 3 for colour."""
        return 1 if self.pix_fmt.startswith("gray") or self.pix_fmt.startswith("mono") else 3

    def payloads(self, rows: npt.NDArray[np.int64]) -> Iterator[bytes]:
        """The packets at these places in decode order (ascending), read one by one."""
        if not len(rows):
            return
        if self.direct:
            with self.path.open("rb", buffering=0) as file:
                for row in rows:
                    yield os.pread(file.fileno(), int(self.size[row]), int(self.offset[row]))
            return
        wanted = set(rows.tolist())
        with av.open(str(self.path)) as container:
            place = 0
            for packet in container.demux(container.streams.video[0]):
                if not packet.size:
                    continue
                if place in wanted:
                    yield bytes(packet)
                place += 1
                if place > rows[-1]:
                    return


_known: OrderedDict[tuple[int, int, int, int], Index] = OrderedDict()
_lock = threading.Lock()


def index_of(path: Path) -> Index:
    """The packet index of a video file; scanned once per (inode, size, modification time), so that a file that was
    written aside and renamed is not scanned again.

    Raises ``NotFound``, ``Damaged`` where the file is no video or has no readable index, ``Hostile`` for absurd sizes.
    """
    path = Path(path)
    try:
        state = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"No video at {path}.") from error
    if not path.is_file():
        raise BadValue(f"{path} is not a file.")
    mark = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)
    with _lock:
        known = _known.get(mark)
        if known is not None:
            _known.move_to_end(mark)
            return known if known.path == path else replace(known, path=path)
    made = _scan(path, state.st_size)
    with _lock:
        _known[mark] = made
        while len(_known) > _MOST_FILES:
            _known.popitem(last=False)
    return made


def _scan(path: Path, length: int) -> Index:
    cut = cut_short(path, length)
    try:
        with av.open(str(path), options={"scan_all_pmts": "0"}) as container:
            if not container.streams.video:
                raise Damaged(f"{path.name} holds no video stream.")
            return _read(path, length, container, cut)
    except av.error.FFmpegError as error:
        raise Damaged(
            f"{path.name} cannot be read as video: {cut or error.strerror}.",
            instead="No frame could be saved.",
            do="Record it again or repair it from an intact file of the same camera.",
        ) from error


def _read(path: Path, length: int, container: av.container.InputContainer, cut: str) -> Index:
    stream = container.streams.video[0]
    context = stream.codec_context
    if context is None:
        raise Damaged(f"{path.name} is of a codec that nobody knows.", instead="No frame could be saved.")
    width, height = context.width, context.height
    if width * height > MOST_PIXELS:
        raise Hostile(f"{path.name} declares pictures of {width} x {height}.", instead="Nothing was decoded.")
    if not width or not height or context.pix_fmt is None:
        raise Damaged(f"{path.name} declares no picture size or pixel format.", instead="No frame could be saved.")
    declared = stream.frames
    rows: list[tuple[int, int, int, int, int]] = []
    checked, direct, failed = 0, True, ""
    try:
        with path.open("rb", buffering=0) as file:
            for packet in container.demux(stream):
                if not packet.size:
                    continue
                pts = packet.pts if packet.pts is not None else packet.dts
                place = -1 if packet.pos is None else packet.pos
                if direct and checked < 4:
                    checked += 1
                    direct = place >= 0 and os.pread(file.fileno(), packet.size, place) == bytes(packet)
                when = _NO_TIME if pts is None else pts
                rows.append((when, place, packet.size, packet.is_keyframe, packet.is_discard))
    except av.error.FFmpegError as error:
        failed = error.strerror
    if not rows:
        raise Damaged(f"{path.name} holds no picture: {cut or failed or 'its index is empty'}.")
    table = np.array(rows, dtype=np.int64)
    if direct:
        inside = table[:, 1] + table[:, 2] <= length
        table = table[inside]
    base = stream.time_base or Fraction(1, 1_000_000)
    first = container.start_time * 1000 if container.start_time is not None else 0
    rank, when = _order(table[:, 0], table[:, 4] == 0, (base.numerator, base.denominator), first)
    fps = float(stream.average_rate or stream.guessed_rate or 0)
    missing = ""
    if declared > len(table):
        missing = f"{len(table)} of {declared} declared packets are there"
    elif failed or cut:
        missing = f"{len(table)} packets are there, then: {failed or cut}"
    name = context.codec.name
    return Index(
        path, _CANONICAL.get(name, name), name, bytes(context.extradata or b""), width, height, context.pix_fmt, fps,
        table[:, 1].copy(), table[:, 2].copy(), table[:, 3] != 0, rank, when, direct, missing,
    )  # fmt: skip


def _order(
    pts: npt.NDArray[np.int64], shown: npt.NDArray[np.bool_], base: tuple[int, int], first: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rank of each packet among the shown ones by presentation time, and those times in nanoseconds."""
    if (pts == _NO_TIME).any():
        pts = np.arange(len(pts), dtype=np.int64)
    rows = np.flatnonzero(shown)
    order = rows[np.argsort(pts[rows], kind="stable")]
    rank = np.full(len(pts), -1, np.int64)
    rank[order] = np.arange(len(order))
    numerator, denominator = base
    ticks = pts[order]
    whole, rest = np.divmod(ticks * numerator, denominator)
    when = whole * 1_000_000_000 + (rest * 1_000_000_000 + denominator // 2) // denominator
    return rank, when - first
