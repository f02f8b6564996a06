"""Small sound recordings, one or more for each format: what mutations start from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import h5py
import imagecodecs
import numpy as np

from volant import plug
from volant.core import Episode, Fact, Kind, Origin, Signal, Stream, Writing
from volant.formats._example import encode as example
from volant.formats._tfrecord import frame
from volant.video import Stills
from volant.video.encoding import encode

REAL = {
    "agibot": (),
    "lerobot1": ("lerobot_v1_arrow/lerobot/pusht_image",),
    "lerobot2": (
        "groot_picknplace/demo_data/robot_sim.PickNPlace",
        "lerobot_data_studio/tests/template_datasets/v2_1/screwdriver_panel_ls_080225_4_e5",
    ),
    "mcap": (
        "rosbag2_testres/rosbag2_tests/resources/mcap/cdr_test/cdr_test_0.mcap",
        "rosbag2_testres/rosbag2_py/test/resources/mcap/talker/talker.mcap",
    ),
    "rosbag1": (
        "foxglove_rosbag/fixtures/example-lz4.bag",
        "foxglove_rosbag/fixtures/example-bz2.bag",
        "rosbag_analyzer_fixtures/e2e/fixtures/test_sample.bag",
    ),
    "rosbag2": (
        "rosbag2_testres/rosbag2_tests/resources/sqlite3/cdr_test",
        "rosbag2_testres/rosbag2_py/test/resources/sqlite3/convert_a",
    ),
    "robomimic": ("robosuite_hdf5/lift/panda/demo.hdf5",),
    "aria": ("aria_mps/data/gen2/mps_sample",),
    "ulog": ("pyulog/test/sample_appended_multiple.ulg",),
    "matlab": ("lasa/src/datasets/LASA/Saeghe.mat",),
    "pickle": ("furniture_demos/demos/Cursor_7.pkl",),
    "tfrecord": ("tensor2robot_tfrecord/test_data/pose_env_test_data.tfrecord",),
}
ENDINGS = {"robomimic": (".hdf5",), "mcap": (".mcap",), "zarr": (".zarr", ".zarr.zip")}
MOST = 6 << 20


def episode(seed: int = 0, n: int = 12) -> Episode:
    """Numbers, words and stills on one clock: what every writer can write."""
    rng = np.random.default_rng(seed)
    t = np.arange(n, dtype=np.int64) * 100_000_000
    stills = [bytes(imagecodecs.png_encode(rng.integers(0, 255, (16, 24, 3)).astype(np.uint8))) for _ in t]
    x = rng.normal(size=(n, 3)).astype(np.float32)
    streams = (
        Stream(Signal("action", Kind.ACTION, (3,), "float32", "rad", hz=10.0), t, x),
        Stream(Signal("observation.state", Kind.STATE, (3,), "float32", hz=10.0), t, x * 2),
        Stream(Signal("observation.images.top", Kind.IMAGE, (16, 24, 3), "uint8", hz=10.0), t, Stills.of(stills)),
    )
    return Episode(streams, Origin(robot="r"), "stack", "stack it", said=(Fact("", "outcome", "success", "t@1"),))


def made(name: str, folder: Path) -> list[Path]:
    """Recordings of a format: written by its own writer, or by hand in its layout."""
    folder.mkdir(parents=True, exist_ok=True)
    fmt = plug.formats()[name]
    found: list[Path] = []
    if fmt.writes:
        for ending in ENDINGS.get(name, ("",)):
            out = folder / f"written{ending}"
            fmt.write([episode(0), episode(1)], out, Writing(fps=10.0))
            found.append(out)
    elif name in BY_HAND:
        found.append(BY_HAND[name](folder))
    return found


def real(name: str, data: Path, folder: Path) -> list[Path]:
    """Small real recordings of a format, copied so that they may be changed."""
    found = []
    for at, where in enumerate(REAL.get(name, ())):
        source = data / where
        if not source.exists():
            continue
        files = [path for path in source.rglob("*") if path.is_file()] if source.is_dir() else [source]
        if sum(path.stat().st_size for path in files) > MOST:
            continue
        goal = folder / f"real_{at}" / source.name
        for path in files:
            to = goal / path.relative_to(source) if source.is_dir() else goal
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)
        found.append(goal)
    return found


def _csv(folder: Path) -> Path:
    out = folder / "logs"
    out.mkdir()
    rows = "".join(f"{1_700_000_000_000_000_000 + i * 10_000_000},{i * 0.5},{-i},word{i % 3}\n" for i in range(50))
    (out / "plain.csv").write_text(rows)
    (out / "headed.csv").write_text("time_ns,q_0,q_1,mode\n" + rows)
    (out / "iso.csv").write_text("timestamp;x\n" + "".join(f"2024-01-01 00:00:{i:02d};1,5\n" for i in range(20)))
    return out


def _aria(folder: Path) -> Path:
    out = folder / "mps"
    (out / "eye_gaze").mkdir(parents=True)
    head = "tracking_timestamp_us,yaw_rads_cpf,pitch_rads_cpf,depth_m,session_uid\n"
    (out / "eye_gaze/eyegaze.csv").write_text(head + "".join(f"{i * 1000},0.5,{i},,abc\n" for i in range(30)))
    (out / "eye_gaze/summary.json").write_text('{"GazeInference": {"status": "SUCCESS"}}')
    (out / "online_calibration.jsonl").write_text('{"tracking_timestamp_us": 5, "a": [1]}\n' * 3)
    return out


def _tfrecord(folder: Path) -> Path:
    out = folder / "steps.tfrecord"
    picture = bytes(imagecodecs.jpeg_encode(np.zeros((8, 8, 3), np.uint8)))
    rows = [
        example(
            {"x": np.arange(3, dtype=np.float32), "is_first": np.array([i % 5 == 0]), "image": [picture], "w": [b"go"]}
        )
        for i in range(10)
    ]
    out.write_bytes(b"".join(map(frame, rows)))
    return out


def _film(path: Path, n: int = 12) -> None:
    frames = [np.full((48, 64, 3), i * 20, np.uint8) for i in range(n)]
    encode(frames, path, codec="h264", fps=10)


def _egocentric(folder: Path) -> Path:
    out = folder / "kitchen"
    out.mkdir()
    _film(out / "P01.mp4")
    head = "participant_id,video_id,start_timestamp,stop_timestamp,narration,verb,noun\n"
    (out / "actions.csv").write_text(head + "P01,P01,00:00:00.1,00:00:00.9,open door,open,door\n")
    told = {"videos": {"P01": {"narration_pass_1": {"narrations": [{"timestamp_sec": 0.4, "narration_text": "cuts"}]}}}}
    (out / "narration.json").write_text(json.dumps(told))
    return out


def _agibot(folder: Path) -> Path:
    out = folder / "agibot"
    body, seen = out / "proprio_stats/1/2", out / "observations/1/2"
    for place in (body, seen / "videos", seen / "depth", out / "task_info"):
        place.mkdir(parents=True)
    with h5py.File(body / "proprio_stats.h5", "w") as file:
        file["timestamp"] = 1_700_000_000_000_000_000 + np.arange(12) * 33_000_000
        file["state/joint/position"] = np.zeros((12, 14))
        file["action/joint/position"] = np.zeros((5, 14))
        file["action/joint/index"] = np.arange(5)
    _film(seen / "videos/head_color.mp4")
    for at in range(12):
        blob = imagecodecs.png_encode(np.full((8, 8), at, np.uint16))
        (seen / f"depth/head_depth_{at:06d}.png").write_bytes(bytes(blob))
    steps = [{"start_frame": 0, "end_frame": 6, "action_text": "take", "skill": "Pick"}]
    row = {"episode_id": 2, "task_id": 1, "task_name": "pack", "label_info": {"action_config": steps}}
    (out / "task_info/task_1.json").write_text(json.dumps([row]))
    return out


def _tree(folder: Path) -> Path:
    out = folder / "tree.h5"
    with h5py.File(out, "w") as file:
        file["observations/qpos"] = np.random.default_rng(0).normal(size=(20, 14))
        file["action"] = np.random.default_rng(1).normal(size=(20, 14))
        file.create_dataset("observations/images/top", data=np.zeros((20, 8, 8, 3), np.uint8), compression="gzip")
    return out


def _npz(folder: Path) -> Path:
    out = folder / "demo.npz"
    rng = np.random.default_rng(0)
    np.savez_compressed(out, action=rng.normal(size=(20, 3)), state=rng.normal(size=(20, 4)), t=np.arange(20) * 0.1)
    return out


BY_HAND = {
    "npz": _npz,
    "csv": _csv,
    "aria": _aria,
    "tfrecord": _tfrecord,
    "egocentric": _egocentric,
    "agibot": _agibot,
    "hdf5": _tree,
    "aloha": _tree,
}
