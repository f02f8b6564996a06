"""Live sessions without a network: numbered, written down, acknowledged, there again after anything."""

from __future__ import annotations

import os
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from volant import Lake, plug
from volant.core.errors import BadInput, LakeUnwritable, Refused
from volant.intake import Screener
from volant.intake.landing import Ended, land
from volant.intake.reception import Reception
from volant.intake.session import Limits, Session
from volant.wire import event, picture, samples, seal, unpack
from volant.wire.sheaf import Sheaf

HELLO = {"type": "hello", "wire": 1, "session": "robot-0001"}
EYE = {"name": "x", "kind": "image", "shape": [1, 1, 3], "dtype": "uint8"}
T0 = 1_700_000_000_000_000_000


def take_of(first: int, name: str, many: int = 40, *, camera: bool = False, seed: int = 0) -> list[bytes]:
    """Frames of one short take: two streams, five samples a frame."""
    rng = np.random.default_rng(seed)
    signal = {"name": "joints", "kind": "joint", "shape": [3], "dtype": "float32", "unit": "rad", "hz": 50}
    said = [
        {"event": "stream", "number": 1, "signal": signal},
        {"event": "begin", "episode": name, "task": "fold", "origin": {"robot": "arm-3", "operator": "mei"}},
    ]
    if camera:
        eye = {"name": "cam", "kind": "image", "shape": [48, 64, 3], "dtype": "uint8", "unit": "1", "hz": 10}
        said.insert(1, {"event": "stream", "number": 2, "signal": eye, "codec": "jpeg"})
    frames = []
    for one in said:
        frames.append(event(first + len(frames), T0, one))
    x = np.cumsum(rng.normal(0, 0.01, (many, 3)), 0).astype(np.float32)
    t = T0 + np.arange(many, dtype=np.int64) * 20_000_000
    for a in range(0, many, 5):
        frames.append(samples(1, first + len(frames), t[a : a + 5], x[a : a + 5]))
        if camera:
            shot = imagecodecs.jpeg_encode(rng.integers(0, 255, (48, 64, 3), np.uint8), 90)
            frames.append(picture(2, first + len(frames), int(t[a]), shot))
    crcs = [unpack(frame).crc for frame in frames[2 if camera else 1 :]]
    end = {"event": "end", "episode": name, "outcome": "success", "seal": seal(crcs)}
    frames.append(event(first + len(frames), int(t[-1]), end))
    return frames


def _sent(reception: Reception, session: Session, frames: list[bytes]) -> None:
    for i, frame in enumerate(frames):
        assert reception.receive(session, frame, T0 + i) is None


def test_a_take_becomes_the_episode_that_was_sent(tmp_path: Path) -> None:
    reception = Reception(tmp_path / "live")
    session, welcome = reception.greet(HELLO, "mei", T0)
    assert welcome["next"] == 1
    frames = take_of(1, "take-1", camera=True)
    _sent(reception, session, frames)
    assert not reception.ripe(), "nothing is landed that is not on disk"
    assert reception.commit() == {"robot-0001": len(frames)}
    [(_, take)] = reception.ripe()
    with Lake(tmp_path / "lake") as lake:
        [became] = land(lake.store, Screener(plug.checks()), [Ended(take)], reception.read, T0)
        episode = lake.episode(became["id"])
        assert became["id"] == episode.id
        said = {fact.key: fact.value for fact in lake.store.facts(subject=[episode.id])}
    assert (episode.task, episode.origin.robot, episode.origin.operator, episode.origin.collector) == (
        "fold", "arm-3", "mei", "mei",
    )  # fmt: skip
    assert {stream.name: len(stream) for stream in episode.streams} == {
        "joints": 40, "joints/arrival": 40, "cam": 8, "cam/arrival": 8,
    }  # fmt: skip
    assert said["outcome"] == "success" and said["wire/sealed"] is True
    assert np.allclose(np.diff(episode["joints"].t), 20_000_000)
    assert episode["cam"].video is not None and next(iter(episode["cam"].video.frames())).shape == (48, 64, 3)


def test_duplicates_are_ignored_gaps_and_broken_frames_asked_for_again(tmp_path: Path) -> None:
    reception = Reception(tmp_path)
    session, _ = reception.greet(HELLO, "mei", T0)
    frames = take_of(1, "take-1")
    assert reception.receive(session, frames[0], T0) is None
    assert reception.receive(session, frames[0], T0) is None, "a duplicate"
    assert reception.receive(session, frames[2], T0) == 2, "a gap"
    assert reception.receive(session, frames[1][:-1] + b"x", T0) == 2, "changed on the way"
    _sent(reception, session, frames[1:])
    assert session.next == len(frames) + 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"event": "dance"}, "No event is called 'dance'"),
        ({"event": "begin", "episode": "../../etc"}, "name of its own"),
        ({"event": "begin", "episode": "a", "origin": {"uri": "x"}}, "no 'uri'"),
        ({"event": "stream", "number": 0, "signal": {}}, "from 1 to 65535"),
        ({"event": "stream", "number": 1, "signal": {"name": "x", "kind": "smell"}}, "No kind of signal"),
        ({"event": "stream", "number": 1, "signal": EYE}, "cannot have the codec"),
        ({"event": "end", "outcome": "won"}, "No outcome"),
        ({"event": "mark"}, "short name"),
        ({}, "which event"),
    ],
)  # fmt: skip
def test_nonsense_is_refused_in_words_and_never_written_down(tmp_path: Path, said: dict, words: str) -> None:
    reception = Reception(tmp_path)
    session, _ = reception.greet(HELLO, "mei", T0)
    with pytest.raises((BadInput, Refused), match=words):
        reception.receive(session, event(1, T0, said), T0)
    assert session.next == 1


def test_samples_of_an_undeclared_stream_are_refused(tmp_path: Path) -> None:
    reception = Reception(tmp_path)
    session, _ = reception.greet(HELLO, "mei", T0)
    with pytest.raises(BadInput, match="never declared"):
        reception.receive(session, samples(9, 1, np.array([T0]), np.zeros((1, 3))), T0)


def test_what_was_acknowledged_is_there_after_a_crash_and_lands_once(tmp_path: Path) -> None:
    reception = Reception(tmp_path / "live")
    session, _ = reception.greet(HELLO, "mei", T0)
    frames = take_of(1, "take-1")
    _sent(reception, session, frames[:6])
    reception.commit()
    _sent(reception, session, frames[6:8])  # not acknowledged; then the process dies
    again = Reception(tmp_path / "live")
    session, welcome = again.greet(HELLO, "mei", T0)
    assert welcome["next"] == 7
    _sent(again, session, frames[6:])
    again.commit()
    [(_, take)] = again.ripe()
    assert take.sealed is True
    with Lake(tmp_path / "lake") as lake:
        [became] = land(lake.store, Screener(plug.checks()), [Ended(take)], again.read, T0)
        third = Reception(tmp_path / "live")  # it died after landing and before writing that down
        [(session, take)] = third.ripe()
        assert land(lake.store, Screener(plug.checks()), [Ended(take)], third.read, T0) == [became]
        third.landed(session, take, became, T0)
        third.commit()
        assert lake.episodes().num_rows == 1
    assert not Reception(tmp_path / "live").ripe()


def test_somebody_else_cannot_go_on_with_a_session(tmp_path: Path) -> None:
    Reception(tmp_path).greet(HELLO, "mei", T0)
    reception = Reception(tmp_path)
    reception.greet(HELLO, "mei", T0)
    with pytest.raises(Refused, match="somebody else's"):
        reception.greet(HELLO, "eve", T0)


def test_old_files_go_when_nobody_needs_them_and_sessions_go_on(tmp_path: Path) -> None:
    reception = Reception(tmp_path, segment=2000)
    session, _ = reception.greet(HELLO, "mei", T0)
    seq = 1
    for i in range(6):
        frames = take_of(seq, f"take-{i}", seed=i)
        _sent(reception, session, frames if i == 0 else frames[1:] and _renumbered(frames[1:], seq))
        seq = session.next
        reception.commit()
        for whose, take in reception.ripe():
            reception.landed(whose, take, {"id": "x", "verdict": "accept", "reasons": []}, T0)
        reception.tidy(T0)
    assert len(list(tmp_path.glob("*.mcap"))) == 1
    again = Reception(tmp_path)
    session, welcome = again.greet(HELLO, "mei", T0)
    assert welcome["next"] == seq and 1 in session.streams and "take-5" in session.landed


def _renumbered(frames: list[bytes], first: int) -> list[bytes]:
    from volant.wire import pack

    made = []
    for i, raw in enumerate(frames):
        one = unpack(raw)
        payload = bytes(one.payload)
        made.append(pack(one.kind, one.stream, first + i, one.t, payload, count=one.count, flags=one.flags))
    return made


def test_a_full_disk_takes_nothing_that_was_acknowledged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reception = Reception(tmp_path)
    session, _ = reception.greet(HELLO, "mei", T0)
    frames = take_of(1, "take-1")
    _sent(reception, session, frames[:4])
    reception.commit()
    _sent(reception, session, frames[4:6])

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(LakeUnwritable, match="No space"):
        reception.commit()
    monkeypatch.undo()
    reception.lost()
    session, welcome = reception.greet(HELLO, "mei", T0)
    assert welcome["next"] == 5
    _sent(reception, session, frames[4:])
    reception.commit()
    assert [take.sealed for _, take in reception.ripe()] == [True]


def test_an_episode_that_is_too_long_is_stored_in_parts_that_lack_nothing(tmp_path: Path) -> None:
    reception = Reception(tmp_path, limits=Limits(seconds=3e-9))
    session, _ = reception.greet(HELLO, "mei", T0)
    _sent(reception, session, take_of(1, "take-1"))
    reception.commit()
    parts = [take for _, take in reception.ripe()]
    assert [take.name for take in parts] == ["take-1", "take-1~2", "take-1~3"]
    assert sum(len(take.columns[1]) for take in parts if take.columns) == 40
    assert [take.sealed for take in parts] == [None, None, None]
    assert [(take.ended or {}).get("outcome") for take in parts] == [None, None, "success"]


def test_a_session_that_only_said_hello_is_still_its_owners_after_two_restarts(tmp_path: Path) -> None:
    reception = Reception(tmp_path)
    reception.greet(HELLO, "mei", T0)
    reception.commit()
    for _ in range(2):
        again = Reception(tmp_path)
        again.tidy(T0)
        with pytest.raises(Refused, match="somebody else's"):
            again.greet(HELLO, "eve", T0)


def test_after_a_full_disk_no_file_goes_before_its_sessions_are_remembered_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reception = Reception(tmp_path)
    session, _ = reception.greet(HELLO, "mei", T0)
    frames = take_of(1, "take-1")
    _sent(reception, session, frames)
    reception.commit()
    for whose, take in reception.ripe():
        reception.landed(whose, take, {"id": "x", "verdict": "accept", "reasons": []}, T0)
    real = os.write

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(LakeUnwritable):
        reception.commit()
    reception.lost()
    monkeypatch.setattr(os, "write", real)
    session, _ = reception.greet(HELLO, "mei", T0)
    reception.commit()
    for whose, take in reception.ripe():
        reception.landed(whose, take, {"id": "x", "verdict": "accept", "reasons": []}, T0)
    reception.commit()
    reception.tidy(T0)
    again = Reception(tmp_path)
    session, welcome = again.greet(HELLO, "mei", T0)
    assert welcome["next"] == len(frames) + 1 and session.collector == "mei"


def _sheaf(frames: list[bytes]) -> Sheaf:
    stops = np.cumsum([len(one) for one in frames])
    return Sheaf.of(b"".join(frames), stops - [len(one) for one in frames], stops)


@pytest.mark.parametrize("seed", range(6))
def test_frames_that_come_at_once_are_taken_in_as_one_by_one(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    limits = Limits(seconds=2e-9) if seed % 2 else Limits()
    one, many = (Reception(tmp_path / name, limits=limits) for name in ("one", "many"))
    hellos = [{**HELLO, "session": f"robot-000{i}"} for i in range(3)]
    both = [[reception.greet(hello, "mei", T0)[0] for hello in hellos] for reception in (one, many)]
    queues = [take_of(1, "a", camera=i == 1, seed=i) for i in range(3)]
    queues[2][4] = event(5, T0, {"event": "dance"})  # is refused: nothing more of it is heard
    sent: list[tuple[int, bytes]] = []
    while any(queues):
        i = int(rng.choice([i for i in range(3) if queues[i]]))
        frame = queues[i].pop(0)
        sent.append((i, frame))
        if rng.random() < 0.1:  # twice, broken, or beyond a gap
            sent.append((i, [frame, frame[:-1] + b"x", samples(1, 999, np.array([T0]), np.zeros((1, 3)))][seed % 3]))
    expected: list[tuple[int, object]] = []
    deaf = set()
    for n, (i, frame) in enumerate(sent):
        if i in deaf:
            continue
        try:
            again = one.receive(both[0][i], frame, T0 + n)
        except BadInput as error:
            deaf.add(i)
            expected.append((n, str(error)))
        else:
            expected += [(n, again)] if again is not None else []
    told: list[tuple[int, object]] = []
    whose: list[Session | None] = list(both[1])
    for a in range(0, len(sent), 17):
        part = sent[a : a + 17]
        said = many.receive_all(
            [whose[i] for i, _ in part], _sheaf([f for _, f in part]), list(range(T0 + a, T0 + a + 17))
        )
        for n, what in said:
            told.append((a + n, what if isinstance(what, int) else str(what)))
            if not isinstance(what, int):
                whose[part[n][0]] = None
    assert told == expected and deaf == {2}
    for reception in (one, many):
        assert reception.commit().keys() == {f"robot-000{i}" for i in range(3)}
    for name in ("one", "many"):
        again_ = Reception(tmp_path / name, limits=limits)
        states = [again_.sessions[f"robot-000{i}"].state() | {"heard": 0} for i in range(3)]
        assert states == [session.state() | {"heard": 0} for session in both[0]] and states[0]["next"] > 5
    takes = [[(s.name, t.name, t.sealed, t.episode(r.read).id) for s, t in r.ripe()] for r in (one, many)]
    assert takes[0] == takes[1] and len(takes[0]) >= 2


def test_nothing_is_acknowledged_that_came_after_a_commit_was_begun(tmp_path: Path) -> None:
    reception = Reception(tmp_path)
    session, _ = reception.greet(HELLO, "mei", T0)
    frames = take_of(1, "take-1")
    reception.receive_all([session] * 4, _sheaf(frames[:4]), [T0] * 4)
    reached = reception.reached()
    reception.receive_all([session] * 4, _sheaf(frames[4:8]), [T0] * 4)
    assert reception.commit(reached) == {"robot-0001": 4} and session.next == 9
    assert reception.commit() == {"robot-0001": 8}
