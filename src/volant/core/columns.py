"""Many runs of one signal laid end to end: what checks look at, one episode or ten thousand alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .errors import BadValue
from .signal import Kind, Signal
from .stream import Stream, Times

__all__ = ["LOOK", "LOOK_SIDE", "Columns", "Reach", "look_signal"]

LOOK_SIDE = 8
"""Side of the thumbnail that closes each row of looks."""

LOOK = (
    "mean",  # mean luma, 0..255
    "spread",  # standard deviation of luma
    "sharpness",  # variance of the Laplacian of luma
    "dark",  # fraction of pixels with luma <= 20 (16 is video black)
    "bright",  # fraction of pixels with luma >= 235 (video white)
    "change",  # mean absolute difference to the previous frame, 0..255; 0 on the first frame
    "moved",  # fraction of pixels that differ by more than 8 from the previous frame; 0 on the first
    "tear",  # largest row-to-row step divided by the median row-to-row step
    "same",  # 1 where the luma plane equals the previous frame bit for bit, else 0
    "seam",  # largest row-to-row step new since the previous frame across half of the width, by the spread (at least 4)
    "dx",  # how far the whole picture moved sideways since the previous frame, as a fraction of its width
    "dy",  # and downwards, as a fraction of its height; both 0 on the first
    "skin",  # fraction of skin-coloured chroma in the lower two thirds; -1 where the pictures have no colour
    *(f"thumb{i}" for i in range(LOOK_SIDE * LOOK_SIDE)),  # 8 x 8 block means of luma, row by row
)
"""What a picture looks like as numbers, in this order: the one decode pass that every picture check shares."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far back a score may depend: at most ``samples`` samples, and at most ``span`` nanoseconds."""

    samples: int = 0
    span: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Runs of one signal laid end to end: run ``r`` is rows ``cuts[r]`` to ``cuts[r + 1]``.

    ``t`` int64 ``[n]`` nanoseconds, ``x`` float64 ``[n, width]`` in C order whatever the samples' own type (so that
    compiled checks need one variant only), ``cuts`` int64 ``[runs + 1]``, ``limits`` float64 ``[width, 2]`` lower and
    upper limit of each dimension where the embodiment is known (NaN where not). Where only the newest samples of each
    run are to be scored, ``newest`` is how many; what a check says of those before them is not looked at.
    """

    signal: Signal
    t: Times
    x: npt.NDArray[np.float64]
    cuts: Times
    limits: npt.NDArray[np.float64] | None = None
    newest: int | None = None

    @classmethod
    def of(cls, streams: Sequence[Stream], limits: npt.NDArray[np.float64] | None = None) -> Columns:
        """Lay streams that share one signal end to end. Flags become 0 and 1."""
        if not streams:
            raise BadValue("No streams to lay end to end.")
        signal = streams[0].signal
        cuts = np.zeros(len(streams) + 1, np.int64)
        np.cumsum([len(stream.t) for stream in streams], out=cuts[1:])
        t = np.concatenate([stream.t for stream in streams])
        x = np.concatenate([stream.values for stream in streams], dtype=np.float64, casting="unsafe")
        return cls(signal, t, x.reshape(len(t), signal.width), cuts, limits)

    def __len__(self) -> int:
        return len(self.t)


def look_signal(camera: Signal) -> Signal:
    """The signal of a camera's looks: same name and rate, one row of ``LOOK`` numbers per frame."""
    return Signal(camera.name, Kind.LOOK, (len(LOOK),), "float32", "1", camera.frame, camera.hz, LOOK)
