"""What moves alike lies near."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from volant.core import Episode, Stream
from volant.core.errors import NotFound
from volant.curate import likeness
from volant.lake import Store


def test_the_nearest_of_an_episode_is_its_shaken_twin(lake: Store, make_episode: Callable[..., Episode]) -> None:
    one = lake.episode(lake.ids()[4])
    shaken = tuple(
        Stream(stream.signal, stream.t, stream.values + np.float32(1e-4))
        for stream in one.streams
        if stream.video is None
    )
    twin = Episode(shaken, one.origin, one.task, one.instruction, one.scene)
    lake.put([twin, make_episode(99, body="another")], at=1)
    with pytest.raises(NotFound, match="no likeness vector"):
        likeness.nearest(likeness.alike(lake), one.id)
    waiting = likeness.pending(lake, 100)
    assert likeness.describe(lake, waiting, at=2) == len(waiting) == 22
    assert likeness.pending(lake, 100) == []
    near = likeness.nearest(likeness.alike(lake), one.id)
    assert near[0][0] == twin.id
    assert len(near) == 20, "episodes of another body are not compared"
    assert [far for _, far in near] == sorted(far for _, far in near)


def test_a_vector_is_finite_whatever_the_samples(make_episode: Callable[..., Episode]) -> None:
    one = make_episode(1)
    broken = Episode(
        (Stream(one.streams[0].signal, one.streams[0].t, np.full((40, 3), np.nan, np.float32)),), one.origin
    )
    assert np.isfinite(likeness.vector(broken)).all()
    assert len(likeness.vector(broken)) == len(likeness.vector(one)) == 51
