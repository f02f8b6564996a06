import contextlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from lerobot_made import ACTION, CAMERA, STATE, filmed, plain, ticks

from volant.core import Episode, Kind, Reading, Signal, Stream, Writing
from volant.core.errors import BadInput, Damaged, Hostile, Refused
from volant.formats import _lerobot_files, _lerobot_stats
from volant.formats._lerobot_recap import FAIL, advantages, returns, rewards
from volant.formats._lerobot_validate import validate
from volant.formats.lerobot3 import LeRobot3
from volant.video import RawFrames, Stills, open_video

FORM = LeRobot3()


def put(episodes: list[Episode], out: Path, **how: object) -> Path:
    FORM.write(iter(episodes), out, Writing(**how))  # type: ignore[arg-type]
    return out


def back(root: Path, **how: object) -> list[Episode]:
    return list(FORM.read(root, Reading(**how)))  # type: ignore[arg-type]


def said(episode: Episode, key: str) -> list[object]:
    return [fact.value for fact in episode.said if fact.key == key]


def info(root: Path) -> dict:
    return json.loads((root / "meta" / "info.json").read_text())


@pytest.fixture
def films(tmp_path: Path) -> list[Episode]:
    folder = tmp_path / "films"
    folder.mkdir()
    return [filmed(folder, k, 20 + k) for k in range(4)]


def test_what_is_written_comes_back_the_same(tmp_path: Path, films: list[Episode]) -> None:
    root = put(films, tmp_path / "set")
    found = back(root)
    assert [one.id for one in found] == [one.id for one in films]
    for one, other in zip(films, found, strict=True):
        assert [s.signal for s in one.streams] == [s.signal for s in other.streams]
        assert (other.origin, other.task, other.instruction, other.scene) == (
            one.origin,
            one.task,
            one.instruction,
            "lab",
        )
        assert (other.segments, other.tags) == (one.segments, one.tags)
        assert said(other, "outcome") == said(one, "outcome")
    wanted, got = (list(one[2][CAMERA.name].video.frames()) for one in (films, found))
    assert np.array_equal(wanted, got)


def test_dropping_an_episode_copies_windows_of_shared_files(tmp_path: Path, films: list[Episode]) -> None:
    first = put(films, tmp_path / "set")
    second = put([one for k, one in enumerate(back(first)) if k != 1], tmp_path / "less")
    assert [one.id for one in back(second)] == [films[k].id for k in (0, 2, 3)]
    assert validate(second) == (3, 65)


def test_the_metadata_is_declared_as_facts(tmp_path: Path, films: list[Episode]) -> None:
    root = put(films, tmp_path / "set")
    one = back(root)[2]
    assert said(one, "declared/fps") == [30.0]
    assert said(one, "declared/length") == [22]
    assert said(one, "declared/index") == [2]
    assert said(one, "declared/split") == ["train"]
    assert said(one, "declared/frames") == [22]
    assert said(one, "declared/total_episodes") == [4]
    low = next(f for f in one.said if f.key == "declared/stats/observation.state/min")
    assert low.stream == "observation.state"
    assert low.value == pytest.approx(one["observation.state"].values.min(axis=0))


def test_facts_become_columns_and_labels(tmp_path: Path) -> None:
    episodes = [plain(k) for k in range(3)]
    facts = {episodes[0].id: {"outcome": "success", "quality": 0.5, "grip": (1.0, 2.0)}, episodes[2].id: {"quality": 1}}
    root = put(episodes, tmp_path / "set", facts=facts)
    table = pq.read_table(root / "meta" / "episodes")
    assert table["success"].to_pylist() == [True, False, False]
    assert table["quality"].to_pylist() == [0.5, None, 1.0]
    found = back(root)
    assert said(found[0], "outcome") == ["success"]
    assert said(found[0], "label/quality") == [0.5]
    assert said(found[0], "label/grip") == [(1.0, 2.0)]


def test_true_clocks_are_kept_beside_even_timestamps(tmp_path: Path) -> None:
    jitter = ticks(20) + np.arange(20) % 3 * 1_000_000 + 5
    episodes = [plain(0), plain(1), plain(2, t=jitter), plain(3)]
    root = put(episodes, tmp_path / "set")
    assert "observation.timestamp_ns" in info(root)["features"]
    found = back(root)
    assert [one.id for one in found] == [one.id for one in episodes]
    table = pq.read_table(root / "data")
    assert np.array_equal(table["timestamp"].to_numpy()[40:60], (np.arange(20) / 30).astype(np.float32))
    columns = pq.read_table(root / "meta" / "episodes").column_names
    assert "stats/observation.timestamp_ns/min" in columns


def test_even_clocks_need_no_column(tmp_path: Path) -> None:
    assert "observation.timestamp_ns" not in info(put([plain(0)], tmp_path / "set"))["features"]


def test_channels_of_every_shape_come_back(tmp_path: Path) -> None:
    t = ticks(9)
    samples = {
        Signal("observation.grid", Kind.TACTILE, (2, 3), "float32", "Pa", hz=30.0): np.ones((9, 2, 3), np.float32),
        Signal("observation.cube", Kind.STATE, (2, 2, 2), "int16", hz=30.0): np.arange(72).reshape(9, 2, 2, 2),
        Signal("observation.one", Kind.STATE, (1,), "float64", hz=30.0): np.arange(9.0)[:, None],
        Signal("next.done", Kind.FLAG, (), "bool", hz=30.0): np.arange(9) == 8,
        Signal("words", Kind.LANGUAGE, (), "str", hz=30.0): np.array(["left", "right", ""] * 3, dtype=object),
    }
    more = [Stream(s, t, x if s.dtype == "str" else x.astype(s.dtype)) for s, x in samples.items()]
    episodes = [plain(k, 9, more=more) for k in range(2)]
    assert [one.id for one in back(put(episodes, tmp_path / "set"))] == [one.id for one in episodes]


def test_stills_and_arrays_are_embedded(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (12, 32, 48, 3)).astype(np.uint8)
    one = plain(0, 12, more=[Stream(CAMERA, ticks(12), RawFrames.of(pictures))])
    root = put([one], tmp_path / "raw")
    video = back(root)[0][CAMERA.name].video
    assert video.codec == "png"
    assert np.array_equal(np.stack(list(video.frames())), pictures)
    still = replace(one, streams=(*one.streams[:2], Stream(CAMERA, ticks(12), Stills.of(list(video.encoded())))))
    again = back(put([still, still], tmp_path / "stills"))
    assert [got.id for got in again] == [still.id, still.id]
    assert np.array_equal(next(iter(again[1][CAMERA.name].video.part(5, 6).frames())), pictures[5])


def test_other_rates_are_held_and_the_loss_is_told_with_numbers(tmp_path: Path, films: list[Episode]) -> None:
    fast = Stream(
        Signal("joints", Kind.VELOCITY, (2,), "float64", hz=200.0), ticks(150, 200.0), np.arange(300.0).reshape(150, 2)
    )
    one = replace(films[0], streams=(*films[0].streams, fast))
    written = FORM.write(iter([one]), tmp_path / "set", Writing())
    assert any("'joints'" in loss and "150 samples held onto 20 rows" in loss for loss in written.losses)
    rows = back(tmp_path / "set")[0]["joints"]
    wanted = np.searchsorted(fast.t, films[0].streams[0].t, side="right") - 1
    assert np.array_equal(rows.values, fast.values[wanted])


def test_another_rate_resamples_numbers_but_never_packets(tmp_path: Path, films: list[Episode]) -> None:
    root = put([plain(0, 30)], tmp_path / "slow", fps=10.0)
    assert info(root)["fps"] == 10
    assert back(root)[0].frames == 10
    with pytest.raises(Refused, match="reencode"):
        put(films, tmp_path / "film", fps=10.0)


def test_a_window_inside_a_group_of_pictures_is_refused_unless_asked(tmp_path: Path, films: list[Episode]) -> None:
    cut = films[0].between(int(ticks(20)[3]), 10**12)
    with pytest.raises(Refused, match="--reencode av1"):
        put([cut], tmp_path / "set")
    assert not list(tmp_path.glob("*set*"))
    root = put([cut], tmp_path / "anew", reencode="h264")
    assert validate(root) == (1, 17)
    assert not list(root.glob(".*"))


def test_nothing_is_left_when_writing_fails_half_way(tmp_path: Path) -> None:
    def failing():
        yield plain(0)
        raise Damaged("the source broke")

    with pytest.raises(Damaged):
        FORM.write(failing(), tmp_path / "set", Writing())
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Refused):
        FORM.write(iter(()), tmp_path / "set", Writing())
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    root = put([plain(0)], tmp_path / "set")
    with pytest.raises(Refused, match="already there"):
        put([plain(1)], root)


def test_files_roll_over(tmp_path: Path, films: list[Episode], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("volant.formats._lerobot_write.DATA_MB", 0)
    monkeypatch.setattr(_lerobot_files, "VIDEO_MB", 0)
    monkeypatch.setattr(_lerobot_files, "CHUNK", 3)
    root = put(films, tmp_path / "set")
    assert len(list((root / "data").rglob("*.parquet"))) == 4
    assert (root / "videos" / CAMERA.name / "chunk-001" / "file-000.mp4").is_file()
    assert [one.id for one in back(root)] == [one.id for one in films]


def test_sets_from_elsewhere_are_read_without_our_keys(tmp_path: Path, films: list[Episode]) -> None:
    root = put(films, tmp_path / "set")
    raw = info(root)
    for entry in raw["features"].values():
        entry.pop("volant", None)
    (root / "meta" / "info.json").write_text(json.dumps(raw))
    path = next((root / "meta" / "episodes").rglob("*.parquet"))
    pq.write_table(pq.read_table(path).drop_columns(["volant"]), path)
    found = back(root)
    assert len(found) == 4
    state = found[1]["observation.state"]
    assert (state.signal.kind, state.signal.unit, state.signal.dims) == (Kind.STATE, "unknown", STATE.dims)
    assert found[1]["action"].signal.kind is Kind.ACTION
    assert np.array_equal(state.values, films[1]["observation.state"].values)
    assert found[1].instruction == "Stack the cubes."
    assert found[1].origin.embodiment == "arm"
    assert back(root, limit=2, task="other")[1].task == "other"


def test_damage_is_told(tmp_path: Path, films: list[Episode]) -> None:
    root = put(films, tmp_path / "set")
    video = next(root.rglob("*.mp4"))
    whole = video.read_bytes()
    video.unlink()
    found = back(root)
    assert len(found) == 4
    assert all(said(one, "damage/missing-stream") for one in found)
    assert all(CAMERA.name not in one for one in found)
    video.write_bytes(whole[: len(whole) // 2])
    assert all(any(f.key.startswith("damage/") for f in one.said) for one in back(root))
    data = next((root / "data").rglob("*.parquet"))
    with data.open("r+b") as file:
        file.truncate(data.stat().st_size * 6 // 10)
    with pytest.raises(Damaged):
        back(root)


def test_missing_files_are_named_and_the_rest_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("volant.formats._lerobot_write.DATA_MB", 0)
    root = put([plain(k) for k in range(4)], tmp_path / "set")
    (root / "data" / "chunk-000" / "file-001.parquet").unlink()
    found = back(root)
    assert [said(one, "declared/index") for one in found] == [[0], [2], [3]]
    assert said(found[0], "declared/missing_episodes") == ["1 (1 of 4)"]


def test_rows_that_metadata_promises_are_missed(tmp_path: Path) -> None:
    root = put([plain(k) for k in range(3)], tmp_path / "set")
    path = next((root / "data").rglob("*.parquet"))
    table = pq.read_table(path)
    pq.write_table(table.slice(0, 40), path)
    with pytest.raises(Damaged, match="2"):
        back(root)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("video_path", "../../{video_key}.mp4"),
        ("video_path", "{video_key.__class__}"),
        ("fps", 0),
        ("fps", "thirty"),
        ("features", []),
        ("features", {"action": {"dtype": "float32", "shape": [1 << 40]}}),
    ],
)
def test_hostile_metadata_is_refused(tmp_path: Path, films: list[Episode], key: str, value: object) -> None:
    root = put(films[:1], tmp_path / "set")
    (root / "meta" / "info.json").write_text(json.dumps(info(root) | {key: value}))
    with pytest.raises(BadInput) as caught:
        back(root)
    assert isinstance(caught.value, Damaged | Hostile)


@pytest.mark.parametrize("name", ["info.json", "episodes/chunk-000/file-000.parquet", "tasks.parquet"])
def test_garbage_metadata_raises_plainly(tmp_path: Path, name: str) -> None:
    root = put([plain(0)], tmp_path / "set")
    (root / "meta" / name).write_bytes(b"\x00garbage")
    with pytest.raises(Damaged):
        back(root)


def test_the_validator_finds_what_was_tampered_with(tmp_path: Path, films: list[Episode]) -> None:
    root = put(films, tmp_path / "set")
    video = next(root.rglob("*.mp4"))
    shutil.copy(films[0][CAMERA.name].video.path, video)
    with pytest.raises(Damaged, match="frames"):
        validate(root)
    other = put(films, tmp_path / "other")
    path = next((other / "data").rglob("*.parquet"))
    pq.write_table(pq.read_table(path), path)
    with pytest.raises(Damaged, match="row groups"):
        validate(other)


def test_one_set_holds_one_body(tmp_path: Path) -> None:
    lacking = plain(1)
    lacking = replace(lacking, streams=lacking.streams[:1])
    with pytest.raises(Refused, match="action"):
        put([plain(0), lacking], tmp_path / "a")
    degrees = plain(1)
    wrong = Stream(replace(STATE, unit="deg"), degrees.streams[0].t, degrees.streams[0].values)
    with pytest.raises(Refused, match="interchangeable"):
        put([plain(0), replace(degrees, streams=(wrong, degrees.streams[1]))], tmp_path / "b")


def test_quantiles_are_those_of_all_values(tmp_path: Path) -> None:
    episodes = [plain(k, 15 + 4 * k) for k in range(6)]
    root = put(episodes, tmp_path / "set")
    stats = json.loads((root / "meta" / "stats.json").read_text())
    every = np.concatenate([one["action"].values for one in episodes])
    for name, q in (("q01", 0.01), ("q10", 0.1), ("q50", 0.5), ("q90", 0.9), ("q99", 0.99)):
        assert stats["action"][name] == pytest.approx(np.quantile(every, q, axis=0), rel=1e-12)
    assert stats["action"]["mean"] == pytest.approx(every.mean(axis=0))
    assert stats["action"]["std"] == pytest.approx(every.std(axis=0))
    assert stats["action"]["count"] == [len(every)]
    assert stats["index"]["q50"] == [pytest.approx((len(every) - 1) / 2)]


@pytest.mark.parametrize("most", [10**9, 10])
def test_quantiles_of_streams_too_large_to_sort_are_exact(most: int) -> None:
    rng = np.random.default_rng(3)
    x = np.stack(
        (rng.normal(size=5000), np.full(5000, 2.5), rng.integers(0, 3, 5000), rng.exponential(size=5000) ** 8), 1
    )
    pieces = np.array_split(x, 7)
    found = _lerobot_stats.exact_quantiles(lambda: pieces, 5000, 4, most)
    assert found == pytest.approx(np.quantile(x, _lerobot_stats.QUANTILES, axis=0), rel=1e-12, abs=1e-15)


def test_values_that_are_no_numbers_do_not_spoil_statistics() -> None:
    x = np.array([[1.0, np.nan], [2.0, np.inf], [3.0, np.nan]])
    found = _lerobot_stats.of_rows(x)
    assert found[:3, 0].tolist() == [1.0, 3.0, 2.0]
    assert np.isnan(found[:, 1]).all()
    parts = _lerobot_stats.exact_quantiles(lambda: [x], 3, 2, 1)
    assert parts[2, 0] == 2.0


def test_ramps_are_what_counting_gives() -> None:
    assert _lerobot_stats.ramp(11, 3.0, 0.5)[:, 0] == pytest.approx(
        _lerobot_stats.of_rows(3 + 0.5 * np.arange(11)[:, None])[:, 0]
    )


def test_picture_statistics_follow_the_histogram_that_screening_kept(tmp_path: Path, films: list[Episode]) -> None:
    counts = np.zeros((3, 256), np.int64)
    counts[:, 0], counts[:, 255] = 30, 10
    root = put(films, tmp_path / "set", looks={(one.id, CAMERA.name): counts for one in films})
    stats = json.loads((root / "meta" / "stats.json").read_text())[CAMERA.name]
    assert stats["mean"] == [[[0.25]]] * 3
    assert stats["count"] == [sum(one.frames for one in films)]
    decoded = put(films, tmp_path / "decoded")
    stats = json.loads((decoded / "meta" / "stats.json").read_text())[CAMERA.name]
    assert 0.0 <= stats["min"][0][0][0] < stats["mean"][0][0][0] < stats["max"][0][0][0] <= 1.0


def test_recap_sidecars_hold_returns_and_advantages(tmp_path: Path) -> None:
    root = put([plain(k, 10 + k) for k in range(4)], tmp_path / "set")
    table = pq.read_table(root / "meta" / "returns_outcome.parquet").to_pydict()
    first = [r for r, e in zip(table["return"], table["episode_index"], strict=True) if e == 0]
    assert first == [float(-9 + i) for i in range(10)]
    second = [r for r, e in zip(table["return"], table["episode_index"], strict=True) if e == 1]
    assert second[-1] == FAIL
    assert set(table["prompt"]) == {"Stack the cubes."}
    found = pq.read_table(root / "meta" / "advantages_outcome.parquet").to_pydict()
    good = np.array(found["advantage"])
    episodes = np.array(found["episode_index"])
    assert 0.25 <= good.mean() <= 0.6
    assert good[np.isin(episodes, (0, 2))].mean() > good[np.isin(episodes, (1, 3))].mean()
    assert rewards(3, True).tolist() == [-1, -1, 0]
    assert returns(3, False).tolist() == [FAIL - 2, FAIL - 1, FAIL]
    assert advantages(np.array([5, 5]), np.array([True, True])) == pytest.approx(np.zeros(10))


def test_reading_yields_the_first_before_the_second_is_made(tmp_path: Path) -> None:
    root = put([plain(k) for k in range(3)], tmp_path / "set")
    reading = FORM.read(root, Reading())
    one = next(iter(reading))
    assert one["action"].values.flags.writeable is False
    assert one["action"].signal == ACTION
    assert FORM.bid(root).score > 0.9
    assert FORM.bid(tmp_path).score == 0.0


def test_a_shared_file_is_not_copied(tmp_path: Path, films: list[Episode]) -> None:
    root = put(films, tmp_path / "set")
    parts = [one[CAMERA.name].video for one in back(root)]
    assert len({part.path for part in parts}) == 1
    assert [part.first for part in parts] == [0, 20, 41, 63]
    assert len(open_video(parts[0].path)) == 86


@pytest.mark.parametrize("seed", range(24))
def test_altered_bytes_are_read_or_refused_plainly(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    root = put([plain(k, 8) for k in range(2)], tmp_path / "set")
    files = sorted(path for path in root.rglob("*") if path.is_file())
    path = files[seed % len(files)]
    blob = bytearray(path.read_bytes())
    for _ in range(4):
        at = int(rng.integers(len(blob)))
        if seed % 3 == 0:
            del blob[at : at + 9]
        else:
            blob[at] = int(rng.choice([*b'"09-n{[', int(rng.integers(256))]))
    path.write_bytes(bytes(blob))
    with contextlib.suppress(BadInput):
        assert all(len(stream) for one in back(root) for stream in one.streams)
