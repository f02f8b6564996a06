"""Tar shards: steps for loaders, everything else beside them."""

import io
import json
import shutil
import tarfile

import imagecodecs
import numpy as np
import pytest
from arrays_made import made, mutated, same, survives
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from volant.core import Episode, Kind, Reading, Signal, Stream, Writing
from volant.core.errors import BadValue, Damaged, Hostile, NotFound
from volant.formats._tar import walked
from volant.formats.webdataset import WebDataset
from volant.video import Stills

FMT = WebDataset()


def tar(path, members):
    with tarfile.open(path, "w") as packed:
        for name, blob in members:
            info = tarfile.TarInfo(name)
            info.size = len(blob)
            packed.addfile(info, io.BytesIO(blob))
    return path


def npy(values):
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def test_round_trip_keeps_everything(tmp_path):
    blobs = [imagecodecs.jpeg_encode(np.full((16, 24, 3), i * 9, np.uint8)) for i in range(20)]
    plain = made(2)
    camera = Stream(Signal("cam", Kind.IMAGE, (16, 24, 3), "uint8"), plain["action"].t, Stills.of(blobs))
    episodes = [made(0), made(1, 25, pictures=True), Episode((*plain.streams, camera), said=plain.said)]
    wrote = FMT.write(iter(episodes), tmp_path / "out", Writing(facts={episodes[0].id: {"success": True}}))
    assert (wrote.episodes, wrote.frames, wrote.losses) == (3, 195, ())
    assert FMT.bid(tmp_path / "out").score >= 0.9
    for one, other in zip(episodes, FMT.read(tmp_path / "out", Reading()), strict=True):
        same(one, other)
    with tarfile.open(tmp_path / "out" / "shard-000000.tar") as packed:
        names = packed.getnames()
        assert names[0] == "ep000000_000000.json"
        assert "ep000001_000024.observation.images.top.png" in names
        assert "ep000002_000003.cam.jpg" in names
        step = json.load(packed.extractfile("ep000001_000002.json"))
        assert step["t_ns"] == int(episodes[1]["action"].t[2])
        action = np.load(io.BytesIO(packed.extractfile("ep000001_000002.action.npy").read()))
        np.testing.assert_array_equal(action, episodes[1]["action"].values[2])
        assert {info.mtime for info in packed} == {0}
    assert json.loads((tmp_path / "out" / "episodes.jsonl").read_text().splitlines()[0])["facts"] == {"success": True}
    FMT.write(iter(episodes), tmp_path / "again", Writing())
    shard = "shard-000000.tar"
    assert (tmp_path / "out" / shard).read_bytes() == (tmp_path / "again" / shard).read_bytes()


def test_shards_are_those_that_pythons_own_writer_makes(tmp_path):
    t = np.arange(1_500, dtype=np.int64) * 10_000_000
    stills = [imagecodecs.png_encode(np.full((8, 8), i % 251, np.uint8)) for i in range(1_500)]
    streams = [
        Stream(
            Signal("action", Kind.ACTION, (3,), "float32"),
            t,
            np.random.default_rng(0).normal(size=(1_500, 3)).astype("float32"),
        ),
        Stream(Signal("flag", Kind.FLAG, (), "bool"), t, t % 3 == 0),
        Stream(Signal("grid", Kind.STATE, (2, 0), "int16"), t, np.zeros((1_500, 2, 0), np.int16)),
        Stream(
            Signal("cam", Kind.IMAGE, (8, 8, 1), "uint8"),
            t,
            Stills.of(stills),
        ),
    ]
    FMT.write([Episode(tuple(streams), task="häng it up")], tmp_path / "out", Writing())
    with tarfile.open(tmp_path / "expected.tar", "w", format=tarfile.USTAR_FORMAT) as packed:
        for i in range(1_500):
            said = {"episode": 0, "step": i, "t_ns": int(t[i]), "task": "häng it up"}
            members = [("json", json.dumps(said).encode())]
            members += [(f"{one.name}.npy", npy(one.values[i])) for one in streams[:3]]
            members += [("cam.png", stills[i])]
            for ending, blob in members:
                info = tarfile.TarInfo(f"ep000000_{i:06d}.{ending}")
                info.size = len(blob)
                packed.addfile(info, io.BytesIO(blob))
    assert (tmp_path / "out" / "shard-000000.tar").read_bytes() == (tmp_path / "expected.tar").read_bytes()


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_sort_of_tar_is_walked_as_python_walks_it(tmp_path, form):
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w", format=form) as packed:
        for i, name in enumerate(["a_0.x.npy", "a_1.x.npy", "sub/" * 30 + "b_0.x.npy", "a_2.ü.npy", "d", "a_3.x.npy"]):
            info = tarfile.TarInfo(name)
            info.size, info.mtime = 600 * (i != 4), 1.5 if i == 1 and form == tarfile.PAX_FORMAT else 0
            info.type = tarfile.DIRTYPE if name == "d" else tarfile.REGTYPE
            packed.addfile(info, io.BytesIO(bytes([i]) * info.size))
    with tarfile.open(path) as packed:
        expected = [(one.name, one.offset_data, one.size) for one in packed if one.isfile()]
    assert list(walked(path)) == expected
    data = bytearray(path.read_bytes())
    data[5] ^= 1  # the name of the first member, against its checksum
    path.write_bytes(data)
    with pytest.raises(Damaged):
        list(FMT.read(path, Reading()))


def test_what_is_no_file_is_held_to_the_bounds_too(tmp_path):
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as packed:
        folder = tarfile.TarInfo("d")
        folder.type, folder.size = tarfile.DIRTYPE, 1 << 31
        packed.addfile(folder)
    with pytest.raises(Hostile, match="declares 2,147,483,648 bytes"):
        list(FMT.read(path, Reading()))


def test_other_peoples_shards(tmp_path):
    blob = imagecodecs.jpeg_encode(np.zeros((8, 8, 3), np.uint8))
    members = [
        (f"{episode}_{i:03d}.{ending}", body)
        for episode in ("a", "b")
        for i in range(3)
        for ending, body in (("jpg", blob), ("action.npy", npy(np.ones(2) * i)), ("cls", b"7"), ("txt", b"push"))
    ]
    path = tar(tmp_path / "x.tar", members)
    assert FMT.bid(path).score >= 0.5
    one, two = FMT.read(path, Reading())
    assert one["action"].values.tolist() == [[0, 0], [1, 1], [2, 2]]
    assert one["image"].video.shape == (3, 8, 8, 3)
    assert one["cls"].values.tolist() == [7, 7, 7]
    assert one["txt"].values.tolist() == ["push"] * 3
    assert one.id == two.id


def test_hostile_and_cut_shards_are_refused(tmp_path):
    path = tar(tmp_path / "x.tar", [("a_0.x.pyd", b"cos\nsystem\n(S'x'\ntR.")])
    with pytest.raises(Hostile, match="pickle"):
        list(FMT.read(path, Reading()))
    path = tar(tmp_path / "y.tar", [("../../a_0.x.npy", npy(np.ones(2))), ("../../a_1.x.npy", npy(np.array([{}])))])
    with pytest.raises(Hostile, match="pickle"):
        list(FMT.read(path, Reading()))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.tar", "y.tar"]
    FMT.write([made()], tmp_path / "o", Writing())
    shard = tmp_path / "o" / "shard-000000.tar"
    shard.write_bytes(shard.read_bytes()[: shard.stat().st_size // 2])
    with pytest.raises(Damaged):
        list(FMT.read(tmp_path / "o", Reading()))
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFound):
        list(FMT.read(tmp_path / "empty", Reading()))
    with pytest.raises(BadValue):
        FMT.write([], tmp_path / "p", Writing())
    assert not (tmp_path / "p").exists()


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_bad_bytes_never_escape(tmp_path, seed):
    good, bad = tmp_path / "good", tmp_path / "bad"
    if not good.exists():
        FMT.write([made(rows=5, pictures=True)], good, Writing())
    shutil.rmtree(bad, ignore_errors=True)
    shutil.copytree(good, bad)
    files = sorted(path for path in bad.rglob("*") if path.is_file())
    victim = files[seed % len(files)]
    victim.write_bytes(mutated(victim.read_bytes(), seed))
    if seed % 2:
        (bad / "episodes.jsonl").unlink()
    survives(FMT, bad)
