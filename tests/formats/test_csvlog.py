"""CSV logs: real ones against the csv module, and generated ones of every awkward sort."""

import csv
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from volant.core import Reading, Writing
from volant.core.errors import Damaged, NotFound, Refused
from volant.formats.csvlog import CsvLog

GO2 = {
    "test_1": {"command_history": (7568, 36), "state_history": (7572, 36)},
    "test_2": {"command_history": (7236, 36), "state_history": (8470, 36)},
    "test_3": {"command_history": (6534, 36), "state_history": (10449, 36)},
    "test_5": {
        "command_history": (20918, 36),
        "imu_history": (22458, 10),
        "policy_command_history": (1096, 3),
        "vicon_history": (11162, 7),
    },
}


def read(path: Path, **how: object) -> list:
    return list(CsvLog().read(path, Reading(**how)))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(GO2))
def test_go2_values_and_nanoseconds(data: Path, name: str) -> None:
    folder = data / "unitree_go2_bags" / name
    if not folder.is_dir():
        pytest.skip("unitree_go2_bags is absent")
    assert CsvLog().bid(folder).score >= 0.9
    (episode,) = read(folder)
    assert {stream.name: (len(stream), *stream.signal.shape) for stream in episode.streams} == GO2[name]
    for stream in episode.streams:
        with (folder / f"{stream.name}.csv").open(newline="") as file:
            rows = list(csv.reader(file))
        assert stream.t.tolist() == [int(row[0]) for row in rows]
        assert np.array_equal(stream.values, np.array([[float(cell) for cell in row[1:]] for row in rows]))
    assert 499 < episode["command_history"].rate < 502
    bagless = any(fact.key == "damage/missing_files" for fact in episode.said)
    assert bagless == (folder / "metadata.yaml").is_file()


def test_catvehicle_is_one_recording(data: Path) -> None:
    folder = data / "catvehicle_csv/data/2016-06-01-14-57-13"
    if not folder.is_dir():
        pytest.skip("catvehicle_csv is absent")
    (episode,) = read(folder)
    assert len(episode.streams) == 16
    for path in folder.glob("*.csv"):
        with path.open(newline="") as file:
            rows = list(csv.reader(file))
        mine = [stream for stream in episode.streams if stream.name.startswith(path.stem.strip("-") + "/")]
        assert mine
        names = rows[0]
        for stream in mine:
            assert len(stream) == len(rows) - 1
            assert stream.t.tolist() == [int(Decimal(row[0]) * 10**9) for row in rows[1:]]
            columns = stream.signal.dims or (stream.name.partition("/")[2],)
            wanted = np.array([[float(row[names.index(column)]) for column in columns] for row in rows[1:]])
            assert np.array_equal(stream.values.reshape(wanted.shape).astype(float), wanted, equal_nan=True)
    assert any(fact.key == "damage/header" and "17" in str(fact.value) for fact in episode.said)


def test_bad_rows_are_named_by_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("# made by hand\nt,x,y\n1.5,2,3\n2.5,abc,4\n\n3,5\n4,6,7,8\n5,,9\nsoon,7,1\n6,7,1.5")
    (episode,) = read(path)
    assert episode["x"].t.tolist() == [1_500_000_000, 2_500_000_000, 5_000_000_000, 6_000_000_000]
    assert np.array_equal(episode["x"].values, [2, np.nan, np.nan, 7], equal_nan=True)
    told = [str(fact.value) for fact in episode.said if fact.key.startswith("damage/")]
    assert any("2 rows have not 3 cells: lines 6, 7" in word for word in told)
    assert any("'x' are no numbers: line 4" in word for word in told)
    assert any("1 rows tell no time: line 9" in word for word in told)


@pytest.mark.parametrize(
    ("head", "row", "first"),
    [
        ("t_us,a", "7,1", 7_000),
        ("time [ms],a", "7,1", 7_000_000),
        ("Time (s),a", "7.25,1", 7_250_000_000),
        ("timestamp,a", "1464818234.123456789,1", 1_464_818_234_123_456_789),
        ("stamp.secs,stamp.nsecs,a", "5,7,1", 5_000_000_007),
        ("date time,a", "2020-01-01 00:00:00.5,1", 1_577_836_800_500_000_000),
        ("time_ns,a", "1763146640994917576,1", 1_763_146_640_994_917_576),
        ("#timestamp [ns],a [m s^-1]", "1763146640994917576,1.5", 1_763_146_640_994_917_576),
    ],
)
def test_clocks_by_name_unit_and_size(tmp_path: Path, head: str, row: str, first: int) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{head}\n{row}\n{row}\n")
    (episode,) = read(path)
    assert episode.streams[0].t.tolist() == [first, first]
    assert all(fact.value != "index" for fact in episode.said if fact.key == "declared/clock")


def test_no_clock_counts_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("q_0\tq_1\tq_2\tgrip [mm]\tmode\n" + "1\t2\t3.5\t4\tidle\n" * 3 + "1\t2\t3\t4\tmove\n")
    (episode,) = read(path)
    assert episode["q"].signal.dims == ("q_0", "q_1", "q_2")
    assert episode["grip"].signal.unit == "mm"
    assert list(episode["mode"].values) == ["idle", "idle", "idle", "move"]
    assert episode["q"].t.tolist() == [0, 10**9, 2 * 10**9, 3 * 10**9]
    assert any(fact.key == "declared/clock" and fact.value == "index" for fact in episode.said)


def test_semicolons_with_decimal_commas(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("t_s;x\n0,5;1,25\n1,5;2,5\n")
    (episode,) = read(path)
    assert episode["x"].values.tolist() == [1.25, 2.5]


def test_folders_of_takes_and_of_streams(tmp_path: Path) -> None:
    for name in ("take_1", "take_2"):
        (tmp_path / f"{name}.csv").write_text("t_s,x\n0.0,1\n1.0,2\n")
    assert len(read(tmp_path)) == 2
    (tmp_path / "take_2.csv").write_text("t_s,y\n0.0,1\n1.0,2\n")
    (episode,) = read(tmp_path)
    assert [stream.name for stream in episode.streams] == ["take_1/x", "take_2/y"]
    later = "".join(f"{1_700_000_000_000_000_000 + i * 10**9},{i}\n" for i in range(3))
    (tmp_path / "take_1.csv").write_text(later)
    (tmp_path / "take_2.csv").write_text(later.replace("17000000", "17000001"))
    assert len(read(tmp_path)) == 2


def test_split_mapping_and_task(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("t_s,x,y\n" + "".join(f"{t},{t},0.5\n" for t in (0, 1, 2, 60, 61)))
    mapping = tmp_path / "m.toml"
    mapping.write_text('[signals.x]\nname = "arm"\nkind = "joint"\nunit = "rad"\n')
    episodes = read(path, split="gap:10", mapping=mapping, task="wave")
    assert [episode.frames for episode in episodes] == [3, 2]
    assert episodes[0]["arm"].signal.unit == "rad"
    assert episodes[0].task == "wave"


def test_refusals(tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    with pytest.raises(Damaged, match="empty"):
        read(empty)
    binary = tmp_path / "b.csv"
    binary.write_bytes(b"\x00\x01\x02" * 100)
    with pytest.raises(Damaged, match="no text"):
        read(binary)
    (tmp_path / "h.csv").write_text("a,b\n")
    with pytest.raises(Damaged):
        read(tmp_path / "h.csv")
    with pytest.raises(NotFound):
        read(tmp_path / "nowhere")
    with pytest.raises(Refused):
        CsvLog().write([], tmp_path / "x", Writing())


def test_bids_below_half_on_others(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("tracking_timestamp_us,x\n1,2\n")
    (tmp_path / "b.csv").write_text("narration,verb,noun\ncut,cut,onion\n")
    (tmp_path / "c.txt").write_text("1,2\n")
    assert all(CsvLog().bid(tmp_path / name).score < 0.5 for name in ("a.csv", "b.csv", "c.txt"))


def test_a_folder_of_many_files_is_read_whole(tmp_path: Path) -> None:
    for number in range(1100):
        (tmp_path / f"{number}.csv").write_text(f"time,a\n{number}.0,1\n{number}.1,2\n")
    assert "1100 CSV files" in CsvLog().bid(tmp_path).why
