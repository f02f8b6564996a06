"""Samples that come step by step without times of their own: their clock, and the kind that their name tells."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..core import Kind, Signal, Stream
from ._rows import clock, kind_of

__all__ = ["step_kind", "stepped"]

_FLAGS = ("is_first", "is_last", "is_terminal")


def step_kind(name: str, x: npt.NDArray[Any]) -> Kind:
    """The kind of a step's feature by its customary name, shape and type."""
    last = name.rsplit(".", 1)[-1]
    if last in _FLAGS or x.dtype.kind == "b":
        return Kind.FLAG
    if "embedding" in last:
        return Kind.BLOB
    if x.ndim == 4 and x.shape[-1] in (1, 3) and x.dtype == np.uint8:
        return Kind.IMAGE
    if "timestamp" in last:
        return Kind.CLOCK
    return kind_of(name, x.shape[1:], x.dtype)


def stepped(name: str, x: npt.NDArray[Any], hz: float | None) -> Stream:
    """Samples as a stream on the clock of steps; words are language, bytes that are no words a blob."""
    if x.dtype == object:
        words = all(isinstance(item, str) for item in x)
        kind, dtype = (Kind.LANGUAGE, "str") if words else (Kind.BLOB, "bytes")
        return Stream(Signal(name, kind, dtype=dtype, hz=hz), clock(len(x), hz)[0], x)
    signal = Signal(name, step_kind(name, x), x.shape[1:], str(x.dtype), hz=hz)
    return Stream(signal, clock(len(x), hz)[0], x)
