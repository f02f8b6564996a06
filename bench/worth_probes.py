"""Probes taught at once in one program, beside the same probes one after the other, in the same run; CPU time."""

import numpy as np

from bench._clock import ratio
from bench.train import TASK, busy, demonstrations
from volant.policies.probes import Probing, crowd

MANY, FEW = 240, 24


def main() -> None:
    """Both compiled before they are timed; those that are taught one after the other are extrapolated from a few."""
    lesson = demonstrations()
    inside = np.ones((MANY, len(lesson.ids)))
    inside[np.arange(MANY), np.arange(MANY) % len(lesson.ids)] = 0.0
    how = Probing()
    crowd(lesson, inside, how)
    crowd(lesson, inside[:1], how)
    together = busy(lambda: crowd(lesson, inside, how))
    apart = busy(lambda: [crowd(lesson, inside[at : at + 1], how, seed=at) for at in range(FEW)])
    rates = MANY / together, FEW / apart
    print(f"{len(lesson.ids)} demonstrations of {TASK}, {len(lesson):,} samples, {how.steps} steps of {how.batch}")
    ratio(
        "probes taught in a CPU second", f"{rates[0]:.1f} ({MANY} at once)", f"{rates[1]:.1f} one after the other",
        rates[0] / rates[1], "at least 1", rates[0] >= rates[1],
    )  # fmt: skip


if __name__ == "__main__":
    main()
