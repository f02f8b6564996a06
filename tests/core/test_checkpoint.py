"""A checkpoint is one line of JSON and plain arrays, and nothing else gets in."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from volant.core.checkpoint import digest, header, pack, unpack
from volant.core.errors import BadValue, Damaged, LakeNewer

HEADER = {"learner": "bc", "version": "1", "tasks": ["walk"]}
ARRAYS = {"b": np.arange(6, dtype=np.float32).reshape(2, 3), "a": np.array([True, False]), "none": np.zeros((0, 4))}


def test_what_was_packed_is_unpacked_and_equal_content_is_equal_bytes() -> None:
    blob = pack(HEADER, ARRAYS)
    said, arrays = unpack(blob)
    assert said == {"volant": "policy@1", **HEADER}
    assert {name: (x.dtype, x.shape) for name, x in arrays.items()} == {
        n: (x.dtype, x.shape) for n, x in ARRAYS.items()
    }
    assert all(np.array_equal(arrays[name], x) for name, x in ARRAYS.items())
    again = pack(dict(reversed(HEADER.items())), dict(reversed(ARRAYS.items())))
    assert again == blob
    assert len(digest(blob)) == 32


def test_the_header_is_read_from_the_first_line_alone() -> None:
    assert header(pack(HEADER, ARRAYS).split(b"\n", 1)[0] + b"\ngarbage")["learner"] == "bc"


@pytest.mark.parametrize("blob", [b"", b"\n", b"\x89PNG\r\n", b'{"volant": 3}\n', b"[1]\n", b"{" * 70000 + b"\n"])
def test_strange_bytes_are_no_policy(blob: bytes) -> None:
    with pytest.raises(BadValue, match="no policy"):
        unpack(blob)


def test_a_later_layout_asks_for_a_later_volant() -> None:
    with pytest.raises(LakeNewer, match="policy@2"):
        unpack(pack(HEADER, ARRAYS).replace(b"policy@1", b"policy@2"))


def test_a_policy_cut_anywhere_is_damaged() -> None:
    blob = pack(HEADER, ARRAYS)
    for length in range(blob.index(b"\n") + 1, len(blob), 97):
        with pytest.raises(Damaged):
            unpack(blob[:length])


def _with(member: bytes, how: int = zipfile.ZIP_STORED) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", how) as archive:
        archive.writestr("x.npy", member)
    return pack(HEADER, {}).split(b"\n", 1)[0] + b"\n" + body.getvalue()


def test_objects_bombs_and_false_shapes_are_refused_before_they_are_opened() -> None:
    made = io.BytesIO()
    np.save(made, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    zeros = io.BytesIO()
    np.save(zeros, np.zeros(100000))
    false = zeros.getvalue().replace(b"(100000,)", b"(900000,)")
    for blob in (_with(made.getvalue()), _with(zeros.getvalue(), zipfile.ZIP_DEFLATED), _with(false), _with(b"junk")):
        with pytest.raises(Damaged):
            unpack(blob)


def test_a_checkpoint_without_a_learner_is_refused() -> None:
    with pytest.raises(BadValue, match="learner"):
        pack({}, {})
