"""One HDF5 dataset as one stream: pictures stay in the file, numbers are read, words are words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import h5py
import numpy as np

from ..core import UNKNOWN, Kind, Signal, Stream
from ..core.errors import BadValue
from ..core.stream import Times
from ..video import RawFrames, Stills, image_codec, image_shape
from ._h5 import H5Rows, attribute, guard, numbers, plainly
from ._rows import index_clock, kind_of, ticks

__all__ = ["pictures", "streams_of"]


def streams_of(name: str, dataset: h5py.Dataset, times: Times, hz: float | None) -> list[Stream]:
    """The streams that a dataset ``[n, ...]`` holds: one, or one per field of a compound type.

    ``times`` is used where it has as many rows; else the rate ``hz``, else row numbers. A unit or frame is taken
    from the attributes ``unit(s)`` and ``frame(_id)`` and is unknown without them.
    """
    shape = tuple(int(side) for side in dataset.shape or ())
    if not shape:
        raise BadValue(f"{dataset.name} is a single value, not a row per sample.")
    own = times if shape[0] == len(times) else (ticks(shape[0], hz) if hz else index_clock(shape[0]))
    seen = pictures(name, dataset, own, hz)
    if seen is not None:
        return [seen]
    unit, frame = _stated(dataset, "unit", "units"), _stated(dataset, "frame", "frame_id")
    if dataset.dtype.names:
        guard(dataset)
        with plainly(Path(dataset.file.filename), str(dataset.name)):
            whole = np.asarray(dataset[()])
        parts = [(f"{name}.{field}", np.ascontiguousarray(whole[field])) for field in dataset.dtype.names]
    else:
        parts = [(name, numbers(dataset))]
    made = []
    for part, values in parts:
        if values.dtype.kind not in "biufSO":
            raise BadValue(f"{dataset.name} has the type {values.dtype}, which is no plain number or text.")
        dtype = "str" if values.dtype == object else "bytes" if values.dtype.kind == "S" else values.dtype.name
        kind = kind_of(part, values.shape[1:], values.dtype)
        values = values.astype(object) if dtype == "bytes" else values
        made.append(Stream(Signal(part, kind, values.shape[1:], dtype, unit, frame, hz), own, values))
    return made


def _stated(dataset: h5py.Dataset, *names: str) -> str:
    for name in names:
        value = attribute(dataset, name)
        if isinstance(value, str) and value:
            return value
    return UNKNOWN


def pictures(name: str, dataset: h5py.Dataset, times: Times, hz: float | None) -> Stream | None:
    """A dataset of pictures as lazy frames, plain or one encoded image a row; ``None`` where it is none."""
    shape = tuple(int(side) for side in dataset.shape)
    if len(shape) == 4 and dataset.dtype.kind in "uf" and any(side in (1, 3, 4) for side in (shape[3], shape[1])):
        rows = H5Rows.of(dataset)
        kind = Kind.DEPTH if rows.shape[3] == 1 and "depth" in name.lower() else Kind.IMAGE
        signal = Signal(name, kind, rows.shape[1:], dataset.dtype.name, hz=hz)
        return Stream(signal, times, RawFrames(rows.between, shape[0], rows.shape[1:], dataset.dtype.name))
    if not shape[0] or not _encoded(dataset):
        return None
    blobs = _Blobs(H5Rows.of(dataset))
    first = blobs.load(0)
    codec = image_codec(first)
    if not codec:
        return None
    size, dtype = image_shape(first)
    kind = Kind.DEPTH if size[2] == 1 and "depth" in name.lower() else Kind.IMAGE
    return Stream(Signal(name, kind, size, dtype, hz=hz), times, Stills(blobs.load, shape[0], codec, size, dtype))


def _encoded(dataset: h5py.Dataset) -> bool:
    """Whether rows are byte strings: padded uint8 rows, byte text, or vlen uint8."""
    if dataset.ndim == 2:
        return bool(dataset.dtype == np.uint8 and dataset.shape[1] > 16)
    inner = h5py.check_vlen_dtype(dataset.dtype)
    return bool(dataset.ndim == 1) and (
        dataset.dtype.kind == "S" or (inner is not None and np.dtype(inner) == np.uint8)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Blobs:
    """Encoded pictures by row. Padding is zeros after the last byte, and neither JPEG nor PNG ends in a zero."""

    rows: H5Rows

    def load(self, row: int) -> bytes:
        """The bytes of one picture."""
        item = self.rows[row]
        blob = item.tobytes() if isinstance(item, np.ndarray) else bytes(cast(bytes, item))
        return blob.rstrip(b"\x00")
