"""Replay buffers against zarr itself."""

import json
import os
import pickle
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import zarr
from arrays_made import made, mutated, same, survives
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imagecodecs.numcodecs import Jpegxl, register_codecs

from volant.core import Episode, Kind, Reading, Signal, Stream, Writing
from volant.core.errors import Damaged, Hostile, Refused
from volant.formats.zarrs import Zarr

FMT = Zarr()
ENDS = [4, 9, 15]


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def said(episode, key):
    return [fact.value for fact in episode.said if fact.key == key]


def buffer(path, version=2, codec=None, **attrs):
    rng = np.random.default_rng(0)
    group = zarr.open_group(str(path), mode="w", zarr_format=version)
    group.attrs.update(attrs)
    for name, values in {
        "action": rng.normal(size=(15, 2)).astype(np.float32),
        "state": rng.normal(size=(15, 5)),
        "img": rng.integers(1, 255, (15, 16, 16, 3), dtype=np.uint8),
        "n_contacts": rng.integers(1, 4, (15, 1)),
    }.items():
        more = {"compressors": codec} if codec is not None and name == "img" else {}
        chunks = (1 if more else 6, *values.shape[1:])
        array = group.create_array(f"data/{name}", shape=values.shape, chunks=chunks, dtype=values.dtype, **more)
        array[:] = values
    ends = group.create_array("meta/episode_ends", shape=(3,), chunks=(3,), dtype="int64")
    ends[:] = ENDS
    return path


def zipped(folder, out):
    with zipfile.ZipFile(out, "w") as packed:
        for here, _, files in os.walk(folder):
            for name in files:
                full = Path(here) / name
                packed.write(full, full.relative_to(folder))
    return out


@pytest.mark.parametrize("way", ["v2", "v3", "zip", "jpegxl"])
def test_reads_what_zarr_reads(tmp_path, way):
    register_codecs(verbose=False)
    folder = buffer(tmp_path / "x.zarr", 3 if way == "v3" else 2, Jpegxl(lossless=True) if way == "jpegxl" else None)
    path = zipped(folder, tmp_path / "x.zarr.zip") if way == "zip" else folder
    assert FMT.bid(path).score >= 0.9
    episodes = list(FMT.read(path, Reading()))
    group = zarr.open_group(str(folder), mode="r")
    start = 0
    for episode, stop in zip(episodes, ENDS, strict=True):
        np.testing.assert_array_equal(episode["action"].values, group["data/action"][start:stop])
        np.testing.assert_array_equal(episode["observation.state"].values, group["data/state"][start:stop])
        frames = np.stack(list(episode["observation.img"].video.frames()))
        np.testing.assert_array_equal(frames, group["data/img"][start:stop])
        start = stop
    assert [len(e["action"]) for e in episodes] == [4, 5, 6]
    assert said(episodes[0], "declared/clock") == ["index"]
    assert said(episodes[0], "declared/total_episodes") == [3]
    assert episodes[0]["action"].signal.kind is Kind.ACTION


def test_stated_rate_and_timestamps(tmp_path):
    path = buffer(tmp_path / "x.zarr", fps=10)
    first = next(FMT.read(path, Reading()))
    assert first["action"].t.tolist() == [0, 10**8, 2 * 10**8, 3 * 10**8]
    group = zarr.open_group(str(path), mode="r+")
    stamps = group.create_array("data/timestamp", shape=(15,), dtype="float64")
    stamps[:] = 1_700_000_000 + np.arange(15) / 8
    first = next(FMT.read(path, Reading()))
    assert first["action"].t[1] - first["action"].t[0] == 125_000_000


def test_ends_beyond_the_rows_and_rows_beyond_the_ends(tmp_path):
    path = buffer(tmp_path / "x.zarr")
    zarr.open_group(str(path), mode="r+")["meta/episode_ends"][:] = [4, 9, 99]
    read = FMT.read(path, Reading())
    assert [len(next(read)["action"]) for _ in range(2)] == [4, 5]
    with pytest.raises(Damaged, match="reach row 99"):
        next(read)
    zarr.open_group(str(path), mode="r+")["meta/episode_ends"][:] = [4, 9, 12]
    with pytest.raises(Damaged, match="belong to no episode"):
        list(FMT.read(path, Reading()))
    zarr.open_group(str(path), mode="r+")["meta/episode_ends"][:] = [9, 4, 15]
    with pytest.raises(Damaged, match="backwards"):
        list(FMT.read(path, Reading()))


def test_missing_chunks_are_said(tmp_path):
    path = buffer(tmp_path / "x.zarr")
    (path / "data" / "state" / "1.0").unlink()
    assert "state: 1 of 3" in said(next(FMT.read(path, Reading())), "declared/absent_chunks")[0]


@pytest.mark.parametrize("codec", [{"id": "pickle"}, {"id": "msgpack2"}])
def test_codecs_that_could_run_code_are_refused(tmp_path, codec):
    path = buffer(tmp_path / "x.zarr")
    meta = path / "data" / "action" / ".zarray"
    raw = json.loads(meta.read_text())
    raw["filters"] = [codec]
    meta.write_text(json.dumps(raw))
    (path / "data" / "action" / "0.0").write_bytes(pickle.dumps(Bomb(str(tmp_path / "ran"))))
    for dtype in ("<f4", "|O"):
        meta.write_text(json.dumps({**raw, "dtype": dtype, "compressor": None}))
        with pytest.raises((Hostile, Damaged)):
            list(FMT.read(path, Reading()))
    assert not (tmp_path / "ran").exists()


def test_absurd_sizes_are_refused(tmp_path):
    path = buffer(tmp_path / "x.zarr")
    meta = path / "data" / "action" / ".zarray"
    raw = json.loads(meta.read_text())
    raw["chunks"] = [10**9, 10**3]
    meta.write_text(json.dumps(raw))
    with pytest.raises(Hostile, match="declares"):
        list(FMT.read(path, Reading()))
    raw["chunks"] = [0, 0]
    meta.write_text(json.dumps(raw))
    with pytest.raises(Damaged):
        list(FMT.read(path, Reading()))


def test_half_a_zip_is_refused(tmp_path):
    path = zipped(buffer(tmp_path / "x.zarr"), tmp_path / "x.zarr.zip")
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(Damaged):
        list(FMT.read(path, Reading()))


@pytest.mark.parametrize("name", ["out.zarr", "out.zarr.zip"])
@pytest.mark.parametrize("pictures", [False, True])
def test_round_trip_keeps_everything(tmp_path, name, pictures):
    episodes = [made(i, 20 + i, pictures=pictures) for i in range(3)]
    wrote = FMT.write(iter(episodes), tmp_path / name, Writing(licence="CC0"))
    assert (wrote.episodes, wrote.frames, wrote.losses) == (3, 189, ())
    for one, other in zip(episodes, FMT.read(tmp_path / name, Reading()), strict=True):
        same(one, other)
    group = zarr.open_group(
        zarr.storage.ZipStore(tmp_path / name) if name.endswith("zip") else str(tmp_path / name), mode="r"
    )
    assert group["meta/episode_ends"][:].tolist() == [20, 41, 63]
    assert group["data/action"].shape == (63, 3)
    assert group["data/imu.data"].shape == (63, 6), "held onto the rows for trainers"
    assert group.metadata.zarr_format == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == [name]
    if name.endswith("zip"):
        group.store.close()


def test_zips_are_the_same_bytes_every_time(tmp_path):
    for name in ("a.zarr.zip", "b.zarr.zip"):
        FMT.write([made()], tmp_path / name, Writing())
    assert (tmp_path / "a.zarr.zip").read_bytes() == (tmp_path / "b.zarr.zip").read_bytes()


def test_episodes_with_other_channels_are_refused(tmp_path):
    other = Episode(
        (Stream(Signal("action", Kind.ACTION, (9,), "float32"), np.arange(3), np.zeros((3, 9), np.float32)),)
    )
    with pytest.raises(Refused, match="other channels"):
        FMT.write([made(), other], tmp_path / "x.zarr", Writing())
    assert not list(tmp_path.iterdir())


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_bad_bytes_never_escape(tmp_path, seed):
    good = tmp_path / "good.zarr"
    if not good.exists():
        buffer(good)
    bad = tmp_path / "bad.zarr"
    shutil.rmtree(bad, ignore_errors=True)
    shutil.copytree(good, bad)
    files = sorted(path for path in bad.rglob("*") if path.is_file())
    victim = files[seed % len(files)]
    victim.write_bytes(mutated(victim.read_bytes(), seed))
    survives(FMT, bad)
