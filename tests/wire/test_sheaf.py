"""Frames that came at once are read as each alone is, and written as each alone is."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from volant.core.errors import BadInput
from volant.wire import SAMPLES, event, picture, samples, unpack
from volant.wire.sheaf import HEAD, Sheaf, recorded
from volant.wire.spool import Spool, entries


def _frames(seed: int) -> list[bytes]:
    rng = np.random.default_rng(seed)
    frames = [
        samples(3, i + 1, np.arange(n) - 2, rng.normal(size=(n, 3)).astype(np.float32))
        for i, n in enumerate(rng.integers(1, 40, 60).tolist())
    ]
    frames += [event(9, 5, {"event": "mark"}), picture(2, 4, 7, b"x" * 300), b"", b"abc", frames[0][:-1] + b"x"]
    rng.shuffle(frames)  # type: ignore[arg-type]
    return frames


def _sheaf(frames: list[bytes]) -> Sheaf:
    stops = np.cumsum([len(one) for one in frames])
    return Sheaf.of(b"".join(frames), stops - [len(one) for one in frames], stops)


def test_batches_are_read_as_each_alone_and_everything_else_is_left_to_a_closer_look() -> None:
    frames = _frames(1)
    sheaf = _sheaf(frames)
    assert len(sheaf) == len(frames) and sum(row is not None for row in sheaf.rows) == 60
    for i, frame in enumerate(frames):
        assert sheaf.frame(i) == frame
        try:
            one = unpack(frame)
        except BadInput:
            assert sheaf.rows[i] is None
            continue
        expected = (one.stream, one.seq, one.t, one.count, one.crc) if one.kind == SAMPLES else None
        assert sheaf.rows[i] == expected
        assert frame[HEAD:] == bytes(one.payload)


def test_records_written_at_once_are_those_written_one_by_one(tmp_path: Path) -> None:
    frames = [frame for frame in _frames(2) if len(frame) > HEAD]
    sheaf = _sheaf(frames)
    one, many = Spool(tmp_path / "one.mcap"), Spool(tmp_path / "many.mcap")
    for i, frame in enumerate(frames):
        one.add(f"robot-{i % 3}", frame, seq=i + 2**32, t=i - 5, at=i)
    heads = [(many.channel(f"robot-{i % 3}"), i, i, i - 5) for i in range(len(frames))]
    many.add_records(recorded(sheaf.blob, list(zip(sheaf.starts, sheaf.stops, strict=True)), heads))
    one.close()
    many.close()
    found = [(e.session, e.at, bytes(e.frame)) for e in entries(tmp_path / "many.mcap")]
    assert found == [(e.session, e.at, bytes(e.frame)) for e in entries(tmp_path / "one.mcap")]
    assert [frame for _, _, frame in found] == frames
