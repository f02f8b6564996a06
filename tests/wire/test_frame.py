"""Frames of the wire: the golden vectors, and whatever bytes somebody sends."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volant.core.errors import BadInput
from volant.wire import (
    EVENT,
    KEY,
    PICTURE,
    SAMPLES,
    event,
    numbers,
    offset_of,
    pack,
    picture,
    samples,
    seal,
    unpack,
    words,
)

VECTORS = json.loads((Path(__file__).parents[2] / "spec" / "wire-vectors.json").read_text())


@pytest.mark.parametrize("vector", VECTORS["frames"], ids=lambda vector: vector["name"])
def test_golden_vectors_are_written_and_read(vector: dict) -> None:
    raw = bytes.fromhex(vector["bytes"])
    frame = unpack(raw)
    assert frame.seq == vector["seq"]
    if vector["kind"] == "event":
        assert (frame.kind, words(frame)) == (EVENT, vector["said"])
        assert event(frame.seq, int(vector["t"]), vector["said"]) == raw
    elif vector["kind"] == "samples":
        t, x = numbers(frame, tuple(vector["shape"]), vector["dtype"])
        assert frame.kind == SAMPLES and [str(one) for one in t.tolist()] == vector["t"]
        assert x.tolist() == vector["values"]
        assert samples(frame.stream, frame.seq, t, x) == raw
    else:
        assert (frame.kind, str(frame.t), bytes(frame.payload).hex()) == (PICTURE, vector["t"], vector["blob"])
        assert bool(frame.flags & KEY) is vector["key"]
        assert picture(frame.stream, frame.seq, frame.t, bytes(frame.payload), key=vector["key"]) == raw


def test_the_seal_and_the_offset_of_the_golden_vectors() -> None:
    assert seal(VECTORS["seal"]["crcs"]) == VECTORS["seal"]["sha256"]
    offset = offset_of([tuple(one) for one in VECTORS["offset"]["exchanges"]])
    assert offset is not None and (offset.ns, offset.rtt) == (VECTORS["offset"]["ns"], VECTORS["offset"]["rtt"])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_refused(raw: bytes) -> None:
    with pytest.raises(BadInput):
        unpack(raw)


@given(st.integers(0, 63), st.integers(0, 7))
def test_one_flipped_bit_is_noticed(place: int, bit: int) -> None:
    raw = bytearray(samples(1, 7, np.array([5], np.int64), np.zeros((1, 3))))
    raw[place] ^= 1 << bit
    with pytest.raises(BadInput):
        unpack(bytes(raw))


def test_samples_that_do_not_add_up_are_refused() -> None:
    frame = unpack(pack(SAMPLES, 1, 1, 0, b"\0" * 20, count=1))
    with pytest.raises(BadInput, match="declares 1 samples of 24 bytes"):
        numbers(frame, (3,), "float64")
    with pytest.raises(BadInput, match="do not travel"):
        numbers(frame, (3,), "object")
