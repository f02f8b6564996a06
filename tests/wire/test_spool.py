"""The spool: what was committed is there, whatever happens after."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from mcap.reader import make_reader

from volant.wire import event
from volant.wire.spool import Spool, entries, frame_at


def _filled(path: Path, many: int) -> list[bytes]:
    spool = Spool(path)
    frames = [event(i + 1, 10 * i, {"event": "mark", "name": f"m{i}"}) for i in range(many)]
    for i, frame in enumerate(frames):
        spool.add("session-a" if i % 2 else "session-b", frame, seq=i + 1, t=10 * i, at=1000 + i)
    spool.commit()
    spool.abandon()
    return frames


def test_frames_come_back_in_order_with_their_session_and_place(tmp_path: Path) -> None:
    frames = _filled(tmp_path / "a.mcap", 5)
    found = list(entries(tmp_path / "a.mcap"))
    assert [bytes(entry.frame) for entry in found] == frames
    assert [entry.session for entry in found] == ["session-b", "session-a", "session-b", "session-a", "session-b"]
    assert [entry.at for entry in found] == [1000, 1001, 1002, 1003, 1004]
    assert [frame_at(tmp_path / "a.mcap", e.offset, len(e.frame)) for e in found] == frames


def test_a_file_that_was_cut_anywhere_keeps_the_whole_frames_before(tmp_path: Path) -> None:
    frames = _filled(tmp_path / "a.mcap", 6)
    whole = (tmp_path / "a.mcap").read_bytes()
    ends = [entry.offset + len(entry.frame) for entry in entries(tmp_path / "a.mcap")]
    for cut in range(ends[0], len(whole), 7):
        (tmp_path / "cut.mcap").write_bytes(whole[:cut])
        kept = sum(end <= cut for end in ends)
        assert [bytes(entry.frame) for entry in entries(tmp_path / "cut.mcap")] == frames[:kept]


def test_a_closed_spool_is_an_mcap_file_for_everybody(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a.mcap")
    spool.add("session-a", event(1, 5, {"event": "mark"}), seq=1, t=5, at=7)
    spool.close()
    with (tmp_path / "a.mcap").open("rb") as file:
        [(_, channel, message)] = list(make_reader(file).iter_messages())
    assert (channel.topic, channel.message_encoding, message.sequence) == ("session-a", "volant.wire", 1)


def test_a_full_disk_leaves_what_was_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path / "a.mcap")
    spool.add("s", event(1, 5, {"event": "mark"}), seq=1, t=5, at=7)
    durable = spool.commit()
    spool.add("s", event(2, 6, {"event": "mark"}), seq=2, t=6, at=8)
    real = os.write

    def full(file: int, blob: memoryview) -> int:
        if len(blob) > 10:
            return real(file, blob[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", lambda file, blob: full(file, blob[:15]) if len(blob) > 15 else full(file, blob))
    with pytest.raises(OSError, match="No space"):
        for _ in range(100):
            spool.add("s", event(3, 6, {"event": "mark"}), seq=3, t=6, at=8)
            spool.commit()
    monkeypatch.undo()
    assert (tmp_path / "a.mcap").stat().st_size == durable
    assert len(list(entries(tmp_path / "a.mcap"))) == 1
