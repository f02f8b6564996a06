"""Arrays by name as one episode: the clock is the column that is called one, the rest are streams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import cast

import numpy as np
import numpy.typing as npt

from ..core import Episode, Fact, Kind, Origin, Signal, Stream, Value
from ..core.errors import Damaged
from ..core.stream import Array, Times
from ..video import RawFrames
from ._rows import CLOCKS, clock, index_clock, kind_of, said, stated_clock, ticks

__all__ = ["column", "episode_of", "plain_stream"]


def episode_of(
    named: Mapping[str, Array],
    by: str,
    origin: Origin,
    *,
    hz: float | None = None,
    task: str = "",
    facts: Iterable[tuple[str, Value]] = (),
) -> Episode:
    """One episode of arrays ``[n, ...]``; arrays of one sample or none are said, not kept.

    Rows are counted by the most frequent length. Each array takes the clock of its own length where one is there.
    """
    rows = {name: values for name, values in named.items() if values.ndim and len(values) > 1}
    rows = rows or {name: values for name, values in named.items() if values.ndim and len(values)}
    if not rows:
        raise Damaged(f"{origin.uri} holds no array with rows.")
    lengths = Counter(len(values) for values in rows.values()).most_common()
    count = max(length for length, times in lengths if times == lengths[0][1])
    pairs, damage, clocks = list(facts), [], {}
    for name, values in rows.items():
        if name.rpartition(".")[2].lower() in CLOCKS and values.dtype.kind in "iuf" and values.size == len(values):
            try:
                read = stated_clock(values.reshape(-1), "", name)
            except Damaged as error:
                damage.append(Fact("", "damage/clock", error.what, by, None, name))
                continue
            if read is not None and len(values) not in clocks:
                clocks[len(values)] = read[0]
                pairs.append(("declared/clock", f"{name} in {read[1]}"))
    if count in clocks:
        pairs += [("declared/length", count), *([("declared/fps", hz)] if hz else [])]
    else:
        clocks[count], stated = clock(count, hz)
        pairs += list(stated)
    left = sorted(name for name in named if name not in rows)
    if left:
        pairs.append(("declared/left_out", f"no row per sample: {', '.join(left[:20])}"))
    streams: list[Stream] = []
    for name, values in rows.items():
        own = clocks.get(len(values))
        if own is None:
            own = ticks(len(values), hz) if hz else index_clock(len(values))
        streams += column(name, values, own, hz)
    return Episode(tuple(streams), origin, task, said=(*said(by, pairs), *damage))


def column(name: str, values: Array, times: Times, hz: float | None = None) -> list[Stream]:
    """The streams of one array: pictures, numbers, words, or one per field of a compound type."""
    if values.dtype.names:
        fields = cast(npt.NDArray[np.void], values)
        parts = [(f"{name}.{key}", np.ascontiguousarray(fields[key])) for key in values.dtype.names]
        return [stream for part, inner in parts for stream in column(part, inner, times, hz)]
    if values.ndim == 4 and values.shape[3] in (1, 3, 4) and values.dtype.kind in "uf":
        kind = Kind.DEPTH if values.shape[3] == 1 and "depth" in name.lower() else Kind.IMAGE
        signal = Signal(name, kind, values.shape[1:], values.dtype.name, hz=hz)
        return [Stream(signal, times, RawFrames.of(values))]
    return [plain_stream(name, values, times, hz=hz)]


def plain_stream(
    name: str, values: Array, times: Times, *, unit: str = "unknown", frame: str = "unknown", hz: float | None = None
) -> Stream:
    """An array of numbers, truth or words as a stream; its kind is read off its name."""
    if values.dtype.kind not in "biufSUO":
        raise Damaged(f"{name!r} has the type {values.dtype}, which is no plain number or text.")
    dtype = "str" if values.dtype.kind in "UO" else "bytes" if values.dtype.kind == "S" else values.dtype.name
    kind = kind_of(name, values.shape[1:], values.dtype)
    x = values.astype(object) if dtype in ("str", "bytes") else values
    if x.dtype.byteorder == ">":
        x = x.astype(x.dtype.newbyteorder("="))
    return Stream(Signal(name, kind, values.shape[1:], dtype, unit, frame, hz), times, x)
