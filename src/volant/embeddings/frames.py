"""How an episode looks, as 256 numbers: a few frames of each camera, seen by a small frozen network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ..core import Episode, Kind, Span, Stream
from ._blocks import keeping
from ._lite0 import CHANNELS, SIDE, features, usual

__all__ = ["Frames"]

FRAMES = 4
"""Frames looked at of each camera, in the middle of equal parts of its time."""
WINDOW = 4_000_000_000
"""Length of a window, ns; windows follow each other from the start and do not overlap."""
CAMERAS = 4
"""At most so many cameras, the first by name."""

_SIZE = 12.0
"""About the length of what a picture shows beyond the usual: brings points to a length of about 1."""


class Frames:
    """What cameras saw (EfficientNet-Lite0, no fine-tuning): mean and spread of frames; ``None`` without a picture.

    Frames are resized whole to 224 x 224. What any picture shows is taken away first (``_lite0.usual``), so that
    directions mean something; mean and standard deviation over frames and cameras are projected to 256 numbers.
    """

    name = "frames"
    version = "1"
    width = 256

    def of(self, episode: Episode) -> npt.NDArray[np.float32] | None:
        """The episode's point, float32 ``[256]``."""
        cameras = [stream for stream in episode.of(Kind.IMAGE) if len(stream)]
        seen = [_seen(stream) for stream in sorted(cameras, key=lambda stream: stream.name)[:CAMERAS]]
        rows = [row for row in seen if row is not None]
        if not rows:
            return None
        middle = np.mean([row.mean(axis=0) for row in rows], axis=0)
        spread = np.mean([row.std(axis=0) for row in rows], axis=0)
        whole = np.concatenate([(middle - usual()) / _SIZE, spread / _SIZE]).astype(np.float64)
        return keeping(whole, self.width).astype(np.float32)

    def windows(self, episode: Episode) -> tuple[npt.NDArray[np.float32], Sequence[Span]] | None:
        """Points of consecutive windows of four seconds; ``None`` where there is not one whole window with pictures."""
        start, stop = episode.span.start, episode.span.stop
        rows, spans = [], []
        for a in range(start, stop - WINDOW + 1, WINDOW):
            if (point := self.of(episode.between(a, a + WINDOW))) is not None:
                rows.append(point)
                spans.append(Span(a, a + WINDOW))
        return (np.stack(rows), spans) if rows else None


def _seen(stream: Stream) -> npt.NDArray[np.float32] | None:
    """Features ``[4, 1280]`` of a camera's frames; ``None`` where none can be decoded."""
    places = ((np.arange(FRAMES) + 0.5) * len(stream) / FRAMES).astype(np.int64)
    pictures = [sized for frame in _frames(stream, places) if (sized := _sized(frame)) is not None]
    if not pictures:
        return None
    while len(pictures) < FRAMES:  # a camera that broke off: what was seen counts, in the one shape that is compiled
        pictures.append(pictures[-1])
    found = features(np.stack(pictures))
    assert found.shape == (FRAMES, CHANNELS)
    return found


def _frames(stream: Stream, places: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.generic]]:
    if stream.video is None:
        yield from stream.values[places]
        return
    for place in places.tolist():
        yield from stream.video.frames(place, place + 1)


def _sized(frame: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8] | None:
    """A frame as 224 x 224 RGB bytes; ``None`` where it is no picture of bytes."""
    from PIL import Image

    x = np.asarray(frame)
    if x.dtype != np.uint8 or x.ndim not in (2, 3) or not x.size:
        return None
    x = x[..., None] if x.ndim == 2 else x
    x = np.repeat(x[..., :1], 3, axis=2) if x.shape[2] < 3 else x[..., :3]
    picture = Image.fromarray(np.ascontiguousarray(x)).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(picture, np.uint8)
