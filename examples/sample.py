"""Stand-ins for somebody's recordings: robomimic HDF5, twelve demonstrations of two tasks, one defect planted."""

import json
from pathlib import Path

import h5py
import numpy as np


def recordings(folder: Path, count: int = 6, steps: int = 120) -> list[Path]:
    """Two files of demonstrations; in the last one of `stack` the arm's camera freezes half-way."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_task(folder / f"{task}.hdf5", task, count, steps) for task in ("stack", "push")]


def _task(path: Path, task: str, count: int, steps: int) -> Path:
    with h5py.File(path, "w") as file:
        data = file.create_group("data")
        data.attrs["env_args"] = json.dumps({"env_name": task, "type": 1, "env_kwargs": {"control_freq": 20}})
        for number in range(count):
            rng = np.random.default_rng([len(task), number])
            demo = data.create_group(f"demo_{number}")
            demo.attrs["num_samples"] = steps
            command = _path(rng, steps)
            demo["actions"] = command
            demo["rewards"] = np.r_[np.zeros(steps - 1), 1.0 if number % 3 else 0.0]
            demo["dones"] = np.r_[np.zeros(steps - 1, np.int64), 1]
            demo["obs/joint_pos"] = command + rng.normal(0, 2e-3, command.shape)
            pictures = _pictures(command, rng)
            if task == "stack" and number == count - 1:
                pictures[steps // 2 :] = pictures[steps // 2]
            demo["obs/front_image"] = pictures
    return path


def _path(rng: np.random.Generator, steps: int) -> np.ndarray:
    """Seven joints between random way points, smooth in speed."""
    corners = rng.uniform(-0.8, 0.8, (5, 7))
    s = np.linspace(0, 4, steps)
    whole = np.minimum(s.astype(int), 3)
    part = (s - whole)[:, None]
    ease = part * part * (3 - 2 * part)
    return corners[whole] * (1 - ease) + corners[whole + 1] * ease


def _pictures(path: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A bright spot that follows the arm over a textured table, 48 x 64, with a camera's noise."""
    table = rng.integers(70, 130, (48, 64, 3))
    y, x = np.mgrid[0:48, 0:64]
    frames = np.empty((len(path), 48, 64, 3), np.uint8)
    for i, (a, b) in enumerate(path[:, :2]):
        spot = 110 * np.exp(-((x - 32 - 24 * a) ** 2 + (y - 24 - 18 * b) ** 2) / 60)
        frames[i] = np.clip(table + spot[..., None] + rng.normal(0, 2, (48, 64, 1)), 0, 255)
    return frames
