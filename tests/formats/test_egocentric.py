"""Videos of people with tables of what they do; the videos are made here, the tables follow public layouts."""

import json
from pathlib import Path

import numpy as np
import pytest

from volant.core import Reading, Span, Writing
from volant.core.errors import Damaged, NotFound, Refused
from volant.formats.egocentric import Egocentric
from volant.video.encoding import encode

HEAD = (
    "narration_id,participant_id,video_id,narration_timestamp,start_timestamp,stop_timestamp,start_frame,stop_frame,"
    "narration,verb,verb_class,noun,noun_class,all_nouns,all_noun_classes\n"
)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Twenty frames at 10 Hz."""
    path = tmp_path_factory.mktemp("film") / "a.mp4"
    ramp = np.linspace(0, 255, 64, dtype=np.uint8)
    encode([np.roll(np.tile(ramp, (48, 1)), i)[..., None].repeat(3, 2) for i in range(20)], path, codec="h264", fps=10)
    return path.read_bytes()


def read(path: Path, **how: object) -> list:
    return list(Egocentric().read(path, Reading(**how)))  # type: ignore[arg-type]


def test_a_lone_video(film: bytes, tmp_path: Path) -> None:
    (tmp_path / "walk.mp4").write_bytes(film)
    assert Egocentric().bid(tmp_path / "walk.mp4").score >= 0.5
    (episode,) = read(tmp_path / "walk.mp4", task="walk")
    assert len(episode["video"]) == 20
    assert episode["video"].signal.hz == 10
    assert np.diff(episode["video"].t).tolist() == [100_000_000] * 19
    assert episode.origin.tier == "human video"
    assert episode.task == "walk"
    assert episode["video"].video.codec == "h264"
    assert next(episode["video"].video.frames()).shape == (48, 64, 3)


def test_epic_segments(film: bytes, tmp_path: Path) -> None:
    for name in ("P01_01.MP4", "P01_02.MP4"):
        (tmp_path / name).write_bytes(film)
    rows = [
        "a_0,P01,P01_01,00:00:00.05,00:00:00.14,00:00:01.37,1,13,open door,open,3,door,3,['door'],[3]",
        'a_1,P01,P01_01,,00:00:01.40,00:00:01.90,14,19,"turn on, light",turn-on,6,light,114,[],[]',
        "a_2,P01,P01_02,,00:00:01.0,00:00:00.5,1,2,wrong,open,3,door,3,[],[]",
        "a_3,P07,P07_01,,00:00:01.0,00:00:02.5,1,2,absent,open,3,door,3,[],[]",
        "a_4,P01,P01_02,,00:01:01.0,00:01:02.5,1,2,late,open,3,door,3,[],[]",
    ]
    (tmp_path / "EPIC_100_train.csv").write_text(HEAD + "\n".join(rows) + "\n")
    assert Egocentric().bid(tmp_path).score >= 0.9
    first, second = read(tmp_path)
    assert [(s.label, s.level, s.span) for s in first.segments] == [
        ("open door", "skill", Span(140_000_000, 1_370_000_000)),
        ("turn on, light", "skill", Span(1_400_000_000, 1_900_000_000)),
    ]
    assert first.origin.operator == "P01"
    assert any(fact.key == "declared/missing_videos" and fact.value == 1 for fact in first.said)
    told = {fact.key: str(fact.value) for fact in second.said}
    assert "line 4" in told["damage/rows"]
    assert "1 annotations start after" in told["damage/segments"]


def test_ego4d_narrations_and_summaries(film: bytes, tmp_path: Path) -> None:
    (tmp_path / "uid1.mp4").write_bytes(film)
    passes = {
        "narrations": [{"timestamp_sec": 0.4, "narration_text": "#C C opens a jar", "timestamp_frame": 4}],
        "summaries": [{"start_sec": 0, "end_sec": 1.5, "summary_text": "#Summary C cooks"}],
    }
    (tmp_path / "narration.json").write_text(json.dumps({"videos": {"uid1": {"narration_pass_1": passes}}}))
    assert Egocentric().bid(tmp_path).score >= 0.9
    (episode,) = read(tmp_path)
    assert list(episode["narration"].values) == ["#C C opens a jar"]
    assert episode["narration"].t.tolist() == [400_000_000]
    assert [(s.label, s.level) for s in episode.segments] == [("#Summary C cooks", "task")]
    clip = {"video_uid": "uid1", "annotated_intervals": [{"narrated_actions": [
        {"start_sec": 0.1, "end_sec": 0.9, "structured_verb": "open", "structured_noun": "jar"}]}]}  # fmt: skip
    (tmp_path / "narration.json").write_text(json.dumps({"version": "1", "clips": [clip]}))
    (episode,) = read(tmp_path)
    assert [(s.label, s.level) for s in episode.segments] == [("open jar", "skill")]


def test_frames_and_seconds(film: bytes, tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_bytes(film)
    (tmp_path / "t.csv").write_text("video,start_frame,stop_frame,label\nv,2,4,cut\nv,2,99,past\n")
    (episode,) = read(tmp_path)
    assert [s.span for s in episode.segments] == [Span(200_000_000, 400_000_001)]
    assert "frames 2 to 99 of 20" in str([fact.value for fact in episode.said])
    (tmp_path / "t.csv").write_text("start,end,label\n0.5,1.25,cut\n")
    (episode,) = read(tmp_path)
    assert episode.segments[0].span == Span(500_000_000, 1_250_000_000)


def test_truncated_and_absent(film: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(film)
    (tmp_path / "b.mp4").write_bytes(film[: len(film) // 2])
    try:
        episodes = read(tmp_path)
    except Damaged:
        pytest.fail("the sound video is lost with the damaged one")
    assert len(episodes) >= 1
    (tmp_path / "a.mp4").unlink()
    (tmp_path / "b.mp4").write_bytes(b"no video at all")
    with pytest.raises(Damaged):
        read(tmp_path)
    (tmp_path / "b.mp4").unlink()
    (tmp_path / "t.csv").write_text("video,start,end,label\nP01,0,1,cut\n")
    with pytest.raises(NotFound, match="P01"):
        read(tmp_path / "t.csv")
    with pytest.raises(Refused):
        Egocentric().write([], tmp_path / "x", Writing())


def test_bids_on_others(film: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("t,x\n1,2\n")
    assert Egocentric().bid(tmp_path / "a.csv").score < 0.5
    assert Egocentric().bid(tmp_path).score < 0.5
    (tmp_path / "a.mp4").write_bytes(film)
    assert Egocentric().bid(tmp_path).score < 0.5
    (tmp_path / "a.csv").unlink()
    assert Egocentric().bid(tmp_path).score >= 0.5
    (tmp_path / "b.h5").write_bytes(b"")
    assert Egocentric().bid(tmp_path).score < 0.5
