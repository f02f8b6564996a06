"""Logs are cut where the topic, the silence or the person says so."""

from __future__ import annotations

import json

import numpy as np
import pytest

from volant.core import Episode, Kind, Signal, Stream
from volant.core.errors import BadValue, Damaged, NotFound
from volant.logs.split import split_episode

S = 1_000_000_000


def log(*extra: Stream) -> Episode:
    t = np.arange(0, 10 * S, S // 10, dtype=np.int64)
    x = np.arange(len(t), dtype=np.float64)
    return Episode((Stream(Signal("/joints", Kind.JOINT), t, x), *extra))


def flag(name: str, at: list[float], values: np.ndarray, dtype: str = "bool") -> Stream:
    return Stream(Signal(name, Kind.FLAG, (), dtype), (np.array(at) * S).astype(np.int64), values)


def test_no_split_is_the_log_itself():
    whole = log()
    assert list(split_episode(whole, "")) == [whole]


def test_truth_is_an_episode():
    whole = log(flag("/go", [0, 1, 3, 5, 5.5, 8], np.array([False, True, False, True, True, False])))
    cut = list(split_episode(whole, "topic:/go"))
    assert [len(e["/joints"]) for e in cut] == [20, 30]
    assert cut[0]["/joints"].t[0] == 1 * S and cut[1]["/joints"].t[-1] == 79 * S // 10


def test_numbers_name_episodes_and_negative_ones_lie_between():
    whole = log(flag("/episode", [0, 2, 4, 6], np.array([0, 1, -1, 2]), "int64"))
    assert [len(e["/joints"]) for e in split_episode(whole, "topic:episode")] == [20, 20, 40]


def test_words_are_tasks():
    words = np.array(["pick", "", "place"], dtype=object)
    whole = log(Stream(Signal("/task/data", Kind.LANGUAGE, (), "str"), np.array([1, 3, 6]) * S, words))
    cut = list(split_episode(whole, "topic:/task"))
    assert [e.task for e in cut] == ["pick", "place"]
    assert cut[1].segments[0].label == "place"


def test_pulses_start_episodes():
    whole = log(flag("/mark", [2, 7], np.zeros(2), "float64"))
    assert [len(e["/joints"]) for e in split_episode(whole, "topic:/mark")] == [50, 30]


def test_silence_starts_an_episode():
    t = np.concatenate((np.arange(5), np.arange(20, 24))) * S
    whole = Episode((Stream(Signal("/a", Kind.STATE), t.astype(np.int64), np.zeros(9)),))
    assert [len(e["/a"]) for e in split_episode(whole, "gap:2.5")] == [5, 4]
    assert [len(e["/a"]) for e in split_episode(whole, "gap:100@/a")] == [9]


def test_annotations_cut(tmp_path):
    path = tmp_path / "notes.csv"
    path.write_text("start,stop,task,outcome\n0,2,pick,success\n2.5,3,place,failure\n")
    cut = list(split_episode(log(), f"annotation:{path}"))
    assert [(e.task, len(e["/joints"])) for e in cut] == [("pick", 20), ("place", 5)]
    assert {fact.value for fact in cut[1].said} >= {"failure"}
    path = tmp_path / "notes.json"
    path.write_text(json.dumps({"episodes": [{"start_ns": S, "stop_ns": 2 * S}]}))
    assert [len(e["/joints"]) for e in split_episode(log(), f"annotation:{path}")] == [10]


@pytest.mark.parametrize(
    ("how", "error"),
    [("by:x", BadValue), ("gap:-1", BadValue), ("gap:x", BadValue), ("topic:/joint", NotFound), ("gap:", BadValue)],
)
def test_nonsense_is_refused(how, error):
    with pytest.raises(error):
        list(split_episode(log(), how))


@pytest.mark.parametrize(
    ("text", "error"),
    [("start,stop\n5,4\n", BadValue), ("a,b\n1,2\n", BadValue), ("start,stop\n", BadValue),
     ("start,stop\nx,1\n", BadValue),
     ('start,stop\n"1', Damaged)],
)  # fmt: skip
def test_bad_annotations_say_why(tmp_path, text, error):
    path = tmp_path / "notes.csv"
    path.write_text(text)
    with pytest.raises(error):
        list(split_episode(log(), f"annotation:{path}"))
