"""Coverage: planted populations have known answers, and what cannot be concluded is said."""

from __future__ import annotations

import numpy as np
import pytest

from volant.core import Episode, Fact, Origin
from volant.core.errors import BadValue
from volant.lake import Store
from volant.measures._counts import ace, chao1, good_turing, hill
from volant.worth.cells import _summed, read
from volant.worth.coverage import cover, heat


def seen(shares: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    counts = rng.multinomial(n, shares / shares.sum())
    return counts[counts > 0]


def test_ace_by_hand() -> None:
    counts = np.array([1, 1, 1, 1, 2, 2, 5, 8, 30])
    rare, n, ones = 8, 21, 4
    covered = 1 - ones / n
    spread = rare / covered * (2 * 2 + 20 + 56) / (n * (n - 1)) - 1
    found = ace(counts)
    assert found is not None
    assert found[0] == pytest.approx(1 + rare / covered + ones / covered * max(spread, 0))
    assert 9 < found[1] < found[0] < found[2]
    assert ace(np.array([1, 1, 1])) is None
    assert ace(np.array([20, 30])) == (2, 2, 2)


def test_intervals_cover_planted_populations_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    runs, kinds, n = 200, 300, 600
    even, uneven = np.ones(kinds), 1 / np.arange(1, kinds + 1) ** 0.5
    held = {"chao1 even": 0, "ace even": 0, "ace uneven": 0, "new even": 0}
    for _ in range(runs):
        for name, shares in (("even", even), ("uneven", uneven)):
            draw = rng.multinomial(n, shares / shares.sum())
            counts = draw[draw > 0]
            found = ace(counts)
            assert found is not None
            held[f"ace {name}"] += found[1] <= kinds <= found[2]
            if name == "even":
                low, high = chao1(counts)[1:]
                held["chao1 even"] += low <= kinds <= high
                low, high = good_turing(counts)[1:]
                held["new even"] += low <= float((draw == 0).sum()) / kinds <= high
    share = {name: count / runs for name, count in held.items()}
    assert all(value >= 0.88 for name, value in share.items() if "uneven" not in name), share
    assert share["ace uneven"] >= 0.82, share  # .903 of 1,000: docs/worth.md says so


def test_intervals_of_many_kinds_agree_with_drawing_again() -> None:
    counts = seen(1 / np.arange(1, 1300) ** 0.5, 40_000, np.random.default_rng(0))
    assert len(counts) >= 1000
    rng = np.random.default_rng(1)
    draws = rng.multinomial(int(counts.sum()), counts / counts.sum(), size=200)
    for order in (1, 2):
        value, low, high = hill(counts, order)
        shares = draws / counts.sum()
        logs = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
        again = np.exp(-np.sum(shares * logs, 1)) if order == 1 else 1 / np.sum(shares**2, 1)
        assert (high - low) / 2 == pytest.approx(1.96 * again.std(), rel=0.2)
        assert low < value < high


@pytest.fixture
def planted(tmp_path, make_episode):
    """Thirty episodes of three tasks; objects, countries and regions stated by fact, tag and origin, or not at all."""
    tasks = ("push-red", "push_blue", "stack")
    with Store(tmp_path / "lake") as store:
        episodes, facts = [], []
        for i in range(30):
            made = make_episode(i, task=tasks[i % 3], scene="ab"[i % 2] if i % 5 else "")
            tags = ("object:cup",) if i % 4 == 0 else ()
            origin = Origin(embodiment="arm", site="lab" if i % 5 == 0 else "", region="CH-ZH" if i % 2 else "north")
            episodes.append(Episode(made.streams, origin, made.task, made.task, made.scene, tags=tags))
            if i % 4 == 1:
                facts.append(Fact(episodes[-1].id, "object", "bowl", "person/ann@1"))
        store.put(episodes, facts, at=1)
        yield store


def test_axes_come_from_facts_tags_and_origin(planted: Store) -> None:
    cells = read(planted)
    assert cells.n == 30
    objects, (codes,) = cells.counts("object")
    assert dict(zip((cells.axes["object"].words[c] for c in codes), objects.tolist(), strict=True)) == {
        "bowl": 8,
        "cup": 8,
    }
    assert cells.axes["country"].words == ("CH",)
    assert cells.axes["family"].words == ("push", "stack")
    assert cells.axes["environment"].words == ("a", "b", "lab")
    with pytest.raises(BadValue, match="country"):
        read(planted, ["contry"])


def test_unknown_is_said_as_unknown(planted: Store) -> None:
    found = {(e.name, e.group): e for e in cover(read(planted), ["country"]).estimates}
    assert found["object unknown", ""].value == pytest.approx(14 / 30)
    assert found["country unknown", ""].value == pytest.approx(15 / 30)
    assert found["combinations", ""].value == 9
    assert found["product bound", ""].value == 9
    assert found["share of episodes", "country=unknown"].value == pytest.approx(0.5)
    assert all(e.n > 0 for e in found.values())


def test_one_environment_only_is_said_plainly(tmp_path, make_episode) -> None:
    with Store(tmp_path / "lake") as store:
        empty = cover(read(store))
        assert not empty.estimates and "no episodes" in empty.notes[0]
        store.put([make_episode(i, task="stack", scene="a") for i in range(12)], at=1)
        found = cover(read(store))
        names = {e.name for e in found.estimates if not e.group}
        assert "combinations" in names and "chao1" not in names
        assert any("one combination only" in note for note in found.notes)
        assert any("no episode says its object" in note for note in found.notes)


def test_a_heat_map_keeps_every_episode_or_counts_what_is_cut(planted: Store) -> None:
    cells = read(planted)
    whole, cut = heat(cells), heat(cells, most=1)
    assert whole.episodes.sum() + whole.left == 30 == cut.episodes.sum() + cut.left
    assert whole.left == 0 and cut.episodes.shape == (1, 1)
    assert set(whole.rows) == {"push-red", "push_blue", "stack"}


def test_combinations_are_the_same_whether_sorted_or_counted_in_a_table() -> None:
    rng = np.random.default_rng(0)
    key, episodes = rng.integers(0, 300, 900), rng.integers(1, 50, 900)
    for kinds, sums in (_summed(key, episodes, 300), _summed(key, episodes, 10**9)):
        assert kinds.tolist() == sorted(set(key.tolist()))
        assert sums.tolist() == [int(episodes[key == kind].sum()) for kind in kinds]
