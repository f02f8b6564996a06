"""The bytes that are the whole of a policy: one line of JSON that says what it is, then its arrays."""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from .errors import BadValue, Damaged, LakeNewer

__all__ = ["FORM", "Arrays", "Header", "digest", "header", "pack", "unpack"]

FORM = "policy@1"
"""What the header's ``volant`` says; a later layout gets a later number."""

Header = dict[str, Any]
Arrays = dict[str, npt.NDArray[np.generic]]

_EPOCH = (1980, 1, 1, 0, 0, 0)
_LINE = 1 << 26


def pack(header: Mapping[str, object], arrays: Mapping[str, npt.NDArray[np.generic]]) -> bytes:
    """A checkpoint: the header as one line of JSON, then an uncompressed npz; equal content, equal bytes.

    ``header`` must name its ``learner``; keys are sorted, members of the archive bear no time.
    """
    if not header.get("learner"):
        raise BadValue("A checkpoint must name its learner.")
    said = json.dumps({"volant": FORM, **header}, sort_keys=True, separators=(",", ":"), allow_nan=False)
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            npy.write_array(member, np.ascontiguousarray(arrays[name]), (1, 0), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _EPOCH), member.getvalue())
    return said.encode() + b"\n" + body.getvalue()


def header(blob: bytes) -> Header:
    """What the checkpoint says of itself, read from its first line alone."""
    line, found, _ = blob[:_LINE].partition(b"\n")
    try:
        said = json.loads(line) if found else None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not str(said.get("volant", "")).startswith("policy@"):
        raise BadValue("These bytes are no policy.", do="Make one with `volant train`; it ends in .ckpt.")
    if said["volant"] != FORM:
        raise LakeNewer(
            f"The policy was written as {said['volant']!r}; this Volant reads {FORM!r}.", do="Update Volant."
        )
    if not isinstance(said.get("learner"), str):
        raise Damaged("The policy names no learner.")
    return said


def unpack(blob: bytes) -> tuple[Header, Arrays]:
    """Header and arrays of a checkpoint; refused where it is cut short or holds anything but plain arrays."""
    said = header(blob)
    try:
        with zipfile.ZipFile(io.BytesIO(blob[blob.index(b"\n") + 1 :])) as archive:
            arrays: Arrays = {info.filename.removesuffix(".npy"): _array(archive, info) for info in archive.infolist()}
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile, NotImplementedError) as error:
        raise Damaged(
            f"The policy {digest(blob)[:8]} ({said['learner']}) is damaged: {error}.", do="Copy or train it again."
        ) from error
    return said, arrays


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> npt.NDArray[np.generic]:
    """One member as a read-only array; its size is checked before anything is laid out in memory."""
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{info.filename} is compressed")
    member = io.BytesIO(archive.read(info))
    if npy.read_magic(member) != (1, 0):
        raise ValueError(f"{info.filename} is no array of version 1.0")
    shape, fortran, dtype = npy.read_array_header_1_0(member)
    rest = member.read()
    if fortran or dtype.hasobject or math.prod(shape) * dtype.itemsize != len(rest):
        raise ValueError(f"{info.filename} holds no plain array of shape {shape}")
    return np.frombuffer(rest, dtype).reshape(shape)


def digest(blob: bytes) -> str:
    """Name of a policy: blake2b (128 bit, hex) of its bytes."""
    return hashlib.blake2b(blob, digest_size=16).hexdigest()
