"""The live gate: what it finds of samples that trickle in is what an archive's gate finds of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import imagecodecs
import numpy as np
import pytest

from volant import plug
from volant.conform import planted
from volant.core import Check, Episode, Kind, PairCheck, Signal, Stream
from volant.intake.eyes import Eyes
from volant.intake.gate import Gate
from volant.intake.judge import judge
from volant.intake.live import LiveGate
from volant.intake.policy import DEFAULT
from volant.intake.session import Session
from volant.intake.take import Declared, Take
from volant.video import Stills
from volant.wire import picture, samples, unpack

CHECKS = {name: check for name, check in plug.checks().items() if isinstance(check, Check | PairCheck)}


def _planted(seed: int) -> list[Episode]:
    """Clean takes and takes with one defect each, their pictures as JPEG."""
    return [_stills(one.episode) for one in planted.planted(seed, clean=2)[1::3]]


def _stills(episode: Episode) -> Episode:
    streams = []
    for stream in episode.streams:
        if stream.video is None:
            streams.append(stream)
            continue
        blobs = [imagecodecs.jpeg_encode(np.ascontiguousarray(frame), 95) for frame in stream.video.frames()]
        streams.append(Stream(stream.signal, stream.t, Stills.of(blobs)))
    return replace(episode, streams=tuple(streams))


def _trickled(episode: Episode, seed: int) -> Iterator[tuple[Stream, int, int]]:
    """Batches of one to nine samples of every numeric stream, in the order of their times."""
    rng = np.random.default_rng(seed)
    batches = []
    for stream in episode.streams:
        if stream.video is None and not stream.signal.numeric:
            continue
        a = 0
        while a < len(stream):
            b = min(len(stream), a + int(rng.integers(1, 10)))
            batches.append((int(stream.t[b - 1]), stream.name, stream, a, b))
            a = b
    for _, _, stream, a, b in sorted(batches, key=lambda one: one[:2]):
        yield stream, a, b


def _live(episode: Episode, seed: int) -> dict[tuple[str, str], float]:
    gate = LiveGate(CHECKS, eyes=Eyes(ahead=10**6))
    session = Session("robot-0001")
    session.take = Take(session.name, "take", 0, 0, {"origin": {}})
    gate.begin(session)
    rng = np.random.default_rng(seed)
    for seq, (stream, a, b) in enumerate(_trickled(episode, seed), 1):
        if stream.video is not None:
            for t, blob in zip(stream.t[a:b].tolist(), stream.video.part(a, b).encoded(), strict=True):
                gate.samples(session, Declared(stream.signal, "jpeg"), unpack(picture(2, seq, t, blob)), 0)
        else:
            gate.samples(
                session, Declared(stream.signal), unpack(samples(1, seq, stream.t[a:b], stream.values[a:b])), 0
            )
        if rng.random() < 0.1:
            gate.tick()
    looks = gate.eyes.looks(session.name, "take")
    assert set(looks) == {stream.name for stream in episode.streams if stream.video is not None}
    gate.end(session)
    gate.tick()
    gate.eyes.close()
    return {(found.check.name, found.stream): found.value for found in gate.worst(session.name)}


def _bulk(episode: Episode) -> dict[tuple[str, str], float]:
    facts = Gate(CHECKS).screen((episode,))
    found = judge(facts, DEFAULT, CHECKS, [episode.id])[episode.id].findings
    made: dict[tuple[str, str], float] = {}
    for one in found:
        made[one.check, one.stream] = max(made.get((one.check, one.stream), 0.0), float(one.value))
    return made


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11])
def test_samples_that_trickle_in_get_the_verdicts_of_the_whole(seed: int) -> None:
    compared = found = 0
    for episode in _planted(seed):
        bulk, live = _bulk(episode), _live(episode, seed)
        assert live == bulk, episode.task
        compared += 1
        found += len(bulk)
    assert compared == 6 and found >= 4


def test_nothing_is_kept_of_a_client_that_has_gone() -> None:
    gate = LiveGate(CHECKS)
    signal = Signal("joints", Kind.JOINT, (3,), "float32", "rad", hz=50)
    here, gone = Session("robot-0001"), Session("robot-0002")
    for session in (here, gone):
        gate.samples(session, Declared(signal), unpack(samples(1, 1, np.array([5]), np.zeros((1, 3), np.float32))), 0)
    gate.gone(gone)
    assert set(gate.tick()) == {"robot-0001"} == set(gate.watched)
    gate.eyes.close()


def test_episodes_that_end_together_are_judged_before_what_comes_after_them() -> None:
    gate = LiveGate(CHECKS)
    declared = Declared(Signal("joints", Kind.JOINT, (3,), "float32", "rad", hz=50))
    both = [Session("robot-0001"), Session("robot-0002")]

    def batch(session: Session, seq: int, value: float) -> tuple[Session, Declared, int, int, bytes]:
        rows = np.full((30, 3), value, np.float32)
        frame = unpack(samples(1, seq, np.arange(30) * 20_000_000 + seq * 10**9, rows))
        return session, declared, seq, 30, bytes(frame.payload)

    for session in both:
        session.take = Take(session.name, "a", 0, 0, {"origin": {}})
        gate.begin(session)
    gate.batches([batch(session, 1, np.nan) for session in both])
    for session in both:
        gate.end(session)
        session.take = Take(session.name, "b", 0, 0, {"origin": {}})
        gate.begin(session)
    gate.batches([batch(session, 2, 0.5) for session in both])
    lights = gate.tick()
    assert {name: light.seen for name, light in lights.items()} == {"robot-0001": 2, "robot-0002": 2}
    assert [light.colour for light in lights.values()] == ["green", "green"], "what was found is of the episode before"
    assert [gate.watched[one.name].take for one in both] == [one.take for one in both]
    gate.eyes.close()
