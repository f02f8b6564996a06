"""Loose packets and stills: the same pictures as an independent decode, and clear words for broken ones."""

import io
from fractions import Fraction

import av
import imagecodecs
import numpy as np
import pytest
from PIL import Image

from volant.core import Video
from volant.core.errors import BadValue, Damaged, Hostile
from volant.video import LoosePackets, RawFrames, Stills, decode_image, image_codec, image_shape, look

from .test_container import scene

ENCODERS = [("h264", "libx264", {"g": "8", "bf": "0", "tune": "zerolatency", "threads": "1"}),
            ("h265", "libx265", {"x265-params": "keyint=8:bframes=0:repeat-headers=1:log-level=none"}),
            ("av1", "libsvtav1", {"g": "8", "preset": "12", "svtav1-params": "pred-struct=1"})]  # fmt: skip


def packets(encoder: str, options: dict[str, str], frames: np.ndarray) -> list[bytes]:
    context = av.CodecContext.create(encoder, "w")
    context.width, context.height, context.pix_fmt = frames.shape[2], frames.shape[1], "yuv420p"
    context.time_base, context.framerate, context.options = Fraction(1, 30), Fraction(30), options
    made: list[bytes] = []
    for i, image in enumerate(frames):
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts = i
        made += [bytes(packet) for packet in context.encode(frame)]
    return made + [bytes(packet) for packet in context.encode(None)]


@pytest.mark.parametrize(("codec", "encoder", "options"), ENCODERS, ids=[e[0] for e in ENCODERS])
def test_loose_packets_decode_from_any_place(codec: str, encoder: str, options: dict[str, str]) -> None:
    frames = scene(20)
    video = LoosePackets.of(packets(encoder, options, frames), codec)
    assert isinstance(video, Video)
    assert video.shape == (20, 96, 128, 3) and video.dtype == "uint8"
    whole = list(video.frames())
    assert len(whole) == 20 and np.abs(np.stack(whole).astype(int) - frames).mean() < 30
    assert all(np.array_equal(one, two) for one, two in zip(video.part(11, 15).frames(), whole[11:15], strict=True))
    assert len(list(video.part(3, 9).encoded())) == 6
    assert np.array_equal(look(video.part(5, 15))[1:], look(video)[6:15])
    with pytest.raises(Damaged):
        list(LoosePackets.of([b"junk"] * 3, codec).frames())
    with pytest.raises(Damaged):
        _ = LoosePackets.of([b""] * 3, codec).shape


def test_stills_of_every_sort_decode() -> None:
    rgb = scene(1, 40, 50)[0]
    deep = np.random.default_rng(0).integers(0, 65535, (40, 50)).astype(np.uint16)
    lossless = {
        "png": imagecodecs.png_encode(rgb),
        "webp": imagecodecs.webp_encode(rgb, lossless=True),
        "tiff": _pil(rgb, "TIFF"),
        "bmp": _pil(rgb, "BMP"),
        "jpegxl": imagecodecs.jpegxl_encode(rgb, lossless=True),
    }
    for name, blob in lossless.items():
        assert image_codec(blob) == name
        assert np.array_equal(decode_image(blob), rgb), name
        assert image_shape(blob) == ((40, 50, 3), "uint8"), name
    depth = imagecodecs.png_encode(deep)
    assert np.array_equal(decode_image(depth)[..., 0], deep) and image_shape(depth) == ((40, 50, 1), "uint16")
    jpeg = Stills.of([imagecodecs.jpeg_encode(rgb, level=95)] * 4)
    assert (jpeg.codec, jpeg.shape, len(jpeg.part(1, 3))) == ("jpeg", (4, 40, 50, 3), 2)
    assert len(list(jpeg.encoded())) == 4 and next(jpeg.lumas()).shape == (40, 50)


def _pil(array: np.ndarray, kind: str) -> bytes:
    memory = io.BytesIO()
    Image.fromarray(array).save(memory, kind)
    return memory.getvalue()


def test_broken_and_hostile_stills_are_refused() -> None:
    good = imagecodecs.jpeg_encode(scene(1, 40, 50)[0])
    png = bytearray(imagecodecs.png_encode(scene(1, 40, 50)[0]))
    png[16:24] = (60_000).to_bytes(4, "big") * 2
    with pytest.raises(Hostile):
        decode_image(bytes(png))
    for junk in (b"", b"\xff\xd8\xff", good[:30], b"hello", b"\x89PNG\r\n\x1a\n"):
        with pytest.raises(Damaged):
            decode_image(junk)
    with pytest.raises(Damaged, match="Frame 1"):
        list(Stills.of([good, b"nothing"]).frames())
    with pytest.raises(Damaged, match="others are"):
        list(Stills.of([good, imagecodecs.jpeg_encode(scene(1, 20, 20)[0])]).frames())


def test_arrays_are_read_in_blocks() -> None:
    frames = scene(9, 24, 32)
    asked: list[tuple[int, int]] = []

    def load(a: int, b: int) -> np.ndarray:
        asked.append((a, b))
        return frames[a:b]

    video = RawFrames(load, 9, (24, 32, 3))
    assert np.array_equal(np.stack(list(video.part(2, 7).frames())), frames[2:7])
    assert asked == [(2, 7)] and video.codec == "raw"
    assert list(video.encoded())[3] == frames[3].tobytes()
    with pytest.raises(Damaged):
        list(RawFrames(lambda a, b: frames[a : b - 1], 9, (24, 32, 3)).frames())
    with pytest.raises(BadValue):
        RawFrames(load, 9, (24,))
