"""Cameras that are looked at by a process of its own: the same numbers, also where that process dies."""

from __future__ import annotations

import os
import signal
import time

import imagecodecs
import numpy as np
import numpy.typing as npt
import pytest

from volant.core import Kind, Signal
from volant.intake.eyes import Eyes
from volant.intake.take import Declared
from volant.video import Stills, look_and_histogram
from volant.wire import picture, unpack

SHAPE = (96, 128, 3)
DECLARED = Declared(Signal("camera", Kind.IMAGE, SHAPE, "uint8", "1", hz=30.0), "jpeg")


def _shots(many: int, seed: int) -> list[bytes]:
    rng = np.random.default_rng(seed)
    scene = rng.integers(0, 256, SHAPE).astype(np.uint8)
    return [bytes(imagecodecs.jpeg_encode(np.roll(scene, 3 * i, 1), 90)) for i in range(many)]


def _see(eyes: Eyes, session: str, shots: list[bytes], first: int, heard: list[tuple[int, float]]) -> None:
    def told(t: int, row: npt.NDArray[np.float32] | None) -> None:
        heard.append((t, -1.0 if row is None else float(row[0])))

    for i, blob in enumerate(shots, first):
        while not eyes.see(session, "take", DECLARED, unpack(picture(1, i + 1, i, blob)), told):
            pytest.fail("a frame was left out")


@pytest.mark.parametrize("killed", [False, True])
def test_a_process_sees_what_is_seen_in_bulk_and_its_death_loses_no_frame(killed: bool) -> None:
    eyes = Eyes(apart=1, ahead=1000)
    eyes.warm()
    heard: dict[str, list[tuple[int, float]]] = {f"camera-{i}": [] for i in range(3)}
    shots = {name: _shots(47, i) for i, name in enumerate(heard)}
    for name, told in heard.items():
        _see(eyes, name, shots[name][:30], 0, told)
    until = time.monotonic() + 60
    while min(map(len, heard.values())) < 5 and time.monotonic() < until:
        eyes.gather(0.05)
    if killed:
        os.kill(eyes.processes[0], signal.SIGKILL)
    for name, told in heard.items():
        _see(eyes, name, shots[name][30:], 30, told)
    for name, told in heard.items():
        seen = eyes.looks(name, "take")["camera"]
        looks, counts = look_and_histogram(Stills.of(shots[name]))
        np.testing.assert_array_equal(seen.looks, looks)
        np.testing.assert_array_equal(seen.counts, counts)
        assert eyes.through(name, "take")
        assert told == [(i, float(looks[i, 0])) for i in range(47)]
    assert (eyes.processes == []) is killed
    eyes.close()


def test_a_picture_that_cannot_be_read_is_passed_and_ends_its_camera_only() -> None:
    eyes = Eyes(apart=1, ahead=1000)
    bad: list[tuple[int, float]] = []
    good: list[tuple[int, float]] = []
    shots = _shots(4, 0)
    _see(eyes, "bad", [shots[0], b"\xff\xd8\xff no picture", shots[1]], 0, bad)
    _see(eyes, "good", shots, 0, good)
    assert eyes.looks("good", "take")["camera"].why is None
    assert eyes.looks("bad", "take")["camera"].why is not None
    assert [value < 0 for _, value in bad] == [False, True, True] and len(good) == 4
    eyes.close()


def test_a_picture_larger_than_a_pipe_holds_arrives_whole() -> None:
    shape = (1200, 1600, 3)
    declared = Declared(Signal("camera", Kind.IMAGE, shape, "uint8", "1"), "jpeg")
    rng = np.random.default_rng(1)
    shots = [bytes(imagecodecs.jpeg_encode(rng.integers(0, 256, shape).astype(np.uint8), 98)) for _ in range(3)]
    assert min(map(len, shots)) > 1 << 20
    eyes = Eyes(apart=1)
    for i, blob in enumerate(shots):
        assert eyes.see("robot", "take", declared, unpack(picture(1, i + 1, i, blob)), lambda t, row: None)
    np.testing.assert_array_equal(eyes.looks("robot", "take")["camera"].looks, look_and_histogram(Stills.of(shots))[0])
    eyes.close()
