"""Takes of the page Collect."""

import json

import numpy as np
import pytest

from volant.core import Reading
from volant.core.errors import Damaged, NotFound, Refused
from volant.formats.phone import Phone
from volant.video import encode


@pytest.fixture
def take(tmp_path):
    folder = tmp_path / "take"
    folder.mkdir()
    frames = [np.full((48, 64, 3), 8 * i, np.uint8) for i in range(12)]
    encode(frames, folder / "video.mp4", codec="h264", fps=12)
    about = {"volant_take": 1, "started": 1_790_000_000_000.5,  "task": "fold", "scene": "left shelf",
             "outcome": "success",
             "device": "a phone"}  # fmt: skip
    (folder / "take.json").write_text(json.dumps(about))
    motion = {
        "t": [0.0, 16.5, 33.25],
        "acceleration": [[0, 0, 9.8], [0.1, None, 9.8], [0, 0, 9.8]],
        "rotation": [[0, 0, 1]] * 3,
    }
    (folder / "motion.json").write_text(json.dumps(motion))
    return folder


def test_a_take_is_one_episode_of_film_and_motion(take):
    form = Phone()
    assert form.bid(take).score > 0.9
    assert form.bid(take.parent).score > 0.9
    (episode,) = form.read(take, Reading())
    assert (episode.task, episode.scene, episode.origin.recorded_at) == (
        "fold",
        "left shelf",
        1_790_000_000_000_500_000,
    )
    assert [(s.name, len(s)) for s in episode.streams] == [("camera", 12), ("acceleration", 3), ("rotation", 3)]
    assert episode["acceleration"].t.tolist() == [0, 16_500_000, 33_250_000]
    assert np.isnan(episode["acceleration"].values[1, 1])
    assert {fact.key: fact.value for fact in episode.said} == {"declared/device": "a phone", "outcome": "success"}


def test_a_take_without_motion_is_a_film(take):
    (take / "motion.json").unlink()
    (episode,) = Phone().read(take, Reading())
    assert [stream.name for stream in episode.streams] == ["camera"]


def test_what_does_not_fit_is_damage_and_what_is_not_there_is_not_found(take, tmp_path):
    (take / "motion.json").write_text(json.dumps({"t": [0.0], "acceleration": [[0, 0]]}))
    with pytest.raises(Damaged, match="does not fit"):
        list(Phone().read(take, Reading()))
    (take / "take.json").write_text('{"volant_take": "one"}')
    with pytest.raises(Damaged, match="cannot be read"):
        list(Phone().read(take, Reading()))
    with pytest.raises(NotFound):
        list(Phone().read(tmp_path / "none", Reading()))
    with pytest.raises(Refused):
        Phone().write([], tmp_path, None)
