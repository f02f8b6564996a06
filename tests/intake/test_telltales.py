"""A folder that says what it is by one file is claimed however broken that file is, and then told what is wrong."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from volant import intake, plug
from volant.conform import generated
from volant.core import Reading, Writing
from volant.core.errors import Damaged, Hostile, VolantError

FORMATS = plug.formats()
BROKEN = {"garbage": b"{ not json", "nothing": b"", "a list": b"[1, 2]", "zeros": bytes(64), "deep": b"[" * 100_000}


def made(out: Path, form: str) -> Path:
    FORMATS[form].write(iter(generated.episodes(3, 2, pictures=False)), out, Writing(robot="arm"))
    return out


def refused(path: Path, form: str) -> VolantError:
    """Why the one format that claims a folder does not read it."""
    found = intake.discover([path], FORMATS).found
    assert [(one.path, one.format) for one in found] == [(path, form)]
    with pytest.raises(VolantError) as caught:
        list(FORMATS[form].read(path, Reading()))
    return caught.value


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("sets")
    return {form: made(root / form, form) for form in ("lerobot", "lerobot2", "rlds", "zarr")}


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("lerobot", "meta/info.json"),
        ("lerobot2", "meta/info.json"),
        ("lerobot2", "meta/modality.json"),
        ("rlds", "dataset_info.json"),
        ("rlds", "features.json"),
        ("zarr", ".zgroup"),
        ("zarr", "meta/episode_ends/.zarray"),
    ],
)
def test_a_broken_telltale_is_named(sets: dict[str, Path], tmp_path: Path, form: str, name: str, how: str) -> None:
    copy = shutil.copytree(sets[form], tmp_path / "set")
    (copy / name).write_bytes(BROKEN[how])
    error = refused(copy, form)
    assert isinstance(error, Damaged)
    assert Path(name).name in str(error) or "cannot be read as Zarr" in str(error)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"codebase_version": 3}, "the version 3"),
        ({"codebase_version": "v9.1"}, "'v9.1'"),
        ({"codebase_version": None}, "None"),
        ({"features": []}, "no features"),
        ({"features": {"action": 3}}, "'action'"),
        ({"features": {"action": {"dtype": "float32", "shape": "x"}}}, "no readable shape"),
        ({"features": {"action": {"dtype": "float32", "shape": [1 << 40]}}}, "declares samples"),
        ({"fps": "30"}, "'30'"),
        ({"fps": float("nan")}, "nan"),
        ({"fps": 0}, "a rate of 0"),
    ],
)
@pytest.mark.parametrize("form", ["lerobot", "lerobot2"])
def test_wrong_types_in_info_are_named(
    sets: dict[str, Path], tmp_path: Path, form: str, change: dict[str, object], word: str
) -> None:
    copy = shutil.copytree(sets[form], tmp_path / "set")
    info = copy / "meta" / "info.json"
    info.write_text(json.dumps(json.loads(info.read_text()) | change))
    error = refused(copy, form)
    assert isinstance(error, Damaged | Hostile)
    assert word in str(error)


def test_a_set_that_states_no_version_is_read_by_its_layout(sets: dict[str, Path], tmp_path: Path) -> None:
    for form in ("lerobot", "lerobot2"):
        copy = shutil.copytree(sets[form], tmp_path / form)
        info = copy / "meta" / "info.json"
        raw = json.loads(info.read_text())
        del raw["codebase_version"]
        info.write_text(json.dumps(raw))
        assert [one.format for one in intake.discover([copy], FORMATS).found] == [form]
        assert len(list(FORMATS[form].read(copy, Reading()))) == 2


def bag(root: Path) -> None:
    (root / "metadata.yaml").write_text("{ not: [yaml")
    (root / "bag_0.mcap").write_bytes(b"\x89MCAP0\r\n")


def store(root: Path) -> None:
    import zarr

    group = zarr.open_group(root, mode="w", zarr_format=3)
    group.create_array("images", data=np.zeros((3, 2), np.float32))


def packed(root: Path) -> None:
    root.rmdir()
    with zipfile.ZipFile(root, "w") as out:
        out.writestr(".zgroup", '{"zarr_format": 2}')


def builder(root: Path) -> None:
    (root / "dataset_info.json").write_text("{}")
    (root / "features.json").write_text("{}")


def groot(root: Path) -> None:
    (root / "meta").mkdir()
    (root / "meta" / "modality.json").write_text("{}")


@pytest.mark.parametrize(
    ("name", "make", "form", "word"),
    [
        ("bag", bag, "rosbag2", "no YAML"),
        ("buffer", store, "zarr", "no meta/episode_ends"),
        ("buffer.zarr.zip", packed, "zarr", "no meta/episode_ends"),
        ("builder", builder, "rlds", "TFRecord"),
        ("groot", groot, "lerobot2", "No info.json"),
    ],
)
def test_a_telltale_without_its_data_is_claimed_and_refused(
    tmp_path: Path, name: str, make: Callable[[Path], None], form: str, word: str
) -> None:
    (tmp_path / name).mkdir()
    make(tmp_path / name)
    assert word in str(refused(tmp_path / name, form))


def test_half_an_hdf5_file_is_refused_and_not_ignored(tmp_path: Path) -> None:
    whole = made(tmp_path / "demos.hdf5", "robomimic")
    (tmp_path / "half").mkdir()
    half = tmp_path / "half" / "demos.hdf5"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert "truncated" in str(refused(half, "hdf5"))
    assert intake.discover([tmp_path / "half"], FORMATS).ignored == ()
