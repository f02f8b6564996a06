"""Frames of many sessions that came at once, as columns: read together, written to disk together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .frame import SAMPLES, samples

__all__ = ["HEAD", "Sheaf", "recorded", "warm"]

HEAD = 32
"""Bytes of a frame before its payload."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sheaf:
    """Frames that lie in one ``blob``, in the order in which they came: frame ``i`` is ``blob[starts[i]:stops[i]]``.

    ``rows`` holds of each batch of samples that is whole its stream, sequence number, time, count and checksum; of
    anything else (events, pictures, broken frames) ``None``, and somebody must look closely at it.
    """

    blob: bytes
    starts: list[int]
    stops: list[int]
    rows: list[tuple[int, int, int, int, int] | None]

    @classmethod
    def of(cls, blob: bytes, starts: Ints, stops: Ints) -> Sheaf:
        """The frames of a blob, read."""
        from ._kernels import read  # compiled code takes a moment to load, and clients never come here

        out = np.empty((len(starts), 6), np.int64)
        read(np.frombuffer(blob, np.uint8), starts, stops, SAMPLES, out)
        rows = [(a, b, c, d, e) if whole else None for a, b, c, d, e, whole in out.tolist()]
        return cls(blob, starts.tolist(), stops.tolist(), rows)

    def __len__(self) -> int:
        return len(self.starts)

    def frame(self, i: int) -> bytes:
        """The bytes of one frame."""
        return self.blob[self.starts[i] : self.stops[i]]


def recorded(blob: bytes, edges: Sequence[tuple[int, int]], heads: Sequence[tuple[int, int, int, int]]) -> bytes:
    """MCAP message records of frames that lie in a blob between ``edges``; ``heads`` are channel, sequence number, log
    time and publish time of each."""
    from ._kernels import RECORD, records

    where, what = np.array(edges, np.int64), np.array(heads, np.int64)
    out = np.empty(int((where[:, 1] - where[:, 0]).sum()) + RECORD * len(where), np.uint8)
    records(np.frombuffer(blob, np.uint8), where, what, out)
    return out.tobytes()


def warm() -> None:
    """Load what is compiled."""
    blob = samples(1, 1, np.zeros(1, np.int64), np.zeros(1))
    Sheaf.of(blob, np.array([0]), np.array([len(blob)]))
    recorded(blob, [(0, len(blob))], [(1, 1, 1, 1)])
