"""Project Aria tables: every value of the real ones against the csv module, and awkward ones made here."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from volant.core import Reading, Writing
from volant.core.errors import Damaged, Refused
from volant.formats.aria import Aria


@pytest.fixture(params=["gen1", "gen2"])
def sample(request: pytest.FixtureRequest, data: Path) -> Path:
    folder = data / "aria_mps/data" / request.param / "mps_sample"
    if not folder.is_dir():
        pytest.skip("aria_mps is absent")
    return folder


def test_every_table_and_value(sample: Path) -> None:
    assert Aria().bid(sample).score >= 0.9
    (episode,) = Aria().read(sample, Reading())
    assert episode.origin.tier == "human video"
    seen = 0
    for path in sample.glob("*/*.csv"):
        with path.open(newline="") as file:
            head, *rows = csv.reader(file)
        times = [int(row[head.index("tracking_timestamp_us")]) * 1000 for row in rows]
        columns = set()
        for stream in episode.streams:
            if not stream.name.startswith(path.stem + "/"):
                continue
            assert stream.t.tolist() == times
            names = stream.signal.dims or (stream.name.partition("/")[2],)
            columns.update(names)
            wanted = np.array([[float(row[head.index(name)] or "nan") for name in names] for row in rows])
            found = np.asarray(stream.values, dtype=float).reshape(wanted.shape)
            if stream.signal.unit != "ns":
                assert np.array_equal(found, wanted, equal_nan=True), stream.name
                seen += wanted.size
        told = {fact.key.rpartition("/")[2] for fact in episode.said}
        assert set(head) - columns - {"tracking_timestamp_us"} <= told
    assert seen > 100
    assert not any(fact.key.startswith("damage/") for fact in episode.said)


def test_units_frames_and_rate(sample: Path) -> None:
    (episode,) = Aria().read(sample, Reading())
    gaze = next(stream for stream in episode.streams if stream.name.endswith("/angles"))
    assert (gaze.signal.unit, gaze.signal.frame) == ("rad", "cpf")
    if "gen2" in str(sample):
        return
    pose = episode["closed_loop_trajectory/world_device_position"]
    assert (pose.signal.unit, pose.signal.frame, len(pose)) == ("m", "world", 11517)
    assert 990 < pose.rate < 1010
    assert episode["closed_loop_trajectory/utc_timestamp_ns"].values[0] == 1686767222002923694
    assert episode["hand_tracking_results_v2/left_landmarks"].signal.shape == (21, 3)
    lines = (sample / "trajectory/online_calibration.jsonl").read_text().splitlines()
    calibration = episode["online_calibration"]
    assert list(calibration.values) == [line for line in lines if line.strip()]
    assert calibration.t[0] == json.loads(lines[0])["tracking_timestamp_us"] * 1000


def test_single_table_and_bids(sample: Path, tmp_path: Path) -> None:
    path = next(sample.glob("eye_gaze/*.csv"))
    assert Aria().bid(path).score >= 0.9
    (episode,) = Aria().read(path, Reading(task="look"))
    assert episode.task == "look"
    (tmp_path / "a.csv").write_text("t,x\n1,2\n")
    assert Aria().bid(tmp_path).score < 0.5
    assert Aria().bid(tmp_path / "a.csv").score < 0.5


def test_damage_and_refusals(tmp_path: Path) -> None:
    head = "tracking_timestamp_us,tx_world_device,ty_world_device,tz_world_device\n"
    (tmp_path / "closed_loop_trajectory.csv").write_text(head + "1,2,3,4\n2,x,3,4\n,2,3,4\n5,6\n")
    (tmp_path / "online_calibration.jsonl").write_text('{"tracking_timestamp_us": 7}\nno json\n')
    (tmp_path / "summary.json").write_text("{")
    (episode,) = Aria().read(tmp_path, Reading())
    told = " ".join(str(fact.value) for fact in episode.said)
    assert "line 3" in told
    assert "line 5" in told
    assert "JSON" in told
    assert "not readable: line 2" in told
    assert len(episode["closed_loop_trajectory/world_device_position"]) == 2
    assert Aria().bid(tmp_path).score >= 0.9
    (tmp_path / "closed_loop_trajectory.csv").write_text(head)
    (tmp_path / "online_calibration.jsonl").write_text("")
    with pytest.raises(Damaged):
        list(Aria().read(tmp_path, Reading()))
    with pytest.raises(Refused):
        Aria().write([], tmp_path / "x", Writing())
