import json
import shutil
from pathlib import Path

import av
import numpy as np
import pyarrow as pa
import pytest

from volant.core import Episode, Kind, Reading, Writing
from volant.core.errors import Damaged, Hostile, Refused
from volant.formats.lerobot1 import LeRobot1, tensors

FORM = LeRobot1()


def said(episode: Episode, key: str) -> list[object]:
    return [fact.value for fact in episode.said if fact.key == key]


def table(root: Path) -> pa.Table:
    return pa.ipc.open_stream(str(root / "train" / "data-00000-of-00001.arrow")).read_all()


def made(root: Path, path: str = "videos/none.mp4", fps: object = 10) -> Path:
    """Two episodes of three and two rows with one camera whose file is ``path``."""
    index = np.array([0, 0, 0, 1, 1])
    frame = np.array([0, 1, 2, 0, 1])
    stamp = (frame / 10).astype(np.float32)
    camera = pa.array([{"path": path, "timestamp": float(t)} for t in stamp])
    state = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(10, dtype=np.float32)), 2)
    columns = {"observation.image": camera, "observation.state": state, "episode_index": pa.array(index)}
    columns |= {"frame_index": pa.array(frame), "timestamp": pa.array(stamp), "index": pa.array(np.arange(5))}
    rows = pa.table(columns)
    for name in ("train", "meta_data"):
        (root / name).mkdir(parents=True)
    with pa.ipc.new_stream(str(root / "train" / "data-00000-of-00001.arrow"), rows.schema) as file:
        file.write_table(rows)
    (root / "train" / "dataset_info.json").write_text(json.dumps({"features": dict.fromkeys(columns)}))
    (root / "meta_data" / "info.json").write_text(json.dumps({"fps": fps}))
    (root / "stats.pth").write_bytes(b"\x80\x04cos\nsystem\n(S'touch /tmp/pwned'\ntR.")
    return root


def test_episodes_are_cut_by_their_index(tmp_path: Path) -> None:
    found = list(FORM.read(made(tmp_path / "set"), Reading()))
    assert [one.frames for one in found] == [3, 2]
    assert found[1]["observation.state"].values.tolist() == [[6, 7], [8, 9]]
    assert found[1]["observation.state"].t.tolist() == [0, 100_000_000]
    assert all(said(one, "damage/missing-stream") for one in found)
    assert FORM.bid(tmp_path / "set").score >= 0.9
    assert FORM.bid(tmp_path).score == 0.0


def test_without_a_stated_rate_only_what_times_prove_is_known(tmp_path: Path) -> None:
    root = made(tmp_path / "set")
    (root / "meta_data" / "info.json").unlink()
    one = next(iter(FORM.read(root, Reading())))
    assert said(one, "declared/fps") == []
    assert said(one, "derived/fps") == [10.0]


def test_a_broken_description_of_the_set_is_told(tmp_path: Path) -> None:
    root = made(tmp_path / "set")
    (root / "train" / "dataset_info.json").write_text("{ not json")
    assert FORM.bid(root).score >= 0.5
    assert all("cannot be read" in str(said(one, "damage/metadata")) for one in FORM.read(root, Reading()))


def test_bad_input_is_refused_plainly(tmp_path: Path) -> None:
    with pytest.raises(Hostile):
        list(FORM.read(made(tmp_path / "a", "../../etc/video.mp4"), Reading()))
    with pytest.raises(Damaged, match="impossible"):
        list(FORM.read(made(tmp_path / "b", fps=-1), Reading()))
    root = made(tmp_path / "c")
    path = root / "train" / "data-00000-of-00001.arrow"
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(Damaged):
        list(FORM.read(root, Reading()))
    with pytest.raises(Refused, match="read and not written"):
        FORM.write(iter(()), tmp_path / "d", Writing())


@pytest.mark.parametrize("blob", [b"", b"\xff" * 8, b"\x02" + b"\0" * 7 + b"[]", b"\x08" + b"\0" * 7 + b'{"a":{}}'])
def test_safetensors_of_nonsense_are_damaged(tmp_path: Path, blob: bytes) -> None:
    (tmp_path / "x.safetensors").write_bytes(blob)
    with pytest.raises(Damaged):
        tensors(tmp_path / "x.safetensors")


@pytest.mark.parametrize(
    ("name", "frames", "hz", "camera", "total"),
    [
        ("aloha_sim_insertion_human", 500, 50.0, "observation.images.top", 50),
        ("umi_cup_in_the_wild", 400, 10.0, "observation.image", 1447),
        ("pusht_image", 161, 10.0, "observation.image", None),
    ],
)
def test_real_sets_open_with_their_values(
    data: Path, name: str, frames: int, hz: float, camera: str, total: int | None
) -> None:
    root = data / "lerobot_v1_arrow" / "lerobot" / name
    found = list(FORM.read(root, Reading()))
    assert len(found) == 1
    one, rows = found[0], table(root)
    state = one["observation.state"]
    assert (one.frames, state.signal.hz, state.signal.kind, state.signal.unit) == (frames, hz, Kind.STATE, "unknown")
    for stream in one.streams:
        if stream.video is None:
            assert np.array_equal(stream.values, np.array(rows[stream.name].to_pylist()).reshape(stream.values.shape))
        assert np.array_equal(stream.t, np.rint(np.arange(frames) * 1e9 / hz).astype(np.int64))
    pictures = one[camera].video
    assert len(pictures) == frames
    if total is not None:
        assert said(one, "declared/total_episodes") == [total]
        assert str(said(one, "declared/missing_episodes")[0]).startswith(f"1-{total - 1}")
        with av.open(str(next((root / "videos").iterdir()))) as container:
            first = next(container.decode(video=0)).to_ndarray(format="rgb24")
        assert np.array_equal(next(iter(pictures.frames())), first)
    else:
        assert pictures.codec == "png"
        assert pictures.shape == (161, 96, 96, 3)
        assert said(one, "outcome") == ["failure"]


def test_the_pickle_beside_the_data_is_never_opened(data: Path, tmp_path: Path) -> None:
    root = data / "lerobot_v1_arrow" / "lerobot" / "aloha_sim_insertion_human"
    copy = tmp_path / "set"
    shutil.copytree(root, copy)
    for path in copy.rglob("*"):
        path.chmod(0o700)
    (copy / "stats.pth").unlink()
    (copy / "stats.pth").mkdir()
    assert next(iter(FORM.read(copy, Reading()))).id == next(iter(FORM.read(root, Reading()))).id
