"""Write RLDS sets with Volant and put down, beside each, every value that the independent reader must find."""

import hashlib
import json
import sys
from pathlib import Path

import imagecodecs
import numpy as np

from volant.core import Episode, Kind, Origin, Reading, Signal, Stream, Writing
from volant.formats.rlds import Rlds
from volant.video import RawFrames, Stills


def stills(rng: np.random.Generator, n: int, shape: tuple[int, int, int], codec: str) -> list[bytes]:
    smooth = np.linspace(0, 200, shape[1])[None, :, None] + np.zeros(shape)
    frames = [(smooth + rng.integers(0, 40, shape)).astype(np.uint8) for _ in range(n)]
    made = getattr(imagecodecs, f"{codec}_encode")
    return [bytes(made(frame)) for frame in frames]


def generated(number: int) -> Episode:
    """One episode of every sort of channel, on several clocks."""
    rng = np.random.default_rng(number)
    n = 20 + number
    t = np.arange(n, dtype=np.int64) * 50_000_000 + rng.integers(0, 1_000_000, n)
    slow = t[::2] + 1000
    deep = rng.integers(0, 65535, (n, 12, 16, 1)).astype(np.uint16)
    far = rng.normal(size=(n, 12, 16, 1)).astype(np.float32)
    words = np.array(["grasp"] * n, object)
    streams = (
        Stream(Signal("action", Kind.ACTION, (7,), "float64", "rad", hz=20.0), t, rng.normal(size=(n, 7))),
        Stream(Signal("observation.state", Kind.STATE, (5,), "float32"), t, rng.normal(size=(n, 5)).astype(np.float32)),
        Stream(Signal("observation.count", Kind.SCALAR, (), "int32"), t, rng.integers(-9, 9, n).astype(np.int32)),
        Stream(Signal("observation.wide", Kind.SCALAR, (), "int64"), t, rng.integers(-(2**60), 2**60, n)),
        Stream(
            Signal("observation.touch", Kind.TACTILE, (2, 3), "uint8"),
            slow,
            rng.integers(0, 255, (len(slow), 2, 3)).astype(np.uint8),
        ),
        Stream(Signal("observation.closed", Kind.FLAG, (), "bool"), t, rng.random(n) > 0.5),
        Stream(Signal("note", Kind.LANGUAGE, (), "str"), t, words),
        Stream(Signal("reward", Kind.REWARD, (), "float32"), t, rng.random(n).astype(np.float32)),
        Stream(
            Signal("observation.wrist", Kind.IMAGE, (24, 32, 3), "uint8"),
            slow,
            Stills.of(stills(rng, len(slow), (24, 32, 3), "png")),
        ),
        Stream(
            Signal("observation.front", Kind.IMAGE, (24, 32, 3), "uint8"),
            t,
            Stills.of(stills(rng, n, (24, 32, 3), "jpeg")),
        ),
        Stream(Signal("observation.depth", Kind.DEPTH, (12, 16, 1), "uint16"), t, RawFrames.of(deep)),
        Stream(Signal("observation.metres", Kind.DEPTH, (12, 16, 1), "float32"), t, RawFrames.of(far)),
    )
    return Episode(streams, Origin(robot="test"), "stack", "stack the blocks")


def expected(read: list[Episode], paths: dict[str, str], out: Path) -> None:
    """Values by path, one file an episode: decoded pictures, words as JSON, numbers as they are."""
    out.mkdir()
    for number, episode in enumerate(read):
        arrays, words, digests = {}, {}, {}
        for stream in episode.streams:
            name = paths.get(stream.name, stream.name.replace(".", "/"))
            if stream.video is not None:
                arrays[name] = np.stack(list(stream.video.frames()))
                if stream.video.codec in ("jpeg", "png"):
                    digests[name] = [hashlib.sha256(blob).hexdigest() for blob in stream.video.encoded()]
            elif stream.signal.dtype == "str":
                words[name] = [str(word) for word in stream.values]
            else:
                arrays[name] = np.asarray(stream.values)
        np.savez(out / f"{number}.npz", **{name.replace("/", "|"): array for name, array in arrays.items()})
        (out / f"{number}.json").write_text(
            json.dumps({"words": words, "digests": digests, "instruction": episode.instruction})
        )


def stepped(episode: Episode) -> Episode:
    """The episode as RLDS readers see it: every stream held onto the action's steps."""
    rows = episode["action"].t
    streams = []
    for stream in episode.streams:
        at = np.clip(np.searchsorted(stream.t, rows, side="right") - 1, 0, None)
        if stream.video is None:
            streams.append(Stream(stream.signal, rows, stream.values[at]))
        else:
            coded = stream.video.codec in ("jpeg", "png")
            frames = list(stream.video.encoded() if coded else stream.video.frames())
            held = [frames[place] for place in at]
            streams.append(Stream(stream.signal, rows, Stills.of(held) if coded else RawFrames.of(np.stack(held))))
    return Episode(tuple(streams), instruction=episode.instruction)


def main(data: Path, out: Path) -> None:
    out.mkdir(parents=True)
    reader = Rlds()
    made = [generated(number) for number in range(4)]
    reader.write(made, out / "generated", Writing(licence="Apache-2.0", robot="test"))
    expected([stepped(episode) for episode in made], {}, out / "generated.values")
    back = list(reader.read(out / "generated", Reading()))
    assert [episode.id for episode in back] != [] and len(back) == len(made)
    bridge = data / "octo_bridge_rlds/tests/debug_dataset/bridge_dataset/1.0.0"
    if bridge.is_dir():
        real = list(reader.read(bridge, Reading()))
        expected(real, {}, out / "bridge.values")
        reader.write(real, out / "bridge", Writing(licence="MIT"))
        (out / "bridge.source").write_text(str(bridge.resolve()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
