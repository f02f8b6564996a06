"""Need: how many begin alike, and where fewer are."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from volant import Lake
from volant.core import Episode, Fact, Kind, Origin, Signal, Stream
from volant.curate.need import ENOUGH, describe, known, pending, start

Q = Signal("q", Kind.JOINT, (2,), "float64", "rad", hz=50)


def _episode(at: tuple[float, float], place: str, seed: int) -> Episode:
    rng = np.random.default_rng(seed)
    t = np.arange(50, dtype=np.int64) * 20_000_000
    x = np.array(at) + np.cumsum(rng.normal(0, 0.001, (50, 2)), 0)
    region = Fact("", "environment/region", place, "test@1")
    return Episode((Stream(Q, t, x),), Origin(embodiment="arm"), task="shelf", said=(region,))


def test_planted_beginnings_are_counted_and_the_emptier_place_is_named(tmp_path: Path) -> None:
    right = [_episode((1.0, 0.0), "right shelf", seed) for seed in range(30)]
    left = [_episode((-1.0, 0.5), "left shelf", 100 + seed) for seed in range(3)]
    with Lake(tmp_path / "lake") as lake:
        lake.add([*right, *left])
        assert len(pending(lake.store, 100)) == 33
        assert describe(lake.store, pending(lake.store, 100), at=1) == 33 and not pending(lake.store, 100)
        there = known(lake.store)
    again = there.need("shelf", "arm", start(_episode((1.0, 0.0), "", 7)), "right shelf")
    assert (again.alike, again.of, again.try_, again.there) == (30, 33, "left shelf", 3)
    assert again.words == "We have 30 like this; try left shelf (3 there)."
    new = there.need("shelf", "arm", start(_episode((0.0, 3.0), "", 7)))
    assert new.alike == 0 and new.words.startswith("Rare: 0 of 33")


def test_too_few_to_say_anything_says_nothing(tmp_path: Path) -> None:
    with Lake(tmp_path / "lake") as lake:
        lake.add([_episode((0.0, 0.0), "", seed) for seed in range(ENOUGH - 1)])
        describe(lake.store, pending(lake.store, 100), at=1)
        there = known(lake.store)
    assert there.need("shelf", "arm", (0.0, 0.0)).words == ""
    assert there.need("never heard of", "arm", (0.0, 0.0)).words == ""
