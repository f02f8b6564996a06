"""Video packets of a container as loose packets (Annex B for H.264 and H.265): copied, never decoded."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ..core import Stream
from ..core.errors import Refused
from ..logs.packets import CODECS, Packets, is_key
from ..video import PacketVideo

__all__ = ["packet_order", "packets_of"]

_START = b"\x00\x00\x00\x01"
Loose = PacketVideo | Packets


def packet_order(stream: Stream) -> npt.NDArray[np.int64]:
    """Which sample each packet becomes, in the order of decoding.

    Refused where the window does not start on a keyframe, and where times are not strictly increasing although packets
    lie in another order than they are shown: the order could not be told again.
    """
    video = stream.video
    if not isinstance(video, Loose) or video.codec not in CODECS:
        raise Refused(f"Stream {stream.name!r} holds no packets that MCAP takes.")
    if isinstance(video, PacketVideo):
        order: npt.NDArray[np.int64] = video.index.rank[video.rows] - video.first
        keyed = video.keyed
    else:
        rows = np.flatnonzero((video.rank >= video.first) & (video.rank < video.stop))
        order = video.rank[rows] - video.first
        keyed = bool(len(rows)) and is_key(video.codec, video.load(int(rows[0])))
    if len(order) and not (keyed and order[0] == 0):
        raise Refused(
            f"Stream {stream.name!r} does not start on a keyframe, so its packets cannot be copied.",
            do="Cut at a keyframe, or ask for a re-encode.",
        )
    if len(order) and not stream.ordered:
        raise Refused(f"Stream {stream.name!r}: its clock runs backwards, and video packets need one that does not.")
    if not np.array_equal(order, np.arange(len(order))) and (np.diff(stream.t) <= 0).any():
        raise Refused(f"Stream {stream.name!r}: two of its frames have one time, so their order cannot be kept.")
    return order


def packets_of(video: Loose) -> Iterator[bytes]:
    """The packets of a window in decode order, each keyframe with what a decoder needs to start there."""
    if isinstance(video, Packets):
        yield from video.encoded()
        return
    index, rows = video.index, video.rows
    size, sets = _configuration(video.codec, index.extradata)
    for row, packet in zip(rows.tolist(), index.payloads(rows), strict=True):
        plain = _annex_b(packet, size) if size else packet
        yield sets + plain if index.key[row] and sets and not is_key_with_sets(video.codec, plain) else plain


def is_key_with_sets(codec: str, packet: bytes) -> bool:
    """Whether a keyframe carries its own parameter sets (or AV1 sequence header) already."""
    if codec == "h264":
        return b"\x00\x00\x01\x67" in packet[:256] or b"\x00\x00\x01\x27" in packet[:256]
    if codec == "hevc":
        return b"\x00\x00\x01\x42" in packet[:256]
    return is_key(codec, packet)


def _configuration(codec: str, extra: bytes) -> tuple[int, bytes]:
    """Bytes of each unit's length in the packets (0: Annex B already), and what to put before keyframes."""
    if codec == "h264" and len(extra) > 6 and extra[0] == 1:
        sets, at = b"", 6
        for count in (extra[5] & 31, None):
            if count is None:
                count, at = extra[at] if at < len(extra) else 0, at + 1
            for _ in range(count):
                size = int.from_bytes(extra[at : at + 2], "big")
                sets += _START + extra[at + 2 : at + 2 + size]
                at += 2 + size
        return (extra[4] & 3) + 1, sets
    if codec == "hevc" and len(extra) > 22 and extra[0] == 1:
        sets, at = b"", 23
        for _ in range(extra[22]):
            count, at = int.from_bytes(extra[at + 1 : at + 3], "big"), at + 3
            for _ in range(count):
                size = int.from_bytes(extra[at : at + 2], "big")
                sets += _START + extra[at + 2 : at + 2 + size]
                at += 2 + size
        return (extra[21] & 3) + 1, sets
    if codec == "av1":
        return 0, extra[4:] if extra[:1] == b"\x81" else extra
    return 0, extra if codec in ("h264", "hevc") else b""


def _annex_b(packet: bytes, size: int) -> bytes:
    parts, at = [], 0
    while at + size <= len(packet):
        length = int.from_bytes(packet[at : at + size], "big")
        parts.append(_START + packet[at + size : at + size + length])
        at += size + length
    return b"".join(parts)
