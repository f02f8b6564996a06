"""ALOHA files, plain and compressed."""

import h5py
import imagecodecs
import numpy as np
import pytest
from arrays_made import mutated, survives
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from volant.core import Kind, Reading, Writing
from volant.core.errors import Damaged, NotFound, Refused
from volant.formats.aloha import Aloha
from volant.formats.hdf5tree import Hdf5Tree
from volant.formats.robomimic import Robomimic

FMT = Aloha()


def said(episode, key):
    return [fact.value for fact in episode.said if fact.key == key]


def picture(i):
    y, x = np.mgrid[:32, :48]
    return np.stack([(x * 5 + i) % 256, (y * 7) % 256, np.full_like(x, i * 9)], axis=-1).astype(np.uint8)


def aloha_file(path, rows=5, compress="", **attrs):
    rng = np.random.default_rng(rows)
    with h5py.File(path, "w") as file:
        file.attrs["sim"] = False
        file.attrs["compress"] = bool(compress)
        for key, value in attrs.items():
            file.attrs[key] = value
        file["action"] = rng.normal(size=(rows, 14)).astype(np.float32)
        for name in ("qpos", "qvel", "effort"):
            file[f"observations/{name}"] = rng.normal(size=(rows, 14))
        blobs = [imagecodecs.jpeg_encode(picture(i), level=95) for i in range(rows)]
        if compress == "padded":
            longest = max(map(len, blobs))
            padded = np.stack([np.frombuffer(b.ljust(longest, b"\0"), np.uint8) for b in blobs])
            file["observations/images/cam_high"] = padded
            file["compress_len"] = np.array([[len(b) for b in blobs]], float)
        elif compress == "vlen":
            cam = file.create_dataset("observations/images/cam_high", (rows,), h5py.vlen_dtype(np.uint8))
            for i, blob in enumerate(blobs):
                cam[i] = np.frombuffer(blob, np.uint8)
        elif compress == "text":
            file["observations/images/cam_high"] = np.array(blobs)
        else:
            file["observations/images/cam_high"] = np.stack([picture(i) for i in range(rows)])
    return path


@pytest.mark.parametrize("compress", ["", "padded", "vlen", "text"])
def test_one_file(tmp_path, compress):
    path = aloha_file(tmp_path / "episode_0.hdf5", compress=compress)
    assert FMT.bid(path).score >= 0.9
    assert Robomimic().bid(path).score < 0.5
    assert Hdf5Tree().bid(path).score < 0.5
    (episode,) = FMT.read(path, Reading())
    assert [s.name for s in episode.streams] == [
        "action", "observation.effort", "observation.qpos", "observation.qvel", "observation.images.cam_high",
    ]  # fmt: skip
    kinds = [s.signal.kind for s in episode.streams]
    assert kinds == [Kind.ACTION, Kind.EFFORT, Kind.JOINT, Kind.VELOCITY, Kind.IMAGE]
    video = episode["observation.images.cam_high"].video
    assert video.codec == ("jpeg" if compress else "raw")
    for i, frame in enumerate(video.frames()):
        assert np.abs(frame.astype(int) - picture(i)).mean() < 6
    assert video.shape == (5, 32, 48, 3)
    with h5py.File(path) as file:
        np.testing.assert_array_equal(episode["observation.qpos"].values, file["observations/qpos"][()])
    assert said(episode, "declared/clock") == ["index"]
    assert said(episode, "declared/sim") == [False]


def test_same_bytes_same_identity_whatever_the_padding(tmp_path):
    ids = {
        next(FMT.read(aloha_file(tmp_path / f"{way}.hdf5", compress=way), Reading())).id
        for way in ("padded", "vlen", "text")
    }
    assert len(ids) == 1


def test_folder_in_the_order_of_numbers_with_a_broken_file(tmp_path):
    for i in (0, 2, 10):
        aloha_file(tmp_path / f"episode_{i}.hdf5", rows=3 + i, fps=50)
    (tmp_path / "episode_1.hdf5").write_bytes((tmp_path / "episode_0.hdf5").read_bytes()[:3000])
    assert FMT.bid(tmp_path).score >= 0.9
    read = FMT.read(tmp_path, Reading())
    assert [len(next(read)["action"]) for _ in range(3)] == [3, 5, 13]
    with pytest.raises(Damaged, match="episode_1"):
        next(read)
    first = next(FMT.read(tmp_path, Reading(limit=1)))
    assert said(first, "declared/fps") == [50.0]
    assert first["action"].t[1] == 20_000_000


def test_refusals(tmp_path):
    assert FMT.bid(tmp_path).score == 0
    with pytest.raises(NotFound):
        list(FMT.read(tmp_path, Reading()))
    with pytest.raises(Refused):
        FMT.write([], tmp_path / "x", Writing())


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_bad_bytes_never_escape(tmp_path, seed):
    good = tmp_path / "good.hdf5"
    if not good.exists():
        aloha_file(good, compress="vlen")
    bad = tmp_path / "bad.hdf5"
    bad.write_bytes(mutated(good.read_bytes(), seed))
    survives(FMT, bad)
