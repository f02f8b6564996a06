"""RLDS folders: a real one against an independent walk over its bytes, and generated ones against themselves."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from volant.core import Kind, Reading
from volant.core.errors import Damaged
from volant.formats._tfrecord import frame, masked_crc
from volant.formats.rlds import Rlds

BRIDGE = "octo_bridge_rlds/tests/debug_dataset/bridge_dataset/1.0.0"


def raw_records(path: Path) -> list[bytes]:
    """Every record by its length alone, written apart from the reader under test."""
    blob, at, found = path.read_bytes(), 0, []
    while at < len(blob):
        (length,) = struct.unpack_from("<Q", blob, at)
        found.append(blob[at + 12 : at + 12 + length])
        at += 16 + length
    return found


@pytest.fixture
def bridge(data: Path) -> Path:
    folder = data / BRIDGE
    if not folder.is_dir():
        pytest.skip("octo_bridge_rlds is absent")
    return folder


def copied(folder: Path, to: Path) -> Path:
    to.mkdir()
    for path in folder.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return to


def shard_of(folder: Path) -> Path:
    return next(folder.glob("*.tfrecord-*"))


def test_real_bridge_counts_words_and_pictures(bridge: Path) -> None:
    episodes = list(Rlds().read(bridge, Reading()))
    assert len(episodes) == 25
    assert all(len(episode.of(Kind.IMAGE)) == 4 for episode in episodes)
    assert all({len(stream) for stream in episode.streams} == {10} for episode in episodes)
    first = episodes[0]
    assert first.instruction == "put cup from counter or drying rack into sink" == first.task
    assert first["action"].signal.shape == (7,)
    said = {fact.key: fact.value for fact in first.said}
    assert said["declared/clock"] == "index"
    assert said["declared/split"] == "train"
    assert said["label/episode_id"] == 5
    assert said["declared/missing_split"] == "val"
    assert first["observation.image_0"].signal.hz is None


def test_real_bridge_bytes_are_the_records_own(bridge: Path) -> None:
    blobs = raw_records(shard_of(bridge))
    for episode, blob in zip(Rlds().read(bridge, Reading()), blobs, strict=True):
        for camera in episode.of(Kind.IMAGE):
            assert camera.video is not None
            assert all(piece in blob for piece in camera.video.encoded())
        for name in ("action", "observation.state", "language_embedding", "reward"):
            assert episode[name].values.astype("<f4").tobytes() in blob
        frames = list(episode.of(Kind.IMAGE)[0].video.frames())  # type: ignore[union-attr]
        assert frames[0].shape == (64, 64, 3)


def test_bids(bridge: Path) -> None:
    reader = Rlds()
    assert reader.bid(bridge).score >= 0.9
    assert reader.bid(bridge.parent).score >= 0.9
    assert reader.bid(shard_of(bridge)).score >= 0.9
    assert reader.bid(bridge / "features.json").score < 0.5
    assert reader.bid(bridge.parents[4]).score < 0.5


def test_first_episode_before_the_rest(bridge: Path, tmp_path: Path) -> None:
    folder = copied(bridge, tmp_path / "set")
    shard = shard_of(folder)
    whole = shard.read_bytes()
    blobs = raw_records(shard)
    shard.write_bytes(whole[: sum(len(blob) + 16 for blob in blobs[:3]) + 40])
    reading = Rlds().read(folder, Reading())
    assert next(reading).instruction
    rest = list(reading)
    assert len(rest) == 2
    told = {fact.key: fact.value for fact in rest[-1].said}
    assert "damage/truncated" in told
    assert "declares 25 records" in str(told["damage/shard_length"])


def test_nothing_saved_is_damage(bridge: Path, tmp_path: Path) -> None:
    folder = copied(bridge, tmp_path / "set")
    shard_of(folder).write_bytes(shard_of(folder).read_bytes()[:1000])
    with pytest.raises(Damaged, match="no episode could be saved"):
        list(Rlds().read(folder, Reading()))


def test_a_flipped_byte_costs_one_record(bridge: Path, tmp_path: Path) -> None:
    folder = copied(bridge, tmp_path / "set")
    shard = shard_of(folder)
    blob = bytearray(shard.read_bytes())
    blob[5000] ^= 1
    shard.write_bytes(blob)
    episodes = list(Rlds().read(folder, Reading()))
    assert len(episodes) == 24
    assert any(fact.key == "damage/record" and "record 0" in str(fact.value) for fact in episodes[0].said)


def test_a_wrong_length_is_stepped_over(bridge: Path, tmp_path: Path) -> None:
    folder = copied(bridge, tmp_path / "set")
    shard = shard_of(folder)
    blob = bytearray(shard.read_bytes())
    start = 16 + len(raw_records(shard)[0])
    blob[start : start + 8] = b"\xff" * 8
    shard.write_bytes(blob)
    episodes = list(Rlds().read(folder, Reading()))
    assert len(episodes) == 24
    assert any(fact.key == "damage/truncated" for episode in episodes for fact in episode.said)


def test_an_inflated_length_with_a_right_checksum_reserves_nothing(bridge: Path, tmp_path: Path) -> None:
    folder = copied(bridge, tmp_path / "set")
    shard = shard_of(folder)
    head = struct.pack("<Q", 1 << 62)
    shard.write_bytes(head + struct.pack("<I", masked_crc(head)) + shard.read_bytes()[12:])
    with pytest.raises(Damaged, match="claims"):
        list(Rlds().read(folder, Reading()))


def test_metadata_that_is_no_json(bridge: Path, tmp_path: Path) -> None:
    folder = copied(bridge, tmp_path / "set")
    (folder / "features.json").chmod(0o644)
    (folder / "features.json").write_text("{")
    with pytest.raises(Damaged, match="JSON"):
        list(Rlds().read(folder, Reading()))


def test_features_json_missing_is_guessed_and_said(bridge: Path, tmp_path: Path) -> None:
    folder = copied(bridge, tmp_path / "set")
    (folder / "features.json").unlink()
    episode = next(Rlds().read(folder, Reading()))
    assert episode["action"].signal.shape == (7,)
    assert episode["observation.image_0"].signal.shape == (64, 64, 3)
    assert any(fact.key == "damage/missing_files" for fact in episode.said)


def test_the_old_spelling_of_features(bridge: Path, tmp_path: Path) -> None:
    from volant.formats._tfds import leaves

    old = {
        "type": "tensorflow_datasets.core.features.features_dict.FeaturesDict",
        "content": {
            "steps": {
                "type": "tensorflow_datasets.core.features.dataset_feature.Dataset",
                "content": {
                    "feature": {
                        "type": "x.FeaturesDict",
                        "content": {"action": {"type": "x.Tensor", "content": {"shape": [7], "dtype": "float32"}}},
                    }
                },
            }
        },
    }
    found = list(leaves(json.loads(json.dumps(old))))
    assert [(leaf.path, leaf.shape, leaf.stepped) for leaf in found] == [("steps/action", (7,), True)]


def test_frame_round_trip_is_what_the_reader_wants(tmp_path: Path) -> None:
    from volant.formats._example import encode, features
    from volant.formats._tfrecord import records

    content = {
        "floats": np.array([1.5, -2.0], np.float32),
        "ints": np.array([0, -1, 127, 128, 2**62, -(2**63)], np.int64),
        "bytes": [b"", b"abc"],
        "none": None,
    }
    path = tmp_path / "x.tfrecord"
    path.write_bytes(frame(encode(content)) * 2)
    got = [features(record.data) for record in records(path)]
    assert len(got) == 2
    assert got[0]["bytes"] == [b"", b"abc"]
    assert np.array_equal(got[0]["ints"], content["ints"])
    assert np.array_equal(got[0]["floats"], content["floats"])
