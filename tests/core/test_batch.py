"""Episodes side by side: grouped by signals and body, laid end to end once."""

import numpy as np
import pytest

from volant.core import Batch, Embodiment, Episode, FactTable, Joint, Kind, Origin, Signal, Stream

Q = Signal("q", Kind.JOINT, (2,), "int16", dims=("a", "b"))
P = Signal("p", Kind.STATE, (), "bool")
WORDS = Signal("say", Kind.LANGUAGE, (), "str")


def _episode(n: int, *signals: Signal, body: str = "", task: str = "") -> Episode:
    streams = []
    for signal in signals:
        x = np.array(["a"] * n, dtype=object) if signal.dtype == "str" else np.ones((n, *signal.shape), signal.dtype)
        streams.append(Stream(signal, np.arange(n, dtype=np.int64), x))
    return Episode(tuple(streams), Origin(embodiment=body), task=task, instruction="do")


def test_episodes_are_alike_by_signals_and_body():
    made = (_episode(3, Q, P, task="t"), _episode(4, Q), _episode(0, Q, WORDS, P), _episode(5, Q, P, body="arm"))
    batch = Batch((*made, Episode(())))
    assert [alike.episodes for alike in batch.alike] == [
        (made[0], made[2]),
        (made[1],),
        (made[3],),
        (batch.episodes[4],),
    ]
    first = batch.alike[0]
    assert first.signals == (Q, P)
    assert first.ids == (made[0].id, made[2].id)
    assert first.tasks == ("t", "do")
    assert batch.alike[2].embodiment == "arm"
    assert len(batch) == 5
    assert not Batch(()).alike


def test_columns_are_laid_once_with_the_limits_of_the_body():
    arm = Embodiment("arm", (Joint("b", "rad", low=-1.0, high=2.0),))
    batch = Batch((_episode(3, Q, P, body="arm"), _episode(2, Q, P, body="arm")), bodies={"arm": arm})
    columns = batch.alike[0].columns("q")
    assert columns is batch.alike[0].columns("q")
    assert columns.cuts.tolist() == [0, 3, 5]
    assert columns.x.dtype == np.float64
    assert columns.x.shape == (5, 2)
    assert columns.limits is not None
    assert columns.limits[1].tolist() == [-1.0, 2.0]
    assert np.isnan(columns.limits[0]).all()
    assert batch.alike[0].columns("p").x.shape == (5, 1)


def test_looks_of_cameras_stand_beside_the_numbers():
    look = Stream(Signal("cam", Kind.LOOK, (3,), "float32"), np.arange(3, dtype=np.int64), np.ones((3, 3), np.float32))
    batch = Batch((_episode(3, Q), _episode(3, Q)), ({"cam": look}, {}))
    assert [[signal.name for signal in alike.signals] for alike in batch.alike] == [["q", "cam"], ["q"]]
    with pytest.raises(ValueError, match="zip"):
        _ = Batch((_episode(3, Q),), ({}, {})).alike


def test_many_facts_at_once_equal_single_ones():
    one, many = FactTable(), FactTable()
    for subject, value in (("a", 1.0), ("b", 2.0)):
        one.row(subject, "check/x", value, "me@1")
    many.many(["a", "b"], "check/x", [1.0, 2.0], "me@1")
    assert list(one) == list(many)
