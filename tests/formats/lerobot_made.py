"""Small LeRobot inputs: arms with a camera, at chosen lengths, from an explicit seed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from volant.core import Episode, Fact, Kind, Origin, Segment, Signal, Span, Stream
from volant.video import RawFrames, encode, open_video

HZ = 30.0
JOINTS = ("shoulder", "elbow", "gripper")
STATE = Signal("observation.state", Kind.STATE, (3,), "float32", "rad", "base", HZ, JOINTS)
ACTION = Signal("action", Kind.ACTION, (3,), "float64", "rad", "base", HZ, JOINTS)
CAMERA = Signal("observation.images.top", Kind.IMAGE, (32, 48, 3), "uint8", hz=HZ)


def ticks(n: int, hz: float = HZ) -> np.ndarray:
    return np.rint(np.arange(n) * 1e9 / hz).astype(np.int64)


def plain(number: int, n: int = 20, *, t: np.ndarray | None = None, more: Sequence[Stream] = ()) -> Episode:
    """States and actions; the number decides their samples."""
    rng = np.random.default_rng(number)
    t = ticks(n) if t is None else t
    state = rng.normal(size=(len(t), 3)).cumsum(0).astype(np.float32)
    streams = (Stream(STATE, t, state), Stream(ACTION, t, state.astype(np.float64) * 1.1), *more)
    origin = Origin(f"made:{number}", "arm", operator="ann", licence="CC0-1.0", recorded_at=17 + number)
    segments = (Segment(Span(0, int(t[-1]) // 2), "reach"),)
    said = (Fact("", "outcome", ("success", "failure")[number % 2], "made@1"),)
    return Episode(streams, origin, "stack", "Stack the cubes.", "lab", segments, ("first",), said)


def filmed(folder: Path, number: int, n: int = 20, codec: str = "h264") -> Episode:
    """The same with a camera in an mp4 of its own."""
    path = folder / f"{codec}-{number}-{n}.mp4"
    if not path.exists():
        rows, columns = np.mgrid[0:32, 0:48]
        picture = [((rows * 4 + columns * 3 + 9 * i + 40 * number) % 256)[..., None].repeat(3, 2) for i in range(n)]
        encode(RawFrames.of(np.stack(picture).astype(np.uint8)), path, codec=codec, fps=HZ)
    return plain(number, n, more=(Stream(CAMERA, ticks(n), open_video(path)),))
