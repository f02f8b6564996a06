"""TFRecord files of single steps: real ones against an independent walk over their bytes, and generated ones."""

import struct
from pathlib import Path

import numpy as np
import pytest

from volant.core import Kind, Reading, Writing
from volant.core.errors import Damaged, Refused
from volant.formats._example import encode
from volant.formats._tfrecord import frame
from volant.formats.tfrecord import TfRecord

KITCHEN = "ibc_tfrecord/ibc/test_data/kitchen-complete-v0/kitchen-complete-v0_0.tfrecord"
POSES = "tensor2robot_tfrecord/test_data/pose_env_test_data.tfrecord"


def raw(path: Path) -> list[bytes]:
    blob, at, found = path.read_bytes(), 0, []
    while at < len(blob):
        (length,) = struct.unpack_from("<Q", blob, at)
        found.append(blob[at + 12 : at + 12 + length])
        at += 16 + length
    return found


def real(data: Path, name: str) -> Path:
    path = data / name
    if not path.is_file():
        pytest.skip(f"{name} is absent")
    return path


def packed(blob: bytes, name: bytes, width: int) -> np.ndarray:
    """The floats of a feature found by its name and the size of its block: no parser at all."""
    size = 4 * width
    mark = b"\n" + bytes([len(name)]) + name
    start = blob.index(bytes([0x0A]) + _length(size), blob.index(mark) + len(mark))
    start += 1 + len(_length(size))
    return np.frombuffer(blob[start : start + size], "<f4")


def _length(size: int) -> bytes:
    return bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])


def test_kitchen_is_cut_at_step_types(data: Path) -> None:
    path = real(data, KITCHEN)
    episodes = list(TfRecord().read(path, Reading()))
    blobs = raw(path)
    assert sum(episode.frames for episode in episodes) == len(blobs) == 755
    assert [episode.frames for episode in episodes] == [184, 185, 191, 195]
    for episode in episodes:
        kinds = episode["step_type"].values
        assert kinds[0] == 0
        assert (kinds[1:-1] == 1).all()
        assert episode["observation"].signal.shape == (60,)
        assert episode["action"].signal.shape == (9,)
        assert episode["step_type"].signal.dtype == "int32"
    action = np.concatenate([episode["action"].values for episode in episodes])
    assert np.array_equal(action, np.stack([packed(blob, b"action", 9) for blob in blobs]))
    observation = np.concatenate([episode["observation"].values for episode in episodes])
    assert np.array_equal(observation, np.stack([packed(blob, b"observation", 60) for blob in blobs]))


def test_pose_env_pictures_stay_encoded(data: Path) -> None:
    path = real(data, POSES)
    (episode,) = TfRecord().read(path, Reading())
    blobs = raw(path)
    camera = episode["state.image"]
    assert camera.signal.kind is Kind.IMAGE
    assert camera.signal.shape == (64, 64, 3)
    assert camera.video is not None
    for blob, piece in zip(blobs, camera.video.encoded(), strict=True):
        assert piece in blob
    assert np.array_equal(episode["pose"].values, np.stack([packed(blob, b"pose", 2) for blob in blobs]))
    assert next(camera.video.frames()).shape == (64, 64, 3)


def test_bids(data: Path, tmp_path: Path) -> None:
    reader = TfRecord()
    path = real(data, KITCHEN)
    assert reader.bid(path).score >= 0.9
    assert reader.bid(path.parent).score >= 0.9
    assert reader.bid(path.with_name(path.name + ".spec")).score < 0.5
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    assert reader.bid(tmp_path / "x.csv").score == 0
    assert reader.bid(tmp_path).score == 0


def steps(count: int, **more: list[int]) -> list[bytes]:
    made = []
    for i in range(count):
        content = {"x": np.array([i, i + 0.5], np.float32), "word": [f"w{i}".encode()]}
        content |= {name: np.array([values[i]], np.int64) for name, values in more.items()}
        made.append(encode(content))
    return made


def test_cuts_by_flags_and_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.tfrecord"
    path.write_bytes(b"".join(map(frame, steps(5, is_first=[1, 0, 1, 0, 0]))))
    assert [e.frames for e in TfRecord().read(path, Reading())] == [2, 3]
    path.write_bytes(b"".join(map(frame, steps(5, episode_id=[3, 3, 4, 4, 7]))))
    assert [e.frames for e in TfRecord().read(path, Reading())] == [2, 2, 1]
    path.write_bytes(b"".join(map(frame, steps(5))))
    (whole,) = TfRecord().read(path, Reading(task="t"))
    assert whole.frames == 5
    assert whole.task == "t"
    assert list(whole["word"].values) == ["w0", "w1", "w2", "w3", "w4"]


def test_damage_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.tfrecord"
    frames = [frame(step) for step in steps(5)]
    path.write_bytes(b"".join(frames)[:-3])
    (episode,) = TfRecord().read(path, Reading())
    assert episode.frames == 4
    assert any(fact.key == "damage/truncated" for fact in episode.said)
    broken = bytearray(b"".join(frames))
    broken[len(frames[0]) + 20] ^= 0xFF
    path.write_bytes(broken)
    (episode,) = TfRecord().read(path, Reading())
    assert episode.frames == 4
    assert any(fact.key == "damage/record" for fact in episode.said)
    path.write_bytes(frames[0][:9])
    with pytest.raises(Damaged):
        list(TfRecord().read(path, Reading()))


def test_gzip_and_its_bomb(tmp_path: Path) -> None:
    import gzip

    path = tmp_path / "a.tfrecord.gz"
    path.write_bytes(gzip.compress(b"".join(map(frame, steps(5)))))
    (episode,) = TfRecord().read(path, Reading())
    assert episode.frames == 5
    path.write_bytes(gzip.compress(frame(bytes(100_000_000))))
    with pytest.raises(Exception, match="claims to unpack"):
        list(TfRecord().read(path, Reading()))


def test_writing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="rlds"):
        TfRecord().write([], tmp_path / "x", Writing())
