"""What is alike, repeated, rare or leaked is found, at several strengths of noise."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from volant.api import Lake
from volant.core import Episode, Kind, Origin, Signal, Stream
from volant.core.errors import BadValue, NotFound
from volant.worth import duplicates, leaks, rare, similar
from volant.worth.space import Space

STATE = Signal("state", Kind.JOINT, (5,), "float64", "rad", hz=50)


def moved(seed: int, noise: float = 0.0, again: int = 0, task: str = "stack") -> Episode:
    """Half of the movement belongs to the seed; ``noise`` is a share of its size, drawn by ``again``."""
    rng, t = np.random.default_rng(seed), np.arange(150) / 50.0
    a, b = rng.normal(size=(3, 5)), rng.uniform(0, 6, (3, 5))
    x = sum(a[k] * np.sin((k + 1) * t[:, None] * 2.1 + b[k]) for k in range(3))
    x = x + noise * x.std() * np.random.default_rng([seed, again, 7]).normal(size=x.shape)
    return Episode((Stream(STATE, (t * 1e9).astype(np.int64) + again, x),), Origin(operator="ann"), task)


def lake_of(folder: Path, episodes: list[Episode]) -> Lake:
    lake = Lake(folder / "lake", clock=lambda: 1)
    lake.store.put(episodes, at=1)
    return lake


def space_of(rows: np.ndarray) -> Space:
    ids = np.array([f"{i:03d}" for i in range(len(rows))], object)
    words = np.full(len(rows), "", object)
    said = dict.fromkeys(("task", "scene", "embodiment", "operator"), words) | {"id": ids}
    return Space("motion", "embeddings/motion@1", 1, ids, rows.astype(np.float32), said)


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.03, 0.1])
def test_repetitions_are_found_at_every_strength_of_noise_and_nothing_else_is(tmp_path: Path, noise: float) -> None:
    single = [moved(seed) for seed in range(20, 40)]
    again = [moved(3, noise, turn) for turn in range(1, 6)]
    with lake_of(tmp_path, [moved(3), *single, *again]) as lake:
        [group] = lake.duplicates()
        assert group.kept == moved(3).id and set(group.repeats) == {one.id for one in again}
        assert group.kind == ("exact" if noise == 0 else "near")
        assert len(lake.duplicates(0)) == (1 if noise == 0 else 0)
        near = lake.similar(moved(3).id[:10], 8)
        assert {one.id for one in near[:5]} == {one.id for one in again}
        assert near[5].distance > 3 * near[4].distance
        assert near[0].operator == "ann" and len(near) == 8


def test_a_file_is_looked_up_like_an_episode(tmp_path: Path) -> None:
    t = np.arange(100) / 50.0
    lines = ["t,a,b", *(f"{u:.3f},{np.sin(2 * u):.6f},{np.cos(3 * u):.6f}" for u in t)]
    (tmp_path / "one.csv").write_text("\n".join(lines) + "\n")
    with Lake(tmp_path / "lake", clock=lambda: 1) as lake:
        lake.add(tmp_path / "one.csv")
        lake.store.put([moved(seed) for seed in range(5)], at=1)
        assert lake.similar(tmp_path / "one.csv", 3)[0].distance > 0.1, "the file's own episode is left out"
        with pytest.raises(NotFound):
            lake.similar("beef")


def test_a_planted_rare_cluster_comes_first() -> None:
    rng = np.random.default_rng(0)
    crowd = rng.normal(size=(500, 1, 8)) * 0.05 + rng.normal(size=(1, 4, 8))
    strange = rng.normal(size=(5, 8)) * 0.05 + 6.0
    space = space_of(np.concatenate([crowd.reshape(-1, 8), strange]))
    assert {one.id for one in rare(space, 5)} == {str(one) for one in space.ids[-5:]}
    assert len(rare(space_of(strange), 10)) == 5
    with pytest.raises(NotFound, match="at least 3"):
        rare(space_of(strange[:2]))


def test_what_leaks_from_one_selection_into_another_is_named(tmp_path: Path) -> None:
    train = [moved(seed) for seed in range(10)]
    test = [moved(seed) for seed in range(50, 55)]
    leaked = [moved(4, 0.0, 9), moved(6, 0.03, 2)]
    with lake_of(tmp_path, [*train, *test, *leaked]) as lake:
        assert len(lake.duplicates()) == 2
        ids = [one.id for one in train], [one.id for one in (*test, *leaked, train[2])]
        find = partial(leaks, lake_points(lake))
        found = {one.id: (one.like, one.kind) for one in find(*ids)}
        assert found == {
            leaked[0].id: (train[4].id, "exact"),
            leaked[1].id: (train[6].id, "near"),
            train[2].id: (train[2].id, "same"),
        }
        assert find(ids[0], []) == ()
        with pytest.raises(NotFound, match="1 of 1"):
            find(["nobody"], ids[1])


def lake_points(lake: Lake) -> Space:
    from volant.finding import points

    return points(lake)


def test_senseless_questions_are_refused() -> None:
    space = space_of(np.zeros((0, 4)))
    assert duplicates(space) == ()
    with pytest.raises(NotFound, match="holds 0 episodes"):
        similar(space, np.zeros(4, np.float32))
    with pytest.raises(BadValue):
        duplicates(space_of(np.eye(4)), 0.9)
