"""Frames of an episode as small pictures inside a page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape

import numpy as np
import numpy.typing as npt

from ..core import Kind, Span, Stream
from ..core.errors import VolantError

__all__ = ["data_uri", "shrunk", "strip"]

HEIGHT = 108


def strip(stream: Stream, spans: Sequence[Span] = (), count: int = 9) -> str:
    """A film strip: ``count`` frames spread over the episode, or over its first finding; framed where one is inside."""
    video = stream.video
    if video is None or not len(stream):
        return ""
    first, last = 0, len(stream) - 1
    if spans:
        a, b = np.searchsorted(stream.t, (spans[0].start, spans[0].stop))
        margin = max(2, (b - a) // 3)
        first, last = max(0, int(a) - margin), min(last, int(b) + margin)
    places = sorted({int(place) for place in np.linspace(first, last, count)})
    figures = []
    for place in places:
        try:
            frame = next(iter(video.frames(place, place + 1)), None)
        except VolantError as error:
            return f'<p class="soft">{escape(stream.name)}: {escape(str(error))}</p>'
        if frame is None:
            break
        now = int(stream.t[place])
        hit = "hit" if any(span.start <= now < span.stop for span in spans) else ""
        seconds = (now - int(stream.t[0])) / 1e9
        figures.append(
            f'<figure class="{hit}"><img alt="{escape(stream.name)} at {seconds:.2f} s" src="{data_uri(frame)}">'
            f"<figcaption>{seconds:.2f} s</figcaption></figure>"
        )
    kind = " (depth)" if stream.signal.kind == Kind.DEPTH else ""
    return f'<p class="how">{escape(stream.name)}{kind}</p><div class="strip">{"".join(figures)}</div>'


def data_uri(frame: npt.NDArray[np.generic], height: int = HEIGHT) -> str:
    """A frame ``[h, w, c]`` as a small JPEG inside an address."""
    from PIL import Image

    picture = Image.fromarray(shrunk(frame))
    scale = height / picture.height
    if scale < 1:
        picture = picture.resize((max(1, round(picture.width * scale)), height), Image.Resampling.BILINEAR)
    held = io.BytesIO()
    picture.save(held, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(held.getvalue()).decode()


def shrunk(frame: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    """Any frame as 8-bit RGB or grey; depth and floats are stretched over their own range."""
    if frame.dtype != np.uint8:
        values = np.nan_to_num(frame.astype(np.float64))
        low, high = float(values.min()), float(values.max())
        frame = ((values - low) * (255 / ((high - low) or 1.0))).astype(np.uint8)
    flat = frame.astype(np.uint8)
    return flat[:, :, 0] if flat.ndim == 3 and flat.shape[2] == 1 else flat
