"""Vectors in bulk: float32 in, the same bits out, the latest of each subject, versions never mixed."""

from __future__ import annotations

import numpy as np
import pytest

from volant.core.errors import BadValue, NotFound
from volant.core.fact import Fact
from volant.lake import Store

KEY, BY = "embedding/motion", "embeddings/motion@1"


def drawn(count: int, width: int = 5, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, width), dtype=np.float32)


@pytest.mark.parametrize("count", [3, 5000], ids=["loose", "in a file of its own"])
def test_vectors_come_back_bit_for_bit_and_in_order(tmp_path, count: int) -> None:
    ids, rows = [f"e{i}" for i in range(count)], drawn(count)
    with Store(tmp_path / "lake") as store:
        store.tell_vectors(ids, KEY, rows, BY, at=1)
        store.tell_vectors(["late"], KEY, rows[:1], BY, at=2)
        store.seal()
        found = store.vectors(KEY)
        assert found.by == BY and found.ids.tolist() == [*ids, "late"]
        assert found.rows.dtype == np.float32 and np.array_equal(found.rows[:-1], rows)
        assert len(store.vectors(KEY, version=1)) == count
        said = store.sql("SELECT vector FROM facts WHERE subject = 'e2'")["vector"][0].as_py()
        assert said == rows[2].astype(float).tolist()
        assert store.facts("e2").value == [tuple(rows[2].tolist())]
        assert store.verify().ok


def test_the_latest_word_counts_at_the_place_of_the_first(tmp_path) -> None:
    with Store(tmp_path / "lake") as store:
        store.tell_vectors(["a", "b", "c"], KEY, drawn(3), BY, at=1)
        store.tell_vectors(["b"], KEY, drawn(1, seed=1), BY, at=2)
        store.tell([Fact("c", KEY, (1.0, 2.0, 3.0, 4.0, 5.0), BY)], at=3)
        found = store.vectors(KEY)
        assert found.ids.tolist() == ["a", "b", "c"]
        assert np.array_equal(found.rows, [drawn(3)[0], drawn(1, seed=1)[0], [1, 2, 3, 4, 5]])


def test_windows_are_kept_apart_from_the_whole(tmp_path) -> None:
    spans = np.array([[0, 10], [10, 20], [0, 10]])
    with Store(tmp_path / "lake") as store:
        store.tell_vectors(["a", "a", "b"], KEY, drawn(3), BY, at=1, spans=spans)
        store.tell_vectors(["a"], KEY, drawn(1, seed=3), BY, at=2)
        found = store.vectors(KEY, windows=True)
        assert found.ids.tolist() == ["a", "a", "b"] and np.array_equal(found.spans, spans)
        assert store.vectors(KEY).ids.tolist() == ["a"]


def test_two_versions_are_refused_unless_one_is_named(tmp_path) -> None:
    with Store(tmp_path / "lake") as store:
        assert len(store.vectors(KEY)) == 0
        store.tell_vectors(["a"], KEY, drawn(1), BY, at=1)
        store.tell_vectors(["a"], KEY, drawn(1, 7), "embeddings/motion@2", at=2)
        with pytest.raises(BadValue, match="2 versions: embeddings/motion@1, embeddings/motion@2"):
            store.vectors(KEY)
        assert store.vectors(KEY, BY).rows.shape == (1, 5)
        with pytest.raises(NotFound, match="motion@3"):
            store.vectors(KEY, "embeddings/motion@3")


def test_what_is_no_vector_is_refused(tmp_path) -> None:
    with Store(tmp_path / "lake") as store:
        for subjects, rows, by in (
            (["a"], drawn(2), BY),
            (["a"], np.full((1, 2), np.nan, np.float32), BY),
            ([""], drawn(1), BY),
            (["a"], drawn(1), "nobody"),
        ):
            with pytest.raises(BadValue):
                store.tell_vectors(subjects, KEY, rows, by, at=1)
        assert store.version == 0
        store.tell_vectors(["a"], KEY, drawn(1, 2), BY, at=1)
        store.tell_vectors(["b"], KEY, drawn(1, 3), BY, at=1)
        with pytest.raises(BadValue, match="2 numbers, and some 3"):
            store.vectors(KEY)
