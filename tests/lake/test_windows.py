"""Batches of windows: aligned, weighted, and the same for the same selection, bit for bit."""

from pathlib import Path

import numpy as np
import pytest
from lake_made import make, pictures

from volant.core import Selection
from volant.core.errors import BadValue, NotFound
from volant.lake import Store


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("windows") / "lake"
    with Store(root) as store:
        store.put([make(i, n=10 + i) for i in range(30)] + [pictures()], at=1)
    return root


def pick(**more: object) -> Selection:
    return Selection(1, "q", tuple(make(i, n=10 + i).id for i in range(30)), **more)  # type: ignore[arg-type]


def test_every_window_comes_once_and_holds_what_the_episode_holds(lake: Path) -> None:
    episodes = {make(i, n=10 + i).id: make(i, n=10 + i) for i in range(30)}
    seen = []
    with Store(lake) as store:
        for batch in store.windows(pick(), length=4, stride=3, batch=16):
            assert batch["observation.state"].shape[1:] == (4, 7)
            for name, t, state, reward, valid in zip(
                *(batch[key] for key in ("episode", "t", "observation.state", "reward", "valid")), strict=True
            ):
                episode = episodes[str(name)]
                start = int(np.searchsorted(episode["observation.state"].t, t[0]))
                seen.append((str(name), start))
                rows = np.minimum(np.arange(start, start + 4), len(episode["observation.state"]) - 1)
                np.testing.assert_array_equal(state, episode["observation.state"].x[rows])
                np.testing.assert_array_equal(reward, episode["reward"].x[rows // 2])
                assert valid.sum() == min(4, len(episode["observation.state"]) - start)
    wanted = [(name, start) for name, episode in episodes.items() for start in range(0, episode.frames, 3)]
    assert sorted(seen) == sorted(wanted)
    assert seen != wanted


def test_same_selection_same_batches(lake: Path) -> None:
    with Store(lake) as store:
        one, two, other = (list(store.windows(pick(), length=4, batch=16, seed=seed)) for seed in (None, 0, 1))
        store.tell([], at=2)
        store.compact()
        again = list(store.windows(pick(), length=4, batch=16))
    for a, b, c in zip(one, two, again, strict=True):
        assert all((a[key] == b[key]).all() and (a[key] == c[key]).all() for key in a)
    assert any((a["t"] != b["t"]).any() for a, b in zip(one, other, strict=True))


def test_weights_decide_how_often(lake: Path) -> None:
    weights = [0.0] * 10 + [1.0] * 10 + [9.0] * 10
    with Store(lake) as store:
        batches = list(store.windows(pick(weights=tuple(weights)), length=2, batch=64))
    names = np.concatenate([batch["episode"] for batch in batches])
    place = {name: i for i, name in enumerate(pick().ids)}
    third = np.bincount([place[str(name)] // 10 for name in names], minlength=3)
    total = sum(10 + i for i in range(10, 30))
    assert third.sum() == total
    assert third[0] == 0
    share = sum(9 * (10 + i) for i in range(20, 30)) / sum(w * (10 + i) for i, w in enumerate(weights))
    assert abs(third[2] / total - share) < 0.05


def test_resampling_and_pictures(lake: Path) -> None:
    with Store(lake) as store:
        batch = next(store.windows(pick(), length=8, resample=60.0, signals=["reward"], batch=4))
        assert set(np.diff(batch["t"], axis=1).ravel()[batch["valid"][:, 1:].ravel()]) <= {16666667, 16666666}
        seen = pictures()
        only = Selection(1, "q", (seen.id,))
        batch = next(store.windows(only, length=3, signals=["raw", "png"], batch=2))
        frames = np.stack(list(seen["raw"].video.frames()))  # type: ignore[union-attr]
        np.testing.assert_array_equal(batch["raw"][0], frames[np.minimum(batch["t"][0], 4)])
        np.testing.assert_array_equal(batch["png"], batch["raw"])


def test_what_does_not_fit_is_refused(lake: Path) -> None:
    with Store(lake) as store:
        with pytest.raises(BadValue, match="length"):
            store.windows(pick(), length=0)
        with pytest.raises(BadValue, match="reward"):
            next(store.windows(pick(), length=2, signals=["rewards"]))
        with pytest.raises(NotFound):
            next(store.windows(Selection(1, "q", ("00" * 16,)), length=2))
        assert list(store.windows(Selection(1, "q", ()), length=2)) == []
