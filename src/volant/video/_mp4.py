"""A small MP4 writer: packets copied in blocks, one track, one constant rate, index at the end.

Box layouts after ISO/IEC 14496-12 and 14496-15. PyAV's cost per packet is what this avoids: a window's packets usually
lie in one piece, which the kernel copies without showing it to Python.
"""

from __future__ import annotations

import io
import os
from fractions import Fraction
from typing import Any, BinaryIO

import av
import numpy as np
import numpy.typing as npt

from ..core.errors import Refused
from ._index import Index

__all__ = ["copy_range", "description", "finish", "start", "timescale"]

BLOCK = 8 << 20
_MATRIX = b"".join(value.to_bytes(4, "big") for value in (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000))


def start(file: BinaryIO) -> int:
    """Write the head of a file whose media data follows; returns where the length of that data belongs."""
    file.write(_box(b"ftyp", b"isom\0\0\2\0isomiso2av01mp41"))
    place = file.tell()
    file.write((1).to_bytes(4, "big") + b"mdat" + bytes(8))
    return place


def finish(file: BinaryIO, place: int, tables: dict[str, Any]) -> None:
    """Close the media data and write the index.

    ``tables``: ``stsd`` bytes, ``size`` int64 ``[n]``, ``offset`` int64 ``[n]``, ``key`` bool ``[n]``, ``shift``
    int64 ``[n]`` (presentation minus decode place, in frames), ``rate`` Fraction, ``width``, ``height``.
    """
    end = file.tell()
    file.seek(place + 8)
    file.write((end - place).to_bytes(8, "big"))
    file.seek(end)
    file.write(_moov(tables))


def copy_range(source: int, offset: int, length: int, file: BinaryIO) -> None:
    """Copy bytes of an open file to the end of another, inside the kernel where it can."""
    file.flush()
    done = 0
    while done < length:
        try:
            moved = os.sendfile(file.fileno(), source, offset + done, min(BLOCK, length - done))
        except OSError:
            block = os.pread(source, min(BLOCK, length - done), offset + done)
            moved = os.write(file.fileno(), block) if block else 0
        if not moved:
            raise Refused("A video file became shorter while it was copied.", do="Publish again from a whole file.")
        done += moved
    file.seek(0, os.SEEK_END)


def description(index: Index, packet: bytes) -> bytes:
    """The ``stsd`` box that describes these packets; ``packet`` is the first of them.

    Raises ``Refused`` for codecs that an MP4 file of a robot data set does not hold.
    """
    extra = index.extradata
    if index.codec == "h264" and extra[:1] == b"\1":
        entry = _entry(b"avc1", index, _box(b"avcC", extra))
    elif index.codec == "hevc" and extra[:1] == b"\1":
        entry = _entry(b"hvc1", index, _box(b"hvcC", extra))
    elif index.codec == "av1":
        entry = _entry(b"av01", index, _box(b"av1C", extra if extra[:1] == b"\x81" else _av1c(index, packet)))
    else:
        raise Refused(
            f"Packets of codec {index.codec} are not copied into an MP4 file.",
            instead="AV1, H.264 and H.265 from MP4, MOV or Matroska are.",
            do="Ask for a re-encode.",
        )
    return _box(b"stsd", bytes(4) + (1).to_bytes(4, "big") + entry)


def _entry(kind: bytes, index: Index, configuration: bytes) -> bytes:
    head = bytes(6) + b"\0\1" + bytes(16) + index.width.to_bytes(2, "big") + index.height.to_bytes(2, "big")
    head += b"\0\x48\0\0\0\x48\0\0" + bytes(4) + b"\0\1" + bytes(32) + b"\0\x18\xff\xff"
    return _box(kind, head + configuration)


def _av1c(index: Index, packet: bytes) -> bytes:
    """The AV1 configuration record, which FFmpeg's muxer derives from the sequence header in a keyframe."""
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4") as out:
        stream = out.add_mux_stream("av1", rate=30, width=index.width, height=index.height)
        made = av.Packet(packet)
        made.stream, made.pts, made.dts, made.is_keyframe = stream, 0, 0, True
        out.mux(made)
    whole = memory.getvalue()
    place = whole.find(b"av1C")
    if place < 0:
        raise Refused("An AV1 packet has no sequence header.", do="Start each part on a keyframe.")
    return whole[place + 4 : place - 4 + int.from_bytes(whole[place - 4 : place], "big")]


def _moov(tables: dict[str, Any]) -> bytes:
    n = len(tables["size"])
    rate: Fraction = tables["rate"]
    scale, step = timescale(rate)
    duration = n * step
    wide = duration >= 1 << 32
    version, word = (b"\1\0\0\0", 8) if wide else (b"\0\0\0\0", 4)
    times = bytes(2 * word)

    def number(value: int) -> bytes:
        return int(value).to_bytes(word, "big")

    mvhd = version + times + scale.to_bytes(4, "big") + number(duration) + b"\0\1\0\0\1\0\0\0" + bytes(8)
    mvhd += _MATRIX + bytes(24) + (2).to_bytes(4, "big")
    tkhd = version[:1] + b"\0\0\3" + times + (1).to_bytes(4, "big") + bytes(4) + number(duration) + bytes(8)
    tkhd += (
        bytes(8) + _MATRIX + (tables["width"] << 16).to_bytes(4, "big") + (tables["height"] << 16).to_bytes(4, "big")
    )
    mdhd = version + times + scale.to_bytes(4, "big") + number(duration) + b"\x55\xc4\0\0"
    hdlr = bytes(8) + b"vide" + bytes(12) + b"VideoHandler\0"
    dref = bytes(4) + (1).to_bytes(4, "big") + _box(b"url ", b"\0\0\0\1")
    minf = (
        _box(b"vmhd", b"\0\0\0\1" + bytes(8)) + _box(b"dinf", _box(b"dref", dref)) + _box(b"stbl", _stbl(tables, step))
    )
    mdia = _box(b"mdhd", mdhd) + _box(b"hdlr", hdlr) + _box(b"minf", minf)
    return _box(b"moov", _box(b"mvhd", mvhd) + _box(b"trak", _box(b"tkhd", tkhd) + _box(b"mdia", mdia)))


def timescale(rate: Fraction) -> tuple[int, int]:
    """Ticks a second and ticks a frame: fine enough for players, and exact."""
    factor = max(1, -(-10_000 // rate.numerator))
    return rate.numerator * factor, rate.denominator * factor


def _stbl(tables: dict[str, Any], step: int) -> bytes:
    size, offset, key, shift = tables["size"], tables["offset"], tables["key"], tables["shift"]
    n = len(size)
    parts = [tables["stsd"], _box(b"stts", bytes(4) + _u32([1, n, step]))]
    if shift.any():
        edges = np.flatnonzero(np.diff(shift)) + 1
        starts = np.concatenate(([0], edges))
        runs = np.diff(np.append(starts, n))
        pairs = np.stack([runs, shift[starts] * step], 1)
        parts.append(_box(b"ctts", b"\1\0\0\0" + _u32([len(pairs)]) + pairs.astype(">i4").tobytes()))
    if not key.all():
        keys = np.flatnonzero(key) + 1
        parts.append(_box(b"stss", bytes(4) + _u32([len(keys)]) + keys.astype(">u4").tobytes()))
    heads = np.concatenate(([0], np.flatnonzero((offset[1:] != offset[:-1] + size[:-1]) | key[1:]) + 1))
    counts = np.diff(np.append(heads, n))
    turns = np.concatenate(([0], np.flatnonzero(np.diff(counts)) + 1))
    chunks = np.stack([turns + 1, counts[turns], np.ones(len(turns), np.int64)], 1)
    parts.append(_box(b"stsc", bytes(4) + _u32([len(chunks)]) + chunks.astype(">u4").tobytes()))
    parts.append(_box(b"stsz", bytes(4) + _u32([0, n]) + size.astype(">u4").tobytes()))
    places = offset[heads]
    name, kind = (b"co64", ">u8") if int(places[-1]) >= 1 << 32 else (b"stco", ">u4")
    parts.append(_box(name, bytes(4) + _u32([len(places)]) + places.astype(kind).tobytes()))
    return b"".join(parts)


def _u32(values: list[int]) -> bytes:
    made: npt.NDArray[Any] = np.array(values, dtype=">u4")
    return made.tobytes()


def _box(kind: bytes, body: bytes) -> bytes:
    return (len(body) + 8).to_bytes(4, "big") + kind + body
