"""What an episode's cameras saw, for a browser: films by range requests, single frames as JPEG, and a file for Rerun."""

from __future__ import annotations

import io
import os
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from nicegui import app
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from ...core.errors import MissingPart, NotFound, VolantError
from ...report import write_rrd
from ...report.pictures import shrunk
from ...video import PacketVideo, join_packets
from ..doors import who_of

if TYPE_CHECKING:
    from ...api import Lake
    from ...core import Stream
    from ..house import House

__all__ = ["install", "playable", "rerun_there"]

PLAYED = ("h264", "av1", "vp9")
"""Codecs that browsers play; everything else is shown frame by frame."""

_MOST_BYTES = 2 << 30
_KEPT = {"cache-control": "private, max-age=86400, immutable"}
"""Episodes never change, so a browser may keep what it saw for a day."""
_WRITING = threading.Lock()


def playable(stream: Stream) -> bool:
    """Whether a browser can play a camera's own packets."""
    video = stream.video
    return isinstance(video, PacketVideo) and video.codec in PLAYED and video.keyed


def rerun_there() -> bool:
    """Whether this server can write files for Rerun."""
    return find_spec("rerun") is not None


def install(house: House) -> None:
    """Serve films, frames and recordings of episodes."""

    @app.get("/episode/{name}/film/{place}.mp4")
    async def film(request: Request, name: str, place: int) -> Response:
        return await _answered(house, request, partial(_film, house.home / "films", name, place))

    @app.get("/episode/{name}/still/{place}/{frame}.jpg")
    async def still(request: Request, name: str, place: int, frame: int) -> Response:
        return await _answered(house, request, partial(_still, name, place, frame))

    @app.get("/episode/{name}/episode.rrd")
    async def rrd(request: Request, name: str) -> Response:
        return await _answered(house, request, partial(_rrd, name))


async def _answered(house: House, request: Request, work: Callable[[Lake], Response]) -> Response:
    if not who_of(request).may("read"):
        return PlainTextResponse("Your role may not see episodes.", 403)
    try:
        return await house.read(work)
    except (NotFound, IndexError) as error:
        return PlainTextResponse(str(error), 404)
    except VolantError as error:
        return PlainTextResponse(str(error), 501 if isinstance(error, MissingPart) else 422)


def _camera(lake: Lake, name: str, place: int) -> Stream:
    streams = lake.episode(name).streams
    if not 0 <= place < len(streams) or streams[place].video is None:
        raise NotFound(f"Episode {name[:12]} has no camera number {place}.")
    return streams[place]


def _film(folder: Path, name: str, place: int, lake: Lake) -> Response:
    """The camera's packets as an MP4 file, made once; nothing is encoded again."""
    stream = _camera(lake, name, place)
    out = folder / f"{lake.find(name)}-{place}.mp4"
    with _WRITING:
        if not out.exists():
            video = stream.video
            if not isinstance(video, PacketVideo) or not playable(stream):
                raise NotFound(f"{stream.name} is no film that a browser plays.", do="Ask for its frames.")
            folder.mkdir(parents=True, exist_ok=True)
            join_packets([video], out, stream.signal.hz or stream.rate or 30.0)
            _pruned(folder, out)
    os.utime(out)
    return FileResponse(out, media_type="video/mp4", headers=_KEPT)


def _pruned(folder: Path, keep: Path) -> None:
    """Forget the films that were not looked at for longest, above two gigabytes."""
    films = sorted(folder.glob("*.mp4"), key=lambda path: path.stat().st_mtime, reverse=True)
    total = 0
    for path in films:
        total += path.stat().st_size
        if total > _MOST_BYTES and path != keep:
            path.unlink(missing_ok=True)


def _still(name: str, place: int, frame: int, lake: Lake) -> Response:
    from PIL import Image

    stream = _camera(lake, name, place)
    assert stream.video is not None
    if not 0 <= frame < len(stream):
        raise NotFound(f"{stream.name} has {len(stream)} frames; there is no number {frame}.")
    picture = next(iter(stream.video.frames(frame, frame + 1)))
    held = io.BytesIO()
    Image.fromarray(shrunk(picture)).save(held, "JPEG", quality=85)
    return Response(held.getvalue(), media_type="image/jpeg", headers=_KEPT)


def _rrd(name: str, lake: Lake) -> Response:
    subject = lake.find(name)
    handle, path = tempfile.mkstemp(suffix=".rrd")
    os.close(handle)
    out = Path(path)
    try:
        write_rrd(lake.episode(subject), lake.store.facts(subject=[subject]), out)
    except VolantError:
        out.unlink(missing_ok=True)
        raise
    return FileResponse(out, filename=f"{subject[:12]}.rrd", background=BackgroundTask(out.unlink, missing_ok=True))
