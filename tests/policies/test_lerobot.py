"""The near end of LeRobot's pipes, against a process that speaks the same words.

LeRobot itself is tried by `make conform-lerobot-train`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from lessons import jobs, lesson, walks
from toy import Line

from volant import plug
from volant.core import Learning, Rolling, rollout
from volant.core.errors import BadValue, MissingPart, Refused
from volant.policies import _lerobot_client
from volant.policies._lerobot_client import Remote

STAND_IN = """
import sys
sys.path.insert(0, {folder!r})
import numpy as np
import _lerobot_server as server

class Served:
    def __init__(self, folder, lanes):
        self.speed = float(open(folder + "/config.json").read())
    def start(self, lanes, seeds):
        pass
    def act(self, step, active, obs):
        gap = obs["observation.state"][:, 1] - obs["observation.state"][:, 0]
        return np.clip(gap, -self.speed, self.speed)[:, None]

server.Served = Served
server.main(sys.argv[1], int(sys.argv[2]))
"""
BOUNDS = np.array([[-0.1], [0.1]])


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "stand_in.py"
    path.write_text(STAND_IN.format(folder=str(Path(_lerobot_client.__file__).parent)))
    monkeypatch.setattr(_lerobot_client, "_SERVER", path)
    return path


def test_a_policy_in_another_process_moves_the_robots_and_goes_with_its_controller(server: Path) -> None:
    remote = Remote(Path(sys.executable), {"config.json": b"0.5"}, ("observation.state",), BOUNDS, 2)
    takes = list(rollout(Line(2), remote, jobs(4, 0), Rolling(30, hold=1)))
    assert [take.outcome for take in takes] == ["success"] * 4
    assert max(np.abs(take.actions).max() for take in takes) <= 0.1
    process = remote._process
    assert process is not None
    del remote
    assert process.wait(timeout=20) == 0


def test_a_policy_that_does_not_start_says_why(server: Path) -> None:
    remote = Remote(Path(sys.executable), {"config.json": b"fast"}, ("observation.state",), BOUNDS, 1)
    with pytest.raises(Refused, match="could not convert string to float"):
        list(rollout(Line(1), remote, jobs(1, 0), Rolling(5)))


def test_without_its_environment_or_a_type_it_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VOLANT_LEROBOT", str(tmp_path / "python"))
    with pytest.raises(MissingPart, match="make lerobot"):
        plug.learner("lerobot").learn(lesson(walks(4)), Learning(options={"type": "act"}))
    with pytest.raises(BadValue, match="lerobot:act"):
        plug.learner("lerobot").learn(lesson(walks(4)), Learning())
