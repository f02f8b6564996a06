"""A lake as points: each episode embedded once, in the order they came, beside what the catalogue says."""

from __future__ import annotations

import numpy as np
import pytest

from volant.conform import generated
from volant.core import Episode, Origin
from volant.core.errors import NotFound
from volant.lake import Store
from volant.worth import embed, known
from volant.worth.space import pending


def test_only_what_is_new_is_embedded(tmp_path) -> None:
    first, later = generated.episodes(1, 5), generated.episodes(2, 3)
    empty = Episode((), Origin(uri="nothing"), "stack")
    with Store(tmp_path / "lake") as store:
        assert len(known(store)) == 0 and known(store).rows.shape == (0, 64)
        store.put([*first, empty], at=1)
        ticks: list[int] = []
        assert embed(store, at=2, progress=lambda done, _: ticks.append(done)) == 5
        assert pending(store) == [], "what has nothing to embed is told of, and not asked again"
        version = store.version
        assert embed(store, at=3) == 0
        assert store.version == version
        store.put(later, at=4)
        assert embed(store, at=5, only=[later[0].id]) == 1
        assert embed(store, at=6) == 2
        space = known(store)
        assert space.ids.tolist() == [one.id for one in (*first, *later)]
        assert space.by == "embeddings/motion@1" and space.rows.dtype == np.float32
        assert space.columns["id"].tolist() == space.ids.tolist()
        assert space.columns["seconds"][0] == pytest.approx(first[0].seconds)
        assert space.columns["task"][0] == first[0].task and space.columns["operator"].dtype == object
        assert space.place(later[1].id) == 6
        assert space.places([later[1].id, "nobody"]).tolist() == [6, -1]
        with pytest.raises(NotFound, match="no point"):
            space.place(empty.id)
        assert space.some(space.columns["task"] == "no such task").rows.shape == (0, 64)


def test_points_of_an_older_version_do_not_count(tmp_path) -> None:
    one = generated.episodes(1, 1)[0]
    with Store(tmp_path / "lake") as store:
        store.put([one], at=1)
        store.tell_vectors([one.id], "embedding/motion", np.zeros((1, 9), np.float32), "embeddings/motion@0", at=2)
        assert pending(store) == [one.id]
        assert known(store, by="embeddings/motion@0").rows.shape == (1, 9)
        embed(store, at=3)
        assert known(store).rows.shape == (1, 64)
