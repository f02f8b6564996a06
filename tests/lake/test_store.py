"""What goes into the lake comes out bit for bit, once, and can be asked about."""

from pathlib import Path

import numpy as np
import pytest

from volant.core import Episode, Fact, FactTable, Kind, Origin, Segment, Signal, Span, Stream
from volant.core.errors import BadValue, NotFound, Refused
from volant.lake import Store, open_store
from volant.video import RawFrames, Stills


def make(i: int, n: int = 20, task: str = "stack", **origin: object) -> Episode:
    rng = np.random.default_rng(i)
    t = np.arange(n, dtype=np.int64) * 33_333_333
    state = Signal("observation.state", Kind.STATE, (7,), "float32", "rad", hz=30.0, dims=tuple("abcdefg"))
    return Episode(
        (
            Stream(state, t, rng.normal(size=(n, 7)).astype(np.float32)),
            Stream(Signal("reward", Kind.REWARD), t[::2], rng.normal(size=(n + 1) // 2)),
        ),
        Origin(uri=f"file-{i}", operator="ann", **origin),
        task=task,
        scene=f"room {i % 3}",
        segments=(Segment(Span(0, 10), "reach", "skill"),),
        tags=("a", "b"),
        said=(Fact("", "declared/fps", 30.0, "reader@1"),),
    )


def sorts() -> Episode:
    """One stream of every sort of sample there is."""
    t = np.array([0, 5, 3], dtype=np.int64)
    words = np.array(["grün", "", "x'; DROP TABLE episodes; --"], object)
    blobs = np.array([b"\0\xff", b"", b"abc"], object)
    nans = np.array([0x7FC00001, 0x7F800000, 0x80000000], np.uint32).view(np.float32)
    return Episode(
        (
            Stream(Signal("words", Kind.LANGUAGE, (), "str"), t, words),
            Stream(Signal("blobs", Kind.BLOB, (), "bytes"), t, blobs),
            Stream(Signal("mixed", Kind.EVENT, (), "str"), t, np.array(["a", b"b", "c"], object)),
            Stream(Signal("unicode", Kind.EVENT, (), "str"), t, np.array(["a", "bb", "ccc"])),
            Stream(Signal("nans", Kind.SCALAR, (), "float32"), t, nans),
            Stream(Signal("big", Kind.STATE, (2,), "float64"), t, np.arange(6.0).astype(">f8").reshape(3, 2)),
            Stream(Signal("half", Kind.STATE, (2,), "float16"), t, np.arange(6, dtype=np.float16).reshape(3, 2)),
            Stream(Signal("flag", Kind.FLAG, (), "bool"), t, np.array([True, False, True])),
            Stream(Signal("taxels", Kind.TACTILE, (4, 4), "uint8"), t, np.arange(48, dtype=np.uint8).reshape(3, 4, 4)),
            Stream(Signal("tiny", Kind.STATE, (0,), "float32"), t, np.zeros((3, 0), np.float32)),
            Stream(Signal("ids", Kind.STATE, (), "uint64"), t, np.array([0, 2**64 - 1, 5], np.uint64)),
            Stream(Signal("empty", Kind.STATE, (3,), "float64"), t[:0], np.zeros((0, 3))),
        )
    )


def pictures() -> Episode:
    rng = np.random.default_rng(1)
    t = np.arange(5, dtype=np.int64)
    raw = rng.integers(0, 255, (5, 12, 16, 3)).astype(np.uint8)
    deep = rng.integers(0, 60000, (5, 12, 16, 1)).astype(np.uint16)
    import io

    from PIL import Image

    blobs = []
    for frame in raw:
        sink = io.BytesIO()
        Image.fromarray(frame).save(sink, "png")
        blobs.append(sink.getvalue())
    return Episode(
        (
            Stream(Signal("raw", Kind.IMAGE, (12, 16, 3), "uint8"), t, RawFrames.of(raw)),
            Stream(Signal("depth", Kind.DEPTH, (12, 16, 1), "uint16"), t, RawFrames.of(deep)),
            Stream(Signal("png", Kind.IMAGE, (12, 16, 3), "uint8"), t, Stills.of(blobs)),
        )
    )


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
    with pytest.raises(BadValue, match="episodes.*verdict"):
        store.sql("SELECT nope FROM episodes")


def test_what_is_not_there_is_said(store: Store, tmp_path: Path) -> None:
    for id in ("00" * 16, "nonsense", "ü"):
        with pytest.raises(NotFound):
            store.episode(id)
    with pytest.raises(NotFound):
        open_store(tmp_path / "none")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.doc").write_text("mine")
    with pytest.raises(Refused):
        Store(tmp_path / "other")
    with pytest.raises(Refused):
        Store(tmp_path / "other" / "thesis.doc")
