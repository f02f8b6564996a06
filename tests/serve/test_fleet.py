"""A fleet in a process of its own: what people do reaches it, and what it lived reaches the lake."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("gym_pusht", reason="the extra `worlds` is not installed")

from fleet_made import PLACE, checkpoint

from aside import aside
from volant.core.errors import Refused
from volant.deploy.gate import Threshold
from volant.deploy.words import Said, Shifting
from volant.serve import House
from volant.serve.fleet import Fleet

HOW = Shifting(3, 2, "progress", limit=Threshold(1e6, 1.0), lease=1.0)


def lived(place: Path, blob: bytes, work: Callable[[Fleet], Awaitable[None]], place_of: str = PLACE) -> House:
    house = House(place / "lake", place)
    house.fleet = Fleet(house, blob, place_of, HOW)

    async def life() -> None:
        await house.fleet.start()
        try:
            await asyncio.wait_for(house.fleet.turn(), 60)
            await work(house.fleet)
        finally:
            await house.fleet.stop()

    aside(life())
    return house


def test_a_scripted_person_steers_a_robot_and_exactly_that_comes_home(tmp_path: Path) -> None:
    sent: dict[int, tuple[float, ...]] = {}

    async def steered(fleet: Fleet, command: tuple[float, ...], axis: int) -> None:
        """Commands at 40 Hz until the robot has moved as they say, twenty at least."""
        start = fleet.glance.places[1, 0, axis]
        for count in range(1000):
            number = len(sent)
            sent[number] = command
            fleet.say(Said(number, "ann", "steer", command=command))
            await asyncio.sleep(0.025)
            if count >= 20 and fleet.glance.places[1, 0, axis] > start + 0.05:
                return
        pytest.fail(f"It did not move along axis {axis}.")

    async def work(fleet: Fleet) -> None:
        assert (await fleet.ask(Said(1, "ann", "take", 1))).done
        other = await fleet.ask(Said(2, "bob", "take", 1))
        assert (other.seq, other.done, other.words) == (2, False, "Robot 1 is with ann.")
        await steered(fleet, (1.0, 0.0, 0.0, 0.0), 0)
        await steered(fleet, (0.0, 0.8, 0.0, 0.0), 1)
        assert (await fleet.ask(Said(len(sent), "ann", "cause", word="off course"))).done
        assert (await fleet.ask(Said(len(sent) + 1, "ann", "back"))).done

    house = lived(tmp_path, checkpoint(tmp_path / "wander.ckpt").read_bytes(), work)
    ids = house.now(lambda lake: lake.episodes()["id"].to_pylist())
    (episode,) = [house.now(lambda lake, one=one: lake.episode(one)) for one in ids]
    house.close()
    assert (episode.origin.tier, episode.origin.operator, episode.origin.robot) == ("intervention", "ann", "pusht-01")
    by_hand = episode["control"].values.ravel() == 1
    numbers, place = episode["mark/command"].values.ravel(), episode["observation.state"].values
    assert by_hand.sum() >= 8
    for step in np.flatnonzero(by_hand):
        push = sent.get(int(numbers[step]), (0.0, 0.0))
        wanted = np.clip(place[step] + np.array(push[:2]) * 0.08 * 512, 0, 512)
        assert np.allclose(episode["action"].values[step], wanted, atol=1e-3), step
    assert (numbers[~by_hand] == -1).all()


def test_what_cannot_go_to_work_says_why(tmp_path: Path) -> None:
    async def work(fleet: Fleet) -> None:
        assert "no task 'juggle'" in fleet.trouble
        with pytest.raises(Refused, match="juggle"):
            fleet.say(Said(0, "ann", "beat"))

    lived(tmp_path, checkpoint(tmp_path / "wander.ckpt").read_bytes(), work, "pusht/juggle").close()
