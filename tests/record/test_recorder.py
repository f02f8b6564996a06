"""A robot's program records to a real server: the light comes back, and what was logged is in the lake."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import volant
from volant.core.errors import BadValue, Refused
from volant.record import Told, sync

from .conftest import LiveGateServer


def test_what_a_program_logs_is_in_the_lake_a_moment_later(gate: LiveGateServer, tmp_path: Path) -> None:
    lights: list[Told] = []
    t = time.time_ns() + np.arange(100) * 20_000_000
    q = np.cumsum(np.random.default_rng(0).normal(0, 0.01, (100, 6)), 0)
    shot = np.random.default_rng(1).integers(0, 255, (48, 64, 3), np.uint8)
    with volant.record(
        gate.url, task="fold", robot="arm-3", operator="mei", token=gate.token, spool=tmp_path, on_light=lights.append
    ) as rec:
        for i in range(100):
            rec.log("joints", int(t[i]), q[i], kind="joint", unit="rad", hz=50)
            if i % 5 == 0:
                rec.picture("camera", int(t[i]), shot)
        for _ in range(200):
            if rec.told.seen and rec.offset is not None:
                break
            time.sleep(0.05)
        rec.mark("button")
        rec.end("success")
    [(_, became)] = rec.stored.items()
    assert not list(tmp_path.glob("*.mcap")), "nothing stays in the spool"
    with volant.Lake(gate.lake) as lake:
        episode = lake.episode(str(became["id"]))
        said = {fact.key: fact.value for fact in lake.store.facts(subject=[episode.id])}
    assert np.array_equal(episode["joints"].t, t) and np.array_equal(episode["joints"].values, q)
    assert len(episode["camera"]) == 20 and episode.origin.robot == "arm-3" and episode.origin.collector == "phone 3"
    assert said["outcome"] == "success" and said["wire/sealed"] is True and said["verdict"] == became["verdict"]
    assert abs(float(str(said["clock/offset"]))) < 0.05
    assert lights and any(told.light != "grey" for told in lights)


def test_a_stuck_clock_turns_the_light_red_while_it_is_recorded(gate: LiveGateServer, tmp_path: Path) -> None:
    lights: list[Told] = []
    with volant.record(gate.url, task="fold", token=gate.token, spool=tmp_path, on_light=lights.append) as rec:
        begun = time.time_ns()
        for i in range(60):
            value = np.full(6, np.nan) if 30 <= i < 40 else np.sin(np.arange(6) + i / 20)
            rec.log("joints", begun + i * 20_000_000, value, kind="joint", unit="rad", hz=50)
            time.sleep(0.005)
    red = [told for told in lights if told.light == "red"]
    assert red and red[0].check == "nan" and "joints" in red[0].why
    assert [became["verdict"] for became in rec.stored.values()] == ["quarantine"]


def test_without_a_server_everything_waits_in_the_spool_and_is_sent_later(gate: LiveGateServer, tmp_path: Path) -> None:
    for number in range(2):
        with volant.record(tmp_path, task=f"offline {number}", robot="arm-9") as rec:
            for i in range(20):
                rec.log("joints", i * 20_000_000, np.sin(np.arange(3) * 0.1 + i + number))
            rec.end("failure", cause="dropped")
    assert len(list(tmp_path.glob("*.mcap"))) == 2
    result = sync(tmp_path, gate.url, token=gate.token, timeout=30)
    assert len(result.done) == 2 and not result.waiting and len(result.stored) == 2
    assert not list(tmp_path.iterdir())
    with volant.Lake(gate.lake) as lake:
        found = lake.episodes("task LIKE 'offline%'").to_pylist()
    assert [(row["task"], row["outcome"]) for row in found] == [("offline 0", "failure"), ("offline 1", "failure")]


def test_a_wrong_token_loses_nothing_and_says_what_to_do(gate: LiveGateServer, tmp_path: Path) -> None:
    rec = volant.record(gate.url, task="fold", token="wrong", spool=tmp_path, timeout=5)
    with suppress(Refused):  # it may have been turned away by now
        rec.log("joints", 0, np.zeros(3))
    with pytest.raises(Refused, match="does not let this recording in"):
        rec.close()
    assert len(list(tmp_path.glob("*.mcap"))) == 1


def test_what_makes_no_sense_is_refused_at_the_call(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="has no 'colour'"):
        volant.record(tmp_path, colour="red")
    with volant.record(tmp_path, task="fold") as rec:
        rec.log("joints", 0, np.zeros(3))
        with pytest.raises(BadValue, match="shape \\(4,\\)"):
            rec.log("joints", 1, np.zeros(4))
        with pytest.raises(BadValue, match="no number"):
            rec.log("name", 1, "words")
    with pytest.raises(Refused, match="was closed"):
        rec.log("joints", 2, np.zeros(3))
