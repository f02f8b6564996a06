"""Record state-only episodes with LeRobot's own recorder and print episodes per second. Runs in its environment."""

import sys
import time
from pathlib import Path

import numpy as np
from lerobot.datasets.lerobot_dataset import LeRobotDataset


def main(folder: Path, episodes: int, frames: int, width: int) -> None:
    """Feed the recorder as fast as it takes frames; saving and finishing count."""
    vector = {"dtype": "float32", "shape": (width,), "names": [f"j{i}" for i in range(width)]}
    features = {"observation.state": vector, "action": vector}
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(frames, width)).astype(np.float32)
    start = time.perf_counter()
    dataset = LeRobotDataset.create("bench/state", fps=30, features=features, root=folder, use_videos=False)
    for _ in range(episodes):
        for row in rows:
            dataset.add_frame({"observation.state": row, "action": row, "task": "bench"})
        dataset.save_episode()
    dataset.finalize()
    print(episodes / (time.perf_counter() - start))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(word) for word in sys.argv[2:5]))
