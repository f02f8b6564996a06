"""Sealing, compacting and cleaning change nothing that can be asked, at any version."""

from pathlib import Path

import pytest
from lake_made import make, pictures

from volant.core import Fact, Selection, Span
from volant.core.errors import NotFound, Refused
from volant.lake import Store


def fill(store: Store, commits: int = 6) -> list[str]:
    """Some commits of two episodes and two facts each, and one large one among them."""
    ids = []
    for i in range(commits):
        some = [make(10 * i + j, n=4) for j in range(2)]
        ids += [episode.id for episode in some]
        store.put(some, [Fact(some[0].id, "verdict", "accept", "gate@1"), Fact(some[1].id, "x/n", i, "t@1")], at=i + 1)
        if i == 2:
            big = [make(1000 + j, n=900) for j in range(40)]
            ids += [episode.id for episode in big]
            store.put(big, at=50)
    return ids


def stored(store: Store) -> set[str]:
    return {key for key, _ in store.files.keys()}  # noqa: SIM118 (no mapping)


def everything(store: Store, version: int | None = None) -> tuple[object, ...]:
    return (
        [(episode.id, len(episode.streams)) for episode in store.episodes(version=version)],
        [repr(fact) for fact in store.facts(version=version)],
        store.catalogue(version).to_pylist(),
        store.sql(
            "SELECT * REPLACE (round(seconds, 6) AS seconds) FROM coverage ORDER BY ALL", version=version
        ).to_pylist(),
        store.sql("SELECT * EXCLUDE (added) FROM streams ORDER BY ALL", version=version).to_pylist(),
    )


@pytest.mark.parametrize("merge", ["seal", "compact"])
def test_merging_changes_no_answer(tmp_path: Path, merge: str) -> None:
    with Store(tmp_path / "lake") as store:
        ids = fill(store)
        version = store.version
        before = [everything(store, at) for at in range(version + 1)]
        assert [name for name, _ in before[-1][0]] == ids
        assert getattr(store, merge)(at=9) == version + 1
        assert [everything(store, at) for at in range(version + 1)] == before
        assert [store.episode(name).id for name in ids] == ids
        assert store.verify(deep=True).ok
        getattr(store, merge)(at=9)
        store.put([make(5000)], at=10)
        store.clean(keep=0)
        assert everything(store, version) == before[-1]
        assert store.verify(deep=True).ok
    with Store(tmp_path / "lake") as store:
        assert everything(store, version) == before[-1]


def test_compacting_leaves_fewer_files_and_clean_removes_the_old(tmp_path: Path) -> None:
    with Store(tmp_path / "lake") as store:
        for i in range(3):
            store.put([make(100 * i + j, n=900) for j in range(40)], at=i)
        files = stored(store)
        store.compact(at=5)
        assert files < stored(store)
        assert not [gone for gone in store.clean(keep=16) if not gone.startswith("tmp/")]
        assert set(store.clean(keep=0)) >= files - stored(store)
        assert not files & {key for key in stored(store) if "streams" in key}
        assert store.verify(deep=True).ok
        assert len(list(store.episodes())) == 120


def test_commits_seal_themselves_now_and_then(tmp_path: Path) -> None:
    with Store(tmp_path / "lake") as store:
        for i in range(70):
            store.put([make(i, n=3)], at=i + 1)
        assert "seal" in {commit.what for commit in store.log()}
        assert len(store.manifest.segments("streams")) < 10
        assert [episode.origin.uri for episode in store.episodes()] == [f"file-{i}" for i in range(70)]


def test_clean_takes_orphans_and_nothing_else(tmp_path: Path) -> None:
    root = tmp_path / "lake"
    with Store(root) as store:
        store.put([pictures()], at=1)
        (root / "tmp" / "1-dead").write_bytes(b"half")
        (root / "media" / "zz").mkdir()
        (root / "media" / "zz" / "orphan.mp4").write_bytes(b"never committed")
        report = store.verify()
        assert report.ok
        assert set(report.orphans) == {"tmp/1-dead", "media/zz/orphan.mp4"}
        assert set(store.clean()) == {"tmp/1-dead", "media/zz/orphan.mp4"}
        assert store.verify(deep=True).orphans == ()
        assert store.verify().ok


def test_versions_have_names_and_differences(tmp_path: Path) -> None:
    with Store(tmp_path / "lake") as store:
        one, two = make(1), make(2)
        store.put([one], at=1)
        assert store.tag("first") == 1
        assert store.tag("first", 1) == 1
        store.put([two], [Fact(one.id, "outcome", "success", "human@1")], at=3)
        with pytest.raises(Refused):
            store.tag("first", 2)
        for bad in (99, -1):
            with pytest.raises(NotFound):
                store.tag("other", bad)
        with pytest.raises(NotFound, match="first"):
            store.catalogue("frist")
        assert store.tags() == {"first": 1}
        assert len(store.catalogue("first")) == 1
        found = store.diff("first")
        assert found.episodes == (two.id,)
        assert found.facts == {"declared/fps": 1, "outcome": 1}
        assert [commit.what for commit in store.log()] == ["put", "tag", "put"]
        assert store.log()[0].tags == ("first",)
        assert store.catalogue().to_pylist()[0]["outcome"] == "success"
        assert store.catalogue(1).to_pylist()[0]["outcome"] is None


def test_selections_are_kept_and_found_by_their_beginning(tmp_path: Path) -> None:
    with Store(tmp_path / "lake") as store:
        picked = Selection(1, "SELECT id FROM episodes", ("ab" * 16, "cd" * 16), (1.0, 2.0), seed=3, why="a test")
        assert store.keep(picked) == picked.hash
        store.keep(picked)
        assert store.version == 1
        assert store.selection(picked.hash[:6]) == picked
        assert store.selections() == [picked]
        with pytest.raises(NotFound, match=picked.hash[:12]):
            store.selection("nothing")
        with pytest.raises(NotFound):
            store.selection("")


def test_the_journal_remembers_sources(tmp_path: Path) -> None:
    with Store(tmp_path / "lake") as store:
        assert not store.seen("a.mcap", "f1")
        store.mark("a.mcap", "f1", at=1, format="mcap", state="part", episodes=3)
        assert not store.seen("a.mcap", "f1")
        store.mark("a.mcap", "f1", at=2, format="mcap", episodes=9)
        assert store.seen("a.mcap", "f1")
        assert not store.seen("a.mcap", "f2")


def test_the_newest_word_of_an_author_counts(tmp_path: Path) -> None:
    with Store(tmp_path / "lake") as store:
        one = make(1)
        store.put(
            [one],
            [Fact(one.id, "check/a", 1.0, "c@1", Span(0, 5)), Fact(one.id, "check/a", 2.0, "c@1", Span(7, 9))],
            at=1,
        )
        store.tell(
            [Fact(one.id, "check/a", 1.5, "c@1", Span(0, 5)), Fact(one.id, "check/a", 9.0, "human@1", Span(0, 5))], at=2
        )
        now = "SELECT by, start_ns, number FROM facts_now WHERE key = 'check/a' ORDER BY ALL"
        rows = [tuple(row.values()) for row in store.sql(now.replace("by,", '"by",', 1)).to_pylist()]
        assert rows == [("c@1", 0, 1.5), ("c@1", 7, 2.0), ("human@1", 0, 9.0)]
        store.tell([Fact(one.id, "check/a", 3.0, "c@2", Span(1, 2))], at=3)
        rows = [tuple(row.values()) for row in store.sql(now.replace("by,", '"by",', 1)).to_pylist()]
        assert rows == [("c@2", 1, 3.0), ("human@1", 0, 9.0)]
        spans = store.sql("SELECT start, stop FROM spans WHERE author = 'human'").to_pylist()
        assert spans == [{"start": 0.0, "stop": 5e-9}]
