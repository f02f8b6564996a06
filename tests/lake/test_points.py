"""Points kept beside the facts: the same answers with and without them, whatever is told, lost or broken in between."""

from __future__ import annotations

import multiprocessing
import shutil
from pathlib import Path

import numpy as np
import pytest

from volant.conform import generated
from volant.core import Fact
from volant.core.errors import NotFound
from volant.lake import Store, lists
from volant.lake.points import Points
from volant.vectors import index

KEY, BY = "embedding/test", "tester@1"


def told(store: Store, ids: list[str], seed: int, by: str = BY) -> int:
    rows = np.random.default_rng(seed).standard_normal((len(ids), 5)).astype(np.float32)
    return store.tell_vectors(ids, KEY, rows, by, at=1)


def put(store: Store, seed: int, count: int) -> list[str]:
    return list(store.put([one.between(0, 1) for one in generated.episodes(seed, count)], at=1).added)


def read(store: Store, version: int | None = None) -> Points:
    return store.points.read(KEY, BY, store.version if version is None else version)


def plain(store: Store) -> tuple[list[str], np.ndarray]:
    """The same without anything kept."""
    found = store.points._whole(KEY, BY, store.version)
    return found.ids.to_pylist(), found.rows


def same(store: Store) -> bool:
    found, (ids, rows) = read(store), plain(store)
    return bool(found.ids.to_pylist() == ids and np.array_equal(found.rows, rows))


def heads(store: Store) -> list[Path]:
    return sorted(store.files.kept.rglob("head.json"))


def test_what_is_kept_grows_by_what_is_new(tmp_path) -> None:
    with Store(tmp_path / "lake") as store:
        with pytest.raises(NotFound):
            read(store)
        first = put(store, 1, 6)
        told(store, first[:5], 1)
        kept = store.points.keep(read(store))
        assert kept.head is not None and kept.missing == (first[5],) and kept.rows.flags.writeable is False
        assert store.points.known(KEY, "somebody@1", store.version) is None
        later = put(store, 2, 4)
        told(store, later[:3], 2)
        grown = read(store)
        assert [len(part) for part in grown.parts] == [5, 3] and grown.fresh == (later[3],)
        assert same(store)
        again = store.points.keep(grown)
        assert len(again.parts) == 1 and again.head is not None and again.head.token == kept.head.token
        assert again.missing == (first[5], later[3]) and same(store)
        assert kept.ids.to_pylist() == first[:5], "who mapped less of it goes on"


@pytest.mark.parametrize("change", ["again", "late", "early", "compacted"])
def test_facts_that_change_what_is_kept_are_heard(tmp_path, change: str) -> None:
    with Store(tmp_path / "lake") as store:
        ids, coming = put(store, 1, 6), generated.episodes(3, 1)[0].between(0, 1)
        told(store, [*ids[:5], *([coming.id] if change == "early" else [])], 1)
        store.points.keep(read(store))
        if change == "again":
            told(store, ids[1:2], 7)
        elif change == "late":
            told(store, ids[5:], 7)
        elif change == "early":
            store.put([coming], at=2)
        else:
            told(store, put(store, 4, 2), 8)
            store.seal(at=3)
            store.compact(at=3)
        assert same(store)
        store.points.keep(read(store))
        assert same(store) and store.points.known(KEY, BY, store.version) is not None


def test_an_older_version_is_answered_from_the_facts(tmp_path) -> None:
    with Store(tmp_path / "lake") as store:
        ids = put(store, 1, 4)
        before = told(store, ids[:2], 1)
        told(store, ids[2:], 2)
        store.points.keep(read(store))
        assert read(store, before).ids.to_pylist() == ids[:2]


@pytest.mark.parametrize("harm", ["head", "short", "gone", "other lake", "newer layout"])
def test_what_is_kept_wrongly_is_not_believed(tmp_path, harm: str) -> None:
    with Store(tmp_path / "lake") as store, Store(tmp_path / "other") as other:
        told(store, put(store, 1, 4), 1)
        store.points.keep(read(store))
        head = heads(store)[0]
        if harm == "head":
            head.write_bytes(head.read_bytes()[:-9])
        elif harm == "short":
            rows = next(head.parent.glob("rows-*"))
            rows.write_bytes(rows.read_bytes()[:-1])
        elif harm == "gone":
            next(head.parent.glob("ids-*")).unlink()
        elif harm == "newer layout":
            head.write_bytes(head.read_bytes().replace(b'"layout":1', b'"layout":2'))
        else:
            told(other, put(other, 2, 4), 2)
            shutil.copytree(store.files.kept, other.files.kept)
        lake = other if harm == "other lake" else store
        assert store.points.known(KEY, BY, lake.version) is None or harm == "other lake"
        assert lake.points.known(KEY, BY, lake.version) is None
        assert same(lake)
        lake.points.keep(read(lake))
        assert lake.points.known(KEY, BY, lake.version) is not None and same(lake)


def test_bytes_of_a_killed_writer_are_written_over(tmp_path) -> None:
    with Store(tmp_path / "lake") as store:
        told(store, put(store, 1, 4), 1)
        store.points.keep(read(store))
        for name in ("rows", "ids"):
            with next(heads(store)[0].parent.glob(f"{name}-*")).open("ab") as file:
                file.write(b"half of a row that nobody named")
        (heads(store)[0].parent / "head.json.new").write_bytes(b"{")
        told(store, put(store, 2, 3), 2)
        store.points.keep(read(store))
        assert same(store) and len(read(store).parts) == 1


def _keeps(place: Path, rounds: int) -> None:
    with Store(place) as store:
        for _ in range(rounds):
            store.points.keep(read(store))


def test_two_writers_do_no_harm(tmp_path) -> None:
    place = tmp_path / "lake"
    with Store(place) as store:
        told(store, put(store, 1, 4), 1)
        spawn = multiprocessing.get_context("spawn")
        hands = [spawn.Process(target=_keeps, args=(place, 40)) for _ in range(2)]
        for hand in hands:
            hand.start()
        for seed in range(2, 8):
            told(store, put(store, seed, 2), seed)
            assert same(store)
        for hand in hands:
            hand.join(60)
        assert [hand.exitcode for hand in hands] == [0, 0]
        store.points.keep(read(store))
        assert same(store) and len(list(heads(store)[0].parent.glob("rows-*"))) == 1


def test_a_kept_index_is_made_anew_when_points_outgrow_it(tmp_path) -> None:
    with Store(tmp_path / "lake") as store:
        ids = put(store, 1, 8)
        told(store, ids, 1)
        points = store.points.keep(read(store))
        assert lists.read(store.points, points) is None and not lists.keep(store.points, points, least=9)
        assert lists.keep(store.points, points, least=8) and not lists.keep(store.points, points, least=8)
        found = lists.read(store.points, points)
        assert found is not None and found.count == 8
        assert found.nearest(points.rows + np.float32(1e-4)).tolist() == list(range(8))
        told(store, put(store, 2, 1), 2)
        points = store.points.keep(read(store))
        assert not lists.keep(store.points, points, least=8), "one more of eight is looked at alone"
        assert (found := lists.read(store.points, points)) is not None and found.count == 8
        told(store, put(store, 3, 1), 3)
        points = store.points.keep(read(store))
        assert lists.keep(store.points, points, least=8)
        assert len(list(heads(store)[0].parent.glob("lists-*"))) == 1
        told(store, ids[:1], 4)
        points = store.points.keep(read(store))
        assert lists.read(store.points, points) is None, "points that were told anew have no index yet"


def test_a_folder_of_facts_alone_is_enough(tmp_path) -> None:
    with Store(tmp_path / "lake") as store:
        told(store, put(store, 1, 4), 1)
        store.points.keep(read(store))
        store.tell([Fact("somebody", "note", "x", "tester@1")], at=1)
        shutil.rmtree(store.files.kept)
        assert same(store) and store.verify(deep=True).ok
        assert index.build(read(store).rows).count == 4
