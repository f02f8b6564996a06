"""Training batches straight from the lake: a small linear policy learns what the arm does next."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import volant
from sample import recordings

STATE, ACTION = "observation.joint_pos", "action"


def main(folder: Path) -> None:
    lake = volant.Lake(folder / "lake")
    lake.add(*recordings(folder / "files"))
    everything = lake.select("not quarantined", weights="cell", seed=3)
    rng = np.random.default_rng(3)
    weights = rng.normal(0, 0.1, (8, 7))
    for epoch in range(4):
        errors = []
        for batch in lake.store.windows(everything.selection, length=2, batch=128, seed=epoch, signals=(STATE, ACTION)):
            now = np.c_[batch[STATE][:, 0], np.ones(len(batch[STATE]))]
            wrong = (now @ weights - batch[ACTION][:, 1]) * batch["valid"][:, 1:]
            weights -= 0.5 * now.T @ wrong / len(now)
            errors.append(float(np.sqrt((wrong**2).mean())))
        print(f"epoch {epoch}: {len(errors)} batches, error {np.mean(errors):.4f}")
    again = next(lake.store.windows(everything.selection, length=2, batch=128, seed=0, signals=(STATE, ACTION)))
    first = next(lake.store.windows(everything.selection, length=2, batch=128, seed=0, signals=(STATE, ACTION)))
    print("same selection, same batches:", all(np.array_equal(again[name], first[name]) for name in first))


if __name__ == "__main__":
    with TemporaryDirectory() as scratch:
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch))
