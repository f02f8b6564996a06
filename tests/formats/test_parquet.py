"""The plain export: everything comes back, and other tools read it."""

import shutil

import av
import duckdb
import imagecodecs
import numpy as np
import pyarrow.parquet as pq
import pytest
from arrays_made import made, mutated, same, survives
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from volant.core import Episode, Kind, Reading, Signal, Stream, Writing
from volant.core.errors import BadValue, Damaged, Hostile, NotFound, Refused
from volant.formats.parquet import Parquet
from volant.video import Stills, open_video

FMT = Parquet()


def movie(path, frames=12):
    with av.open(str(path), "w") as box:
        stream = box.add_stream("h264", rate=10)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 64, 48, "yuv420p", 4
        rng = np.random.default_rng(0)
        for _ in range(frames):
            image = av.VideoFrame.from_ndarray(rng.integers(0, 255, (48, 64, 3), dtype=np.uint8), format="rgb24")
            box.mux(stream.encode(image))
        box.mux(stream.encode())
    return path


def with_video(video, seed=0):
    t = np.arange(len(video), dtype=np.int64) * 100_000_000
    camera = Stream(Signal("cam/0", Kind.IMAGE, tuple(video.shape[1:]), video.dtype, hz=10.0), t, video)
    plain = made(seed)
    return Episode((*plain.streams, camera), plain.origin, plain.task, said=plain.said)


def test_round_trip_keeps_everything(tmp_path):
    whole = open_video(movie(tmp_path / "m.mp4"))
    blobs = [imagecodecs.jpeg_encode(np.full((16, 24, 3), i * 9, np.uint8)) for i in range(7)]
    episodes = [
        made(0),
        made(1, 33, pictures=True),
        with_video(whole.part(0, 5)),
        with_video(whole.part(5, 12)),
        with_video(Stills.of(blobs), 2),
    ]
    facts = {episodes[1].id: {"success": True, "quality": 0.5, "operator": "ada"}, episodes[2].id: {"quality": 1}}
    out = tmp_path / "out"
    wrote = FMT.write(iter(episodes), out, Writing(facts=facts, licence="CC0"))
    assert wrote.episodes == 5
    assert wrote.losses == ()
    assert FMT.bid(out).score >= 0.9
    back = list(FMT.read(out, Reading()))
    for one, other in zip(episodes, back, strict=True):
        same(one, other)
    assert len(list((out / "media").iterdir())) == 1
    for mine, theirs in zip(episodes[3]["cam/0"].video.frames(), back[3]["cam/0"].video.frames(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    table = pq.read_table(out / "episodes.parquet").to_pydict()
    assert table["success"] == [None, True, None, None, None]
    assert table["quality"] == [None, 0.5, 1.0, None, None]
    assert pq.read_schema(out / "samples" / "action.parquet").metadata[b"unit"] == b"rad"
    query = f"select episode, count(*) from '{out}/samples/action.parquet' group by all order by all"
    assert duckdb.sql(query).fetchall()[1] == (1, 33)


def test_signals_of_one_name_and_two_meanings(tmp_path):
    t = np.arange(4, dtype=np.int64)
    one = Episode((Stream(Signal("q", Kind.JOINT, (2,), "float64", "rad"), t, np.ones((4, 2))),))
    two = Episode((Stream(Signal("q", Kind.JOINT, (2,), "float64", "deg"), t, np.ones((4, 2))),))
    FMT.write([one, two], tmp_path / "o", Writing())
    assert [e["q"].signal.unit for e in FMT.read(tmp_path / "o", Reading())] == ["rad", "deg"]


def test_empty_streams_nan_and_small_numbers(tmp_path):
    none = np.zeros(0, np.int64)
    t = np.arange(3, dtype=np.int64)
    streams = (
        Stream(Signal("none", Kind.STATE, (2,), "float32"), none, np.zeros((0, 2), np.float32)),
        Stream(Signal("nan", Kind.SCALAR, (), "float64"), t, np.array([np.nan, np.inf, -0.0])),
        Stream(Signal("half", Kind.STATE, (2, 2), "float16"), t, np.ones((3, 2, 2), np.float16)),
        Stream(Signal("u8", Kind.BLOB, (3,), "uint8"), t, np.ones((3, 3), np.uint8)),
        Stream(Signal("big", Kind.SCALAR, (), "uint64"), t, np.full(3, 2**64 - 1, np.uint64)),
    )
    FMT.write([Episode(streams)], tmp_path / "o", Writing())
    (back,) = FMT.read(tmp_path / "o", Reading())
    same(Episode(streams), back)


def test_refusals(tmp_path):
    with pytest.raises(NotFound):
        list(FMT.read(tmp_path, Reading()))
    with pytest.raises(BadValue):
        FMT.write([], tmp_path / "o", Writing())
    FMT.write([made()], tmp_path / "o", Writing())
    with pytest.raises(Refused, match="already"):
        FMT.write([made()], tmp_path / "o", Writing())
    (tmp_path / "o" / "samples" / "action.parquet").unlink()
    with pytest.raises(Damaged):
        list(FMT.read(tmp_path / "o", Reading()))


def test_metadata_cannot_leave_the_folder(tmp_path):
    FMT.write([made()], tmp_path / "o", Writing())
    path = tmp_path / "o" / "episodes.parquet"
    table = pq.read_table(path)
    text = table["streams"][0].as_py().replace("samples/action.parquet", "../../secret.parquet")
    at = table.schema.get_field_index("streams")
    pq.write_table(table.set_column(at, "streams", [[text]]), path)
    with pytest.raises(Hostile, match="outside"):
        list(FMT.read(tmp_path / "o", Reading()))


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_bad_bytes_never_escape(tmp_path, seed):
    good, bad = tmp_path / "good", tmp_path / "bad"
    if not good.exists():
        FMT.write([made(pictures=True)], good, Writing())
    shutil.rmtree(bad, ignore_errors=True)
    shutil.copytree(good, bad)
    files = sorted(path for path in bad.rglob("*") if path.is_file())
    victim = files[seed % len(files)]
    victim.write_bytes(mutated(victim.read_bytes(), seed))
    survives(FMT, bad)
