"""Files of a LeRobot v3 set that roll over: rows, pictures and episode metadata, each on its own count."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from ..core import Video
from ..core.errors import Damaged, Refused
from ..core.stream import Array
from ..video import PacketVideo, encode, join_packets, open_video
from ._lerobot_plan import PACKETS

__all__ = ["CHUNK", "DATA_MB", "VIDEO_MB", "Reel", "Rolling", "array_of", "huggingface", "image_array"]

CHUNK = 1000
DATA_MB = 100
VIDEO_MB = 200


def array_of(x: Array) -> pa.Array:
    """``[n, *shape]`` numbers as a column: scalars, fixed-size lists, nested lists above one dimension."""
    if x.dtype == object:
        return pa.array([str(value) for value in x.ravel()], pa.string())
    plain = np.ascontiguousarray(x)
    if plain.dtype.byteorder == ">":
        plain = plain.astype(plain.dtype.newbyteorder("<"))
    made = pa.array(plain.reshape(-1))
    if x.ndim == 2 and x.shape[1] != 1:
        return pa.FixedSizeListArray.from_arrays(made, x.shape[1])
    for side in reversed(x.shape[1:] if x.ndim > 2 else ()):
        made = pa.ListArray.from_arrays(pa.array(np.arange(0, len(made) + 1, side, dtype=np.int32)), made)
    return made


def image_array(video: Video) -> pa.Array:
    """Stills as the struct of bytes and path that readers know; plain frames become PNG, which loses nothing."""
    blobs = [_png(frame) for frame in video.frames()] if video.codec == "raw" else list(video.encoded())
    bytes_ = pa.array(blobs, pa.binary())
    return pa.StructArray.from_arrays([bytes_, pa.nulls(len(blobs), pa.string())], ["bytes", "path"])


def _png(frame: Array) -> bytes:
    out = io.BytesIO()
    plain = frame[..., 0] if frame.ndim == 3 and frame.shape[-1] == 1 else frame
    Image.fromarray(np.ascontiguousarray(plain)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def huggingface(features: Mapping[str, Mapping[str, Any]]) -> dict[bytes, bytes]:
    """The schema metadata by which Hugging Face ``datasets`` knows its own types."""
    made: dict[str, Any] = {}
    for name, entry in features.items():
        dtype, shape = entry["dtype"], entry["shape"]
        value = {"dtype": dtype, "_type": "Value"}
        if dtype == "video":
            continue
        if dtype == "image":
            made[name] = {"_type": "Image"}
        elif shape == [1]:
            made[name] = value
        elif len(shape) == 1:
            made[name] = {"feature": value, "length": shape[0], "_type": "Sequence"}
        else:
            made[name] = {"shape": shape, "dtype": dtype, "_type": f"Array{len(shape)}D"}
    return {b"huggingface": json.dumps({"info": {"features": made}}).encode()}


@dataclass
class Rolling:
    """Parquet files of one sort under ``folder``; a new one starts before the old would pass ``most`` bytes."""

    folder: Path
    most: int
    number: int = -1
    rows: int = 0
    written: list[Path] = field(default_factory=list)
    _sink: Any = None
    _writer: pq.ParquetWriter | None = None

    @property
    def place(self) -> tuple[int, int]:
        """Chunk and file of what was written last."""
        return divmod(self.number, CHUNK)

    def ready(self, schema: pa.Schema, rows: int) -> tuple[int, int]:
        """Make sure that a file is open that has room for ``rows`` more; its chunk and file."""
        if self._writer is not None:
            size = self._sink.tell()
            if self.rows and size + size / self.rows * rows >= self.most:
                self.close()
        if self._writer is None:
            self.number += 1
            chunk, file = self.place
            path = self.folder / f"chunk-{chunk:03d}" / f"file-{file:03d}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            self._sink = path.open("wb")
            words = [one.name for one in schema if pa.types.is_string(one.type)]
            self._writer = pq.ParquetWriter(
                self._sink, schema, compression="snappy", use_dictionary=words or False, write_statistics=False
            )
            self.written.append(path)
            self.rows = 0
        return self.place

    def put(self, batch: pa.RecordBatch | pa.Table) -> None:
        """Write one row group."""
        assert self._writer is not None
        table = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
        self._writer.write_table(table, row_group_size=max(1, table.num_rows))
        self.rows += table.num_rows

    def close(self) -> None:
        """Finish the open file."""
        if self._writer is not None:
            self._writer.close()
            self._sink.close()
            self._writer = self._sink = None


@dataclass
class Reel:
    """The mp4 files of one camera: windows of packets are gathered and copied behind each other."""

    root: Path
    key: str
    fps: float
    reencode: str
    number: int = 0
    begun: int = 0
    size: int = 0
    mark: tuple[object, ...] = ()
    parts: list[PacketVideo] = field(default_factory=list)
    frames: int = 0
    info: dict[str, Any] = field(default_factory=dict)
    pattern: str = ""
    _made: list[Path] = field(default_factory=list)

    def add(self, video: Video, number: int) -> dict[str, float | int]:
        """Take one episode's pictures; where they will lie. Raises ``Refused`` off a keyframe."""
        part = self._part(video, number)
        if not self.reencode and (part.codec not in PACKETS or not part.keyed):
            raise Refused(
                f"Episode {number}: the pictures of {self.key!r} do not start on a keyframe.",
                do="A window inside a group of pictures cannot be copied: --reencode av1 would do.",
            )
        index = part.index
        size = int(index.size[part.rows].sum())
        mark = (index.codec, index.extradata, index.width, index.height, index.pix_fmt)
        if self.parts and (self.size + size >= VIDEO_MB << 20 or mark != self.mark):
            self.flush()
        if not self.info:
            self.info = self._described(part)
        chunk, file = divmod(self.number, CHUNK)
        start = self.frames
        self.parts.append(part)
        self.mark, self.size, self.frames = mark, self.size + size, self.frames + len(part)
        return {
            "chunk_index": chunk,
            "file_index": file,
            "from_timestamp": start / self.fps,
            "to_timestamp": self.frames / self.fps,
        }

    def flush(self) -> None:
        """Write the gathered parts as one file and prove where each begins."""
        if not self.parts:
            return
        chunk, file = divmod(self.number, CHUNK)
        path = self.root / (self.pattern or f"videos/{self.key}/chunk-{chunk:03d}/file-{file:03d}.mp4")
        path.parent.mkdir(parents=True, exist_ok=True)
        edges = join_packets(self.parts, path, self.fps)
        start = 0
        for part, (a, b) in zip(self.parts, edges, strict=True):
            stop = start + len(part)
            if abs(a - start / self.fps) > 1e-4 or abs(b - stop / self.fps) > 1e-4:
                raise Damaged(f"{path.name}: a copied window lies at {a} to {b} s, expected {start / self.fps} s.")
            start = stop
        for made in self._made:
            made.unlink(missing_ok=True)
        self._made.clear()
        self.parts.clear()
        self.number, self.size, self.frames = self.number + 1, 0, 0

    def _part(self, video: Video, number: int) -> PacketVideo:
        if isinstance(video, PacketVideo) and not self.reencode:
            return video
        if not self.reencode:
            raise Refused(
                f"The pictures of {self.key!r} are {video.codec} that lie in no file.", do="Ask for --reencode av1."
            )
        made = self.root / f".{self.key}-{number}.mp4"
        encode(video, made, codec=self.reencode, fps=self.fps)
        self._made.append(made)
        return open_video(made)

    def _described(self, part: PacketVideo) -> dict[str, Any]:
        fps = int(self.fps) if float(self.fps).is_integer() else self.fps
        return {
            "video.height": part.shape[1],
            "video.width": part.shape[2],
            "video.codec": part.codec,
            "video.pix_fmt": part.pix_fmt,
            "video.is_depth_map": part.dtype == "uint16",
            "video.fps": fps,
            "video.channels": part.shape[3],
            "has_audio": False,
        }


def lists(rows: Sequence[npt.NDArray[np.float64]]) -> pa.Array:
    """Vectors of one length as ``list<double>``."""
    table = np.stack(rows)
    offsets = np.arange(0, table.size + 1, table.shape[1], dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(table.reshape(-1)))


def pixel_lists(rows: Sequence[npt.NDArray[np.float64]]) -> pa.Array:
    """Values per colour as ``list<list<list<double>>>`` of shape (c, 1, 1)."""
    table = np.stack(rows)
    inner = pa.array(table.reshape(-1))
    for _ in range(2):
        inner = pa.ListArray.from_arrays(pa.array(np.arange(len(inner) + 1, dtype=np.int32)), inner)
    offsets = np.arange(0, table.size + 1, table.shape[1], dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), inner)


def chunks_of(files: Sequence[Path], name: str, rows: int = 65_536) -> Iterator[pa.Array]:
    """One column of many files, piece by piece."""
    for path in files:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=rows, columns=[name], use_threads=False):
                yield batch.column(0)
