"""Pictures are looked at by several threads and named on the way, and nothing depends on how many there are."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from volant.core import Episode, Kind, Signal, Stream, Video
from volant.core.errors import Damaged
from volant.video import Pass, Passes, RawFrames, Stills, look_and_histogram, open_video

from .test_container import scene, write

CLIP = scene(53, 64, 72)
JPEGS = [imagecodecs.jpeg_encode(image, 90) for image in CLIP]
MADE: dict[str, Callable[[], Video]] = {
    "rgb": lambda: RawFrames.of(CLIP),
    "bgr": lambda: RawFrames(lambda a, b: CLIP[a:b, ..., ::-1], len(CLIP), CLIP.shape[1:]),
    "bgra": lambda: RawFrames(lambda a, b: np.insert(CLIP[a:b], 3, 9, -1)[..., 2::-1], len(CLIP), CLIP.shape[1:]),
    "depth": lambda: RawFrames.of(CLIP[..., :1].astype(np.uint16) * 100),
    "jpeg": lambda: Stills.of(JPEGS),
    "part of jpeg": lambda: Stills.of(JPEGS).part(13, 48),
    "png": lambda: Stills.of([imagecodecs.png_encode(image) for image in CLIP]),
}


def episode(*videos: Video) -> Episode:
    streams = []
    for i, video in enumerate(videos):
        signal = Signal(f"camera{i}", Kind.IMAGE, video.shape[1:], video.dtype, "1")
        streams.append(Stream(signal, np.arange(len(video)) * 33_000_000, video))
    return Episode(tuple(streams))


def gone_through(made: Episode, threads: int) -> dict[str, Pass]:
    """The episode named by a pass over its pictures."""
    passes = {stream.name: Pass(stream.x) for stream in made.streams if not isinstance(stream.x, np.ndarray)}
    with ThreadPoolExecutor(threads) as pool:
        together = Passes(list(passes.values()), pool, threads + 2)
        made.name({name: together.encoded(one) for name, one in passes.items()})
    return passes


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("sort", MADE)
def test_names_and_looks_do_not_depend_on_threads(sort: str, threads: int) -> None:
    made = episode(MADE[sort](), MADE["jpeg"]())
    passes = gone_through(made, threads)
    assert made.named and made.id == episode(MADE[sort](), MADE["jpeg"]()).id
    for name, one in passes.items():
        looks, counts = look_and_histogram(made[name].x)
        assert np.array_equal(one.looks, looks) and np.array_equal(one.counts, counts)


def test_a_film_is_named_after_it_is_looked_at(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", scene(20, 64, 72), "libx264")
    made = episode(open_video(path), RawFrames.of(CLIP))
    passes = gone_through(made, 2)
    assert made.id == episode(open_video(path), RawFrames.of(CLIP)).id
    assert np.array_equal(passes["camera0"].looks, look_and_histogram(open_video(path))[0])


def test_every_picture_is_read_once() -> None:
    asked: list[int] = []

    def load(i: int) -> bytes:
        asked.append(i)
        return JPEGS[i]

    video = Stills(load, len(JPEGS), "jpeg", CLIP.shape[1:])
    gone_through(episode(video), 3)
    assert sorted(asked) == list(range(len(JPEGS)))


@pytest.mark.parametrize("threads", [1, 3])
def test_the_first_broken_picture_is_said_and_the_name_is_made_all_the_same(threads: int) -> None:
    blobs = [blob if i not in (21, 40) else blob[:300] for i, blob in enumerate(JPEGS)]
    made = episode(Stills.of(blobs))
    [one] = gone_through(made, threads).values()
    assert one.why is not None and one.why.what.startswith("Frame 21: ")
    assert made.id == episode(Stills.of(blobs)).id
    with pytest.raises(Damaged, match="Frame 21"):
        look_and_histogram(Stills.of(blobs))


def test_what_cannot_be_read_has_no_name() -> None:
    def load(i: int) -> bytes:
        if i == 30:
            raise Damaged("The file has changed.")
        return JPEGS[i]

    made = episode(Stills(load, len(JPEGS), "jpeg", CLIP.shape[1:]))
    with pytest.raises(Damaged, match="has changed"):
        gone_through(made, 2)
    assert not made.named
