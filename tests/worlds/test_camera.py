"""Meta-World seen by a camera, where anything can be drawn; refused in words where not."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("metaworld", reason="Meta-World has no build for this Python")

from volant import plug
from volant.core import Environment, Job, Lanes, Rolling, rollout
from volant.core.errors import MissingPart
from volant.worlds import _sawyer_camera

TASK = "push-v3"


@pytest.fixture
def lanes() -> Lanes:
    try:
        return plug.world("metaworld-camera").open(TASK, 2)
    except MissingPart as error:
        pytest.skip(str(error))


def test_pictures_show_what_happens_and_where_the_camera_stands(lanes: Lanes) -> None:
    world = plug.world("metaworld-camera")
    plain = world.sample(TASK, 1, seed=0)[0]
    moved = Environment.of(world.name, TASK, plain.vector, {"camera.x": 0.05})
    lanes.reset(0, plain, 0)
    lanes.reset(1, moved, 0)
    still, other = lanes.state.obs["observation.image"].copy()
    assert still.std() > 10
    assert not np.array_equal(still, other)
    for _ in range(8):
        lanes.step(np.tile([1.0, 0.0, 0.0, 0.0], (2, 1)), np.array([True, False]))
    after = lanes.state.obs["observation.image"]
    assert not np.array_equal(after[0], still)
    assert np.array_equal(after[1], other)
    lanes.close()


def test_the_expert_needs_no_picture(lanes: Lanes) -> None:
    world = plug.world("metaworld-camera")
    jobs = [Job(0, world.sample(TASK, 1, seed=5)[0], 0)]
    take = next(rollout(lanes, world.expert(TASK, 2), jobs, Rolling(12)))
    assert take.obs["observation.image"].shape == (12, 96, 96, 3)
    assert take.progress[-1] > 0
    lanes.close()


def test_no_graphics_stack_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> object:
        raise ImportError(f"no {name}")

    monkeypatch.setattr(_sawyer_camera, "import_module", absent)
    with pytest.raises(MissingPart, match="no graphics stack"):
        plug.world("metaworld-camera").open(TASK, 1)
