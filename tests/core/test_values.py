"""The vocabulary keeps its laws: equality, identity, slicing, refusal."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volant.core import Columns, Episode, Fact, FactTable, Kind, Origin, Reach, Segment, Selection, Signal, Span, Stream
from volant.core.errors import BadValue, NotFound, VolantError, suggest

SIGNAL = Signal("q", Kind.JOINT, (2,), "float64", "rad", "base", 30.0, ("a", "b"))


def stream(n: int = 10, name: str = "q", start: int = 0) -> Stream:
    signal = dataclasses.replace(SIGNAL, name=name)
    t = np.arange(n, dtype=np.int64) * 33_000_000 + start
    return Stream(signal, t, np.arange(2 * n, dtype=np.float64).reshape(n, 2))


times = st.lists(st.integers(-(2**40), 2**40), max_size=40)


@given(st.sampled_from(list(Kind)), st.lists(st.integers(0, 5), max_size=3), st.text(min_size=1, max_size=8))
def test_signal_survives_its_text(kind: Kind, shape: list[int], name: str) -> None:
    signal = Signal(name, kind, tuple(shape), "float32", "m", "tool", 12.5)
    assert Signal.from_json(signal.to_json()) == signal
    assert hash(Signal.from_json(signal.to_json())) == hash(signal)


def test_signals_differ_when_samples_are_not_interchangeable() -> None:
    for change in ({"unit": "deg"}, {"frame": "tool"}, {"dtype": "float32"}, {"hz": 50.0}, {"dims": ("b", "a")}):
        assert dataclasses.replace(SIGNAL, **change) != SIGNAL


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"dtype": "floaty"}, {"hz": 0.0}, {"hz": -1.0}, {"dims": ("a",)}, {"shape": (-1,)}]
)
def test_impossible_signals_are_refused(wrong: dict) -> None:
    with pytest.raises(BadValue):
        dataclasses.replace(SIGNAL, **wrong)


@given(times, st.integers(-(2**40), 2**40), st.integers(-(2**40), 2**40))
def test_between_gives_what_lies_between_as_a_view(raw: list[int], a: int, b: int) -> None:
    t = np.sort(np.array(raw, dtype=np.int64))
    whole = Stream(Signal("x", Kind.SCALAR), t, np.arange(len(t), dtype=np.float64))
    part = whole.between(a, b)
    assert part.t.tolist() == [moment for moment in t.tolist() if a <= moment < b]
    assert part.values.base is not None or not len(part)
    assert not part.t.flags.writeable


@given(times)
def test_a_clock_that_runs_backwards_is_kept_and_said(raw: list[int]) -> None:
    t = np.array(raw, dtype=np.int64)
    kept = Stream(Signal("x", Kind.SCALAR), t, np.zeros(len(t)))
    assert kept.t.tolist() == raw
    assert kept.ordered == (raw == sorted(raw))


def test_samples_are_read_only() -> None:
    kept = stream()
    with pytest.raises(ValueError, match="read-only"):
        kept.values[0, 0] = 5
    with pytest.raises(ValueError, match="read-only"):
        kept.t[0] = 5


@pytest.mark.parametrize(
    ("t", "x"),
    [
        (np.arange(3), np.zeros((4, 2))),
        (np.arange(3, dtype=np.float64), np.zeros((3, 2))),
        (np.arange(3), np.zeros((3, 5))),
    ],
)
def test_streams_that_do_not_fit_are_refused(t: np.ndarray, x: np.ndarray) -> None:
    with pytest.raises(BadValue):
        Stream(SIGNAL, t, x)


def test_identity_is_of_samples_not_of_where_they_lie() -> None:
    one = Episode((stream(), stream(name="p")), Origin(uri="a"), task="x")
    two = Episode((stream(name="p"), stream()), Origin(uri="b"), task="y")
    assert one.id == two.id
    assert len(one.id) == 32
    assert Episode((stream(start=1), stream(name="p"))).id != one.id
    changed = stream().values.copy()
    changed[3, 1] += 1e-9
    assert Episode((Stream(SIGNAL, stream().t, changed), stream(name="p"))).id != one.id


def test_identity_tells_words_apart() -> None:
    signal = Signal("say", Kind.LANGUAGE, (), "str")
    t = np.arange(2, dtype=np.int64)
    ids = {Episode((Stream(signal, t, np.array(words, dtype=object)),)).id for words in (["ab", "c"], ["a", "bc"])}
    assert len(ids) == 2


def test_episode_between_clips_segments_and_streams() -> None:
    episode = Episode((stream(),), segments=(Segment(Span(0, 10**9), "reach"), Segment(Span(10**9, 2 * 10**9), "lift")))
    part = episode.between(33_000_000, 99_000_000)
    assert [len(s) for s in part.streams] == [2]
    assert [(s.label, s.span) for s in part.segments] == [("reach", Span(33_000_000, 99_000_000))]


def test_absent_streams_are_told_with_what_exists() -> None:
    with pytest.raises(NotFound, match="Did you mean 'q'"):
        Episode((stream(),))["qq"]
    with pytest.raises(BadValue, match="twice"):
        Episode((stream(), stream()))


def test_seconds_and_frames() -> None:
    assert Episode(()).seconds == 0
    assert Episode((stream(11),)).seconds == pytest.approx(0.33)
    assert Episode((stream(11), stream(3, "p"))).frames == 11


def test_facts_need_a_signed_author_and_survive_as_columns() -> None:
    with pytest.raises(BadValue, match="version"):
        Fact("s", "outcome", "success", "me")
    facts = [
        Fact("s", "check/gap", 2.5, "checks/gap@1", Span(5, 9), "state", 3),
        Fact("s", "outcome", "success", "me@1"),
        Fact("t", "sketch/x", (1.0, 2.0), "me@1"),
    ]
    table = FactTable.of(facts)
    table.extend(FactTable())
    assert list(table) == facts
    assert len(table) == 3


def test_spans_are_half_open_and_forward() -> None:
    assert Span(0, 10**9).seconds == 1
    with pytest.raises(BadValue):
        Span(5, 4)


def test_selection_hash_follows_what_decides_batches() -> None:
    one = Selection(3, "task = 'x'", ("a", "b"), (1.0, 2.0), 7, "because")
    assert dataclasses.replace(one, why="other").hash == one.hash
    for change in ({"seed": 8}, {"ids": ("b", "a")}, {"weights": (1.0, 3.0)}, {"version": 4}):
        assert dataclasses.replace(one, **change).hash != one.hash
    for wrong in ({"ids": ("a", "a")}, {"weights": (1.0,)}, {"weights": (1.0, -1.0)}, {"weights": (1.0, float("nan"))}):
        with pytest.raises(BadValue):
            dataclasses.replace(one, **wrong)


def test_columns_lay_runs_end_to_end() -> None:
    columns = Columns.of([stream(3), stream(0), stream(2)])
    assert columns.cuts.tolist() == [0, 3, 3, 5]
    assert columns.x.shape == (5, 2)
    flags = Stream(Signal("f", Kind.FLAG, (), "bool"), np.arange(2), np.array([True, False]))
    assert Columns.of([flags]).x.tolist() == [[1], [0]]
    assert Reach().samples == 0


def test_suggestions_name_what_exists() -> None:
    assert suggest("lerobt", ["lerobot", "mcap"]) == "Did you mean 'lerobot'?"
    assert suggest("zzz", ["b", "a"]) == "Known: a, b."
    error = VolantError("Wrong.", instead="Known: a.", do="Do b.")
    assert str(error) == "Wrong. Known: a. Do b."
    assert error.exit_code == 1
