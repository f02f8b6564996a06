"""What goes into the lake comes out bit for bit, once, and can be asked about."""

from pathlib import Path

import numpy as np
import pytest
from lake_made import make, pictures, sorts

from volant.core import Episode, Fact, FactTable, Origin, Span
from volant.core.errors import BadValue, NotFound, Refused
from volant.lake import Store, open_store


@pytest.fixture
def store(tmp_path: Path):
    with Store(tmp_path / "lake") as made:
        yield made


@pytest.mark.parametrize(
    "episode", [make(0), sorts(), Episode(()), pictures()], ids=["plain", "sorts", "empty", "seen"]
)
def test_an_episode_comes_back_as_it_went_in(store: Store, episode: Episode) -> None:
    receipt = store.put([episode], at=7)
    assert receipt.added == (episode.id,)
    back = store.episode(episode.id)
    assert back.id == episode.id
    assert Episode(back.streams).id == episode.id
    assert (back.origin, back.task, back.scene, back.segments, back.tags) == (
        episode.origin, episode.task, episode.scene, episode.segments, episode.tags,
    )  # fmt: skip
    for one, other in zip(back.streams, episode.streams, strict=True):
        assert one.signal == other.signal
        frames = zip(one.video.frames(), other.video.frames(), strict=True) if one.video else [(one.x, other.x)]
        for a, b in frames:
            np.testing.assert_array_equal(a, b)


def test_putting_twice_adds_nothing_but_where_it_was_seen(store: Store) -> None:
    one = make(1)
    first = store.put([one, one], at=1)
    assert store.put([one], at=2) == type(first)((), (one.id,), 1)
    moved = Episode(one.streams, Origin(uri="elsewhere"))
    receipt = store.put([moved, make(2)], at=3)
    assert (receipt.known, receipt.version) == ((one.id,), 2)
    assert [fact.value for fact in store.facts(one.id, "origin/also")] == ["elsewhere"]
    assert store.put([moved], at=4).version == 2
    assert len(store.catalogue()) == 2


def test_facts_of_every_sort_come_back_in_order(store: Store) -> None:
    one = make(1)
    facts = [
        Fact(one.id, "a/bool", True, "t@1"),
        Fact(one.id, "a/int", 2**62 + 1, "t@1", Span(3, 9), "observation.state", 77),
        Fact(one.id, "a/float", float("nan"), "t@1"),
        Fact(one.id, "a/words", "Robert'); DROP TABLE", "t@1"),
        Fact(one.id, "a/vector", (1.0, 2.5), "t@1"),
        Fact(one.id, "a/int", 2.5, "t@2"),
    ]
    store.put([one], facts, at=5)
    back = [fact for fact in store.facts(one.id) if fact.key != "declared/fps"]
    assert [repr(fact.value) for fact in back] == [repr(fact.value) for fact in facts]
    assert back[1].span == Span(3, 9)
    assert [fact.at for fact in back] == [5, 77, 5, 5, 5, 5]
    assert store.tell(facts[:1], at=6) == 2
    assert len(store.facts(key="a/bool")) == 2
    assert len(store.facts(key="a/bool", version=1)) == 1
    rows = store.sql("SELECT value FROM facts_now WHERE key = 'a/bool'").to_pylist()
    assert rows == [{"value": "true"}]


def test_many_facts_get_typed_files(store: Store, tmp_path: Path) -> None:
    one = make(1)
    table = FactTable()
    values = np.random.default_rng(0).normal(size=60_000).tolist()
    for value in values:
        table.row(one.id, "check/freeze", value, "volant.freeze@1")
    store.put([one], table, at=5)
    assert list((tmp_path / "lake" / "facts" / "check%2Ffreeze" / "volant.freeze@1").glob("*.parquet"))
    assert list(store.facts(key="check/freeze")) == [fact.__class__(*_with_time(fact)) for fact in table]
    assert store.sql("SELECT sum(number) AS s FROM facts WHERE key = 'check/freeze'")["s"].to_pylist() == [
        pytest.approx(sum(values))
    ]


def _with_time(fact: Fact) -> tuple[object, ...]:
    return (fact.subject, fact.key, fact.value, fact.by, fact.span, fact.stream, 5)


def test_episodes_come_in_order_and_at_a_version(store: Store) -> None:
    some = [make(i, n=5) for i in range(600)]
    store.put(some[:500], at=1)
    store.put(some[500:], at=2)
    assert [episode.id for episode in store.episodes()] == [episode.id for episode in some]
    assert len(list(store.episodes(version=1))) == 500
    asked = [some[599].id, some[3].id, some[300].id]
    assert [episode.id for episode in store.episodes(asked)] == asked
    assert [len(episode.streams) for episode in store.episodes(asked, columns=["reward"])] == [1, 1, 1]
    assert len(store.catalogue(version=1)) == 500


def test_a_question_cannot_leave_its_room(store: Store, tmp_path: Path) -> None:
    store.put([make(1, task="Robert'); DROP TABLE episodes; --")], at=1)
    assert store.sql("SELECT task FROM episodes WHERE scene = ?", params=["room 1"]).to_pylist() == [
        {"task": "Robert'); DROP TABLE episodes; --"}
    ]
    out = tmp_path / "out.csv"
    for query in (
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        f"COPY (SELECT 1) TO '{out}'",
        f"ATTACH '{out}'",
        "SET enable_external_access = true",
        "SELECT 1; SELECT 2",
        "DROP VIEW episodes",
        "INSTALL httpfs",
        "SELECT * FROM store",
        "not a question",
        "",
    ):
        with pytest.raises(BadValue):
            store.sql(query)
    assert not out.exists()
    with pytest.raises(BadValue, match=r"episodes.*verdict"):
        store.sql("SELECT nope FROM episodes")


def test_what_is_not_there_is_said(store: Store, tmp_path: Path) -> None:
    for name in ("00" * 16, "nonsense", "ü"):
        with pytest.raises(NotFound):
            store.episode(name)
    with pytest.raises(NotFound):
        open_store(tmp_path / "none")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.doc").write_text("mine")
    with pytest.raises(Refused):
        Store(tmp_path / "other")
    with pytest.raises(Refused):
        Store(tmp_path / "other" / "thesis.doc")


@pytest.mark.parametrize(
    "column, value",
    [
        ("value", {"a": 1}),
        ("value", 2**70),
        ("value", "\ud800"),
        ("value", (1.0, "x")),
        ("by", "nobody"),
        ("key", ""),
        ("subject", ""),
        ("subject", 7),
        ("at", 2**70),
        ("start", 0.5),
        ("stream", None),
    ],
)
def test_facts_that_make_no_sense_are_refused_and_change_nothing(store: Store, column: str, value: object) -> None:
    table = FactTable.of([Fact("ab" * 16, "a/b", 1.0, "c@1")] * 3)
    getattr(table, column)[1] = value
    with pytest.raises(BadValue):
        store.tell(table, at=1)
    with pytest.raises(BadValue):
        store.put([make(1)], table, at=1)
    assert store.version == 0
    assert store.verify().ok


def test_words_that_are_no_unicode_are_refused(store: Store) -> None:
    for one in (make(1, task="\ud800"), Episode((), tags=("\ud800",)), Episode((), Origin(site="\udfff"))):
        with pytest.raises(BadValue):
            store.put([one], at=1)
    assert store.version == 0


def test_a_slow_reader_is_not_hurt_by_merges(store: Store) -> None:
    some = [make(i, n=5) for i in range(20)]
    for i, one in enumerate(some):
        store.put([one], at=i + 1)
    slow = store.episodes()
    seen = [next(slow).id for _ in range(5)]
    for i in range(3):
        store.seal()
        store.put([make(100 + i)], at=99)
        store.compact()
        store.clean(keep=0)
    assert [*seen, *(episode.id for episode in slow)] == [episode.id for episode in some]
