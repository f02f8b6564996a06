"""MATLAB, NPZ, comma2k19 and pickles against scipy, numpy and pickle themselves."""

import collections
import io
import pickle
import struct
import zipfile
import zlib

import h5py
import numpy as np
import pytest
import scipy.io
from arrays_made import mutated, survives
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from volant.core import Kind, Reading, Writing
from volant.core.errors import Damaged, Hostile, NotFound, Refused, VolantError
from volant.formats.comma import Comma
from volant.formats.hdf5tree import Hdf5Tree
from volant.formats.matlab import Matlab
from volant.formats.npz import Npz
from volant.formats.pickles import Pickle

MATLAB, NPZ, COMMA, PICKLE = Matlab(), Npz(), Comma(), Pickle()
SEEDS = settings(
    max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def said(episode, key):
    return [fact.value for fact in episode.said if fact.key == key]


def test_lasa_is_thirty_shapes_of_seven_demonstrations(data):
    folder = data / "lasa" / "src" / "datasets" / "LASA"
    assert MATLAB.bid(folder).score >= 0.9
    episodes = list(MATLAB.read(folder, Reading()))
    assert len(episodes) == 30 * 7
    assert len({e.task for e in episodes}) == 30
    assert {len(e["pos"]) for e in episodes} == {1000}
    assert len({e.id for e in episodes}) == 210


@pytest.mark.parametrize("shape", ["Angle", "Multi_Models_3", "heee"])
def test_lasa_values(data, shape):
    path = data / "lasa" / "src" / "datasets" / "LASA" / f"{shape}.mat"
    assert MATLAB.bid(path).score >= 0.9
    demos = scipy.io.loadmat(path)["demos"]
    for i, episode in enumerate(MATLAB.read(path, Reading())):
        demo = demos[0, i][0, 0]
        np.testing.assert_array_equal(episode["pos"].values, demo["pos"].T)
        np.testing.assert_array_equal(episode["vel"].values, demo["vel"].T)
        np.testing.assert_array_equal(episode["acc"].values, demo["acc"].T)
        np.testing.assert_allclose(episode["pos"].t / 1e9, demo["t"][0], atol=1e-9)
        assert episode["pos"].signal.hz == pytest.approx(1 / demo["dt"][0, 0])
        assert episode["vel"].signal.kind is Kind.VELOCITY
        assert episode["pos"].signal.unit == "unknown"
        assert episode.task == shape


def test_plain_matlab_variables_and_version_7_3(tmp_path):
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"q": np.arange(20.0).reshape(10, 2), "time": np.arange(10) / 4.0, "note": "hi"})
    (episode,) = MATLAB.read(path, Reading())
    np.testing.assert_array_equal(episode["q"].values, np.arange(20.0).reshape(10, 2))
    assert episode["q"].t[1] == 250_000_000
    assert said(episode, "declared/note") == ["hi"]
    newer = tmp_path / "b.mat"
    with h5py.File(newer, "w", userblock_size=512) as file:
        file["q"] = np.arange(20.0).reshape(10, 2).T
        file["q"].attrs["MATLAB_class"] = np.bytes_("double")
    with newer.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    assert MATLAB.bid(newer).score >= 0.9
    assert Hdf5Tree().bid(newer).score < 0.5
    (episode,) = MATLAB.read(newer, Reading())
    np.testing.assert_array_equal(episode["q"].values, np.arange(20.0).reshape(10, 2))


def matrix(dims, flags=6, data=b"\0" * 8):
    head = struct.pack("<IIII", 6, 8, flags, 0)
    sides = struct.pack(f"<II{len(dims)}i", 5, 4 * len(dims), *dims) + b"\0" * (-4 * len(dims) % 8)
    body = head + sides + struct.pack("<II", 0x00010001, 97) + struct.pack("<II", 9, len(data)) + data
    return struct.pack("<II", 14, len(body)) + body


@pytest.mark.parametrize(
    "blob", [matrix((10**9, 10**9)), matrix((10**9, 1), flags=1), struct.pack("<II", 14, 1 << 31), b"\0" * 20]
)
def test_absurd_matlab_is_refused(tmp_path, blob):
    path = tmp_path / "a.mat"
    for body in (blob, struct.pack("<II", 15, len(zlib.compress(blob))) + zlib.compress(blob)):
        path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + body)
        with pytest.raises((Damaged, Hostile)):
            list(MATLAB.read(path, Reading()))


def test_half_a_matlab_file_is_refused(data, tmp_path):
    raw = (data / "lasa" / "src" / "datasets" / "LASA" / "Angle.mat").read_bytes()
    (tmp_path / "x.mat").write_bytes(raw[: len(raw) // 2])
    with pytest.raises(Damaged, match="ends inside"):
        list(MATLAB.read(tmp_path / "x.mat", Reading()))


@SEEDS
@example(seed=110345)
@given(seed=st.integers(0, 2**32))
def test_bad_matlab_never_escapes(tmp_path, seed):
    good = tmp_path / "good.mat"
    if not good.exists():
        cells = np.empty(2, object)
        cells[:] = [{"pos": np.ones((2, 9)), "t": np.arange(9.0)}] * 2
        scipy.io.savemat(good, {"demos": cells, "dt": 0.1}, do_compression=False)
    (tmp_path / "bad.mat").write_bytes(mutated(good.read_bytes(), seed))
    survives(MATLAB, tmp_path / "bad.mat")


def test_npz_and_folders(tmp_path):
    for i in (2, 10):
        np.savez_compressed(
            tmp_path / f"ep_{i}.npz", action=np.ones((i, 3), ">f4"), timestamp=np.arange(i) / 10.0, k=np.eye(2)
        )
    assert NPZ.bid(tmp_path / "ep_2.npz").score >= 0.9
    assert NPZ.bid(tmp_path).score >= 0.9
    two, ten = NPZ.read(tmp_path, Reading())
    assert (len(two["action"]), len(ten["action"])) == (2, 10)
    assert ten["action"].t[1] == 100_000_000
    assert ten["action"].signal.dtype == "float32"
    folder = tmp_path / "npy"
    folder.mkdir()
    np.save(folder / "qpos.npy", np.asfortranarray(np.arange(12).reshape(6, 2)))
    np.save(folder / "rgb.npy", np.zeros((6, 4, 4, 3), np.uint8))
    (episode,) = NPZ.read(folder, Reading())
    assert episode["qpos"].values.tolist() == np.arange(12).reshape(6, 2).tolist()
    assert episode["rgb"].video is not None


def test_npz_pickles_bombs_and_lies_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, a=np.array([{}], dtype=object))
    with pytest.raises(Hostile, match="pickle"):
        list(NPZ.read(path, Reading()))
    np.savez_compressed(path, a=np.zeros(200 << 20, np.uint8))
    raw = bytearray(path.read_bytes())
    start = raw.rfind(b"PK\x01\x02")
    raw[start + 24 : start + 28] = b"\xfe\xff\xff\xff"
    path.write_bytes(raw)
    with pytest.raises(VolantError):
        list(NPZ.read(path, Reading()))
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a.npy", stream.getvalue())
    with pytest.raises(Damaged, match="declares"):
        list(NPZ.read(path, Reading()))


def test_broken_deflate_is_damage(tmp_path):
    path = tmp_path / "x.npz"
    np.savez_compressed(path, a=np.arange(2000.0))
    raw = bytearray(path.read_bytes())
    raw[200:260] = b"\xff" * 60
    path.write_bytes(raw)
    with pytest.raises(Damaged, match=r"no whole NPZ|no NPY|cannot be read"):
        list(NPZ.read(path, Reading()))


@SEEDS
@example(seed=114343)
@given(seed=st.integers(0, 2**32))
def test_bad_npz_never_escapes(tmp_path, seed):
    good = tmp_path / "good.npz"
    if not good.exists():
        np.savez(good, a=np.ones((5, 2)), time=np.arange(5.0))
    (tmp_path / "bad.npz").write_bytes(mutated(good.read_bytes(), seed))
    survives(NPZ, tmp_path / "bad.npz")


def test_comma_minute(data):
    root = data / "comma2k19"
    assert COMMA.bid(root).score >= 0.9
    assert NPZ.bid(root).score < 0.5
    (episode,) = COMMA.read(root, Reading())
    segment = next(root.glob("*/*/*/processed_log")).parent
    clocks = {p.parent for p in segment.glob("processed_log/*/*/t")}
    assert len(episode.streams) == len(clocks) - 1 + 3 + 4
    assert episode["CAN/speed"].signal.unit == "m/s"
    assert episode["CAN/steering_angle"].signal.unit == "deg"
    assert episode["IMU/magnetometer"].signal.unit == "unknown"
    for folder in clocks:
        name = folder.relative_to(segment / "processed_log").as_posix()
        if name != "CAN/raw_can":
            np.testing.assert_array_equal(episode[name].values, np.load(folder / "value"))
            np.testing.assert_allclose(episode[name].t / 1e9, np.load(folder / "t"), atol=1e-9)
    pose = np.load(segment / "global_pose" / "frame_positions")
    np.testing.assert_array_equal(episode["global_pose/frame_positions"].values, pose)
    assert 19.9 < episode["global_pose/frame_positions"].rate < 20.1
    assert 95 < episode["IMU/gyro"].rate < 110
    can = np.load(segment / "processed_log" / "CAN" / "raw_can" / "data").tobytes()
    assert episode["CAN/raw_can/data"].values.tobytes() == can
    assert 55 < episode.seconds < 65


def test_comma_with_a_cut_file_is_saved_and_said(tmp_path):
    folder = tmp_path / "r_1" / "3" / "processed_log" / "CAN"
    for name, rows in (("speed", 5), ("radar", 5)):
        (folder / name).mkdir(parents=True)
        for part, values in (("t", np.arange(5.0)), ("value", np.ones((rows, 2)))):
            with (folder / name / part).open("wb") as file:
                np.save(file, values)
    raw = (folder / "radar" / "value").read_bytes()
    (folder / "radar" / "value").write_bytes(raw[:-8])
    (episode,) = COMMA.read(tmp_path, Reading())
    assert [s.name for s in episode.streams] == ["CAN/speed"]
    assert "CAN/radar" in said(episode, "damage/unreadable")[0]
    with pytest.raises(NotFound):
        list(COMMA.read(folder, Reading()))


@pytest.mark.parametrize(("name", "rows"), [("Sawyer_7", 460), ("Cursor_7", 172), ("Baxter_0", 369)])
def test_furniture_demonstrations(data, name, rows):
    path = data / "furniture_demos" / "demos" / f"{name}.pkl"
    assert PICKLE.bid(path).score >= 0.9
    (episode,) = PICKLE.read(path, Reading())
    trusted = pickle.loads(path.read_bytes())
    for key in trusted["qpos"][0]:
        np.testing.assert_array_equal(episode[f"qpos.{key}"].values, np.stack([step[key] for step in trusted["qpos"]]))
        assert len(episode[f"qpos.{key}"]) == rows
    np.testing.assert_array_equal(episode["actions"].values, np.stack(trusted["actions"]))
    assert len(episode["actions"]) == rows - 1
    assert said(episode, "declared/clock") == ["index"]


class Runs:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.mark.parametrize("protocol", range(6))
def test_pickles_are_never_run(tmp_path, protocol):
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps({"a": [1, 2], "b": Runs(str(tmp_path / "ran"))}, protocol))
    with pytest.raises(Hostile, match=r"io\.open|NEWOBJ"):
        list(PICKLE.read(path, Reading()))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "blob",
    [
        b"cos\nsystem\n(S'true'\ntR.",
        b"(S'true'\nios\nsystem\n.",
        b"cbuiltins\neval\n(S'1'\ntR.",
        b"cnumpy\nload\n(S'x'\ntR.",
        b"\x80\x02]r\xff\xff\xff\x7f.",
        b"Pid\n.",
        b"\x80\x04](K\x01K\x02e" + b"2\x86" * 40 + b".",
        b"\x80\x04]\x94h\x00a.",
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I1\ntcnumpy\ndtype\n(S'O8'\ntR.",
    ],
)
def test_hostile_pickles_are_refused(tmp_path, blob):
    path = tmp_path / "x.pkl"
    path.write_bytes(blob)
    with pytest.raises(Hostile):
        list(PICKLE.read(path, Reading()))


@pytest.mark.parametrize("protocol", range(6))
def test_plain_pickles_of_every_protocol(tmp_path, protocol):
    steps = [collections.OrderedDict(q=np.arange(2.0) + i, n=np.float32(i)) for i in range(4)]
    value = [{"observations": np.ones((4, 3), np.float32), "steps": steps, "actions": [[1, 2]] * 4}] * 2
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps(value, protocol))
    one, two = PICKLE.read(path, Reading())
    assert one["steps.q"].values.tolist() == [[i, i + 1] for i in range(4)]
    assert one["observations"].signal.dtype == "float32"
    assert one["actions"].values.shape == (4, 2)
    assert one.id == two.id


@SEEDS
@given(seed=st.integers(0, 2**32))
def test_bad_pickles_never_escape(tmp_path, seed):
    good = tmp_path / "good.pkl"
    if not good.exists():
        good.write_bytes(pickle.dumps({"q": [np.ones(3)] * 5, "a": np.ones((5, 2))}, 4))
    (tmp_path / "bad.pkl").write_bytes(mutated(good.read_bytes(), seed))
    survives(PICKLE, tmp_path / "bad.pkl")


@pytest.mark.parametrize("fmt", [MATLAB, NPZ, COMMA, PICKLE])
def test_nothing_here_writes(tmp_path, fmt):
    with pytest.raises(Refused):
        fmt.write([], tmp_path / "x", Writing())
