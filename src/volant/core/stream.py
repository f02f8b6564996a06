"""One channel's samples on its own clock: columns, never an object per frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from .errors import BadValue
from .signal import Signal

__all__ = ["Array", "Stream", "Times", "Video"]

Array = npt.NDArray[np.generic]
Times = npt.NDArray[np.int64]


@runtime_checkable
class Video(Protocol):
    """Pictures that are decoded when asked for, never all at once.

    ``codec`` is ``"av1"``, ``"h264"``, ``"hevc"`` ... for packets that depend on each other, ``"jpeg"``, ``"png"``
    ... for stills, ``"raw"`` for plain arrays. ``shape`` is ``(n, height, width, channels)``; ``dtype`` is the
    decoded sample type (``uint8``, or ``uint16`` for depth).
    """

    @property
    def codec(self) -> str: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> str: ...
    def __len__(self) -> int: ...

    def part(self, start: int, stop: int) -> Video:
        """Frames ``start`` to ``stop`` (half-open) as a view; nothing is copied or decoded."""
        ...

    def encoded(self) -> Iterator[bytes]:
        """The stored bytes of each frame, in stored order, without decoding: what identity is made of."""
        ...

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[npt.NDArray[np.generic]]:
        """Decoded frames one after the other: RGB ``[h, w, 3]``, grey ``[h, w, 1]``, or depth ``[h, w, 1]``."""
        ...

    def lumas(self, start: int = 0, stop: int | None = None) -> Iterator[npt.NDArray[np.uint8]]:
        """The luma plane ``[h, w]`` of each frame: what screening looks at; cheaper than ``frames``."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """Samples ``x[i]`` taken at ``t[i]``: nanoseconds on the episode's clock, true capture times as recorded.

    ``t`` is int64 ``[n]`` in the order of recording. It is non-decreasing in a sound recording; a recording whose
    clock runs backwards is kept as it is, so that a check can say so (``ordered`` tells). ``x`` is ``[n, *shape]``
    (an object array of ``str`` or ``bytes`` for words and blobs) or a lazy ``Video``. Both are read-only views.
    """

    signal: Signal
    t: Times
    x: Array | Video

    def __post_init__(self) -> None:
        t = np.asarray(self.t)
        if t.dtype != np.int64 or t.ndim != 1:
            raise BadValue(f"Stream {self.signal.name!r}: times must be int64 nanoseconds [n], not {t.dtype}{t.shape}.")
        if len(t) != len(self.x):
            raise BadValue(f"Stream {self.signal.name!r}: {len(t)} times for {len(self.x)} samples.")
        object.__setattr__(self, "t", _frozen(t))
        if isinstance(self.x, np.ndarray):
            if self.x.shape[1:] != self.signal.shape:
                raise BadValue(
                    f"Stream {self.signal.name!r}: samples of shape {self.x.shape[1:]}, declared {self.signal.shape}."
                )
            object.__setattr__(self, "x", _frozen(self.x))

    @property
    def name(self) -> str:
        """The signal's name."""
        return self.signal.name

    @property
    def video(self) -> Video | None:
        """The lazy pictures, or ``None`` where samples are an array."""
        return None if isinstance(self.x, np.ndarray) else self.x

    @property
    def values(self) -> Array:
        """The samples as an array; refused for lazy pictures."""
        if isinstance(self.x, np.ndarray):
            return self.x
        raise BadValue(f"Stream {self.name!r} holds lazy pictures.", do="Iterate over .video.frames() instead.")

    @property
    def ordered(self) -> bool:
        """Whether the clock never runs backwards."""
        return bool((self.t[1:] >= self.t[:-1]).all())

    @property
    def rate(self) -> float:
        """Measured samples per second (lower median interval), 0 where fewer than two samples or no time passes."""
        if len(self.t) < 2:
            return 0.0
        gaps = self.t[1:] - self.t[:-1]
        middle = (len(gaps) - 1) // 2
        step = int(np.partition(gaps, middle)[middle])
        return 1e9 / step if step > 0 else 0.0

    def part(self, start: int, stop: int) -> Stream:
        """Samples ``start`` to ``stop`` (half-open) as a view."""
        x = self.x[start:stop] if isinstance(self.x, np.ndarray) else self.x.part(start, stop)
        return Stream(self.signal, self.t[start:stop], x)

    def between(self, a: int, b: int) -> Stream:
        """Samples with ``a <= t < b`` as a view. An unordered clock is cut at the first and last sample inside."""
        if self.ordered:
            start, stop = (int(edge) for edge in np.searchsorted(self.t, (a, b)))
        else:
            inside = np.flatnonzero((self.t >= a) & (self.t < b))
            start, stop = (int(inside[0]), int(inside[-1]) + 1) if len(inside) else (0, 0)
        return self.part(start, max(start, stop))

    def __len__(self) -> int:
        return len(self.t)

    def __repr__(self) -> str:
        return f"Stream({self.name!r}, {self.signal.kind}, {len(self)} samples at {self.rate:.4g} Hz)"


def _frozen(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    if not array.flags.writeable:
        return array
    view = array.view()
    view.flags.writeable = False
    return view
