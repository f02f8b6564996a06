"""Compare what Volant reads of a ROS log with what another library decodes, value by value."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np

from volant.core import Episode, Kind


def flatten(value, path="", out=None):
    """Paths to plain values of a decoded message, whatever library made it."""
    out = {} if out is None else out
    names = getattr(value, "__slots__", None) or getattr(value, "__dataclass_fields__", None)
    if isinstance(value, str | bytes | int | float | bool | np.generic):
        out[path] = value.item() if isinstance(value, np.generic) else value
    elif isinstance(value, list | tuple | np.ndarray):
        for i, item in enumerate(value):
            flatten(item, f"{path}[{i}]", out)
    elif names:
        for name in names:
            if not name.startswith("__"):
                flatten(getattr(value, name), f"{path}.{name}" if path else name, out)
    else:
        for name, item in vars(value).items():
            flatten(item, f"{path}.{name}" if path else name, out)
    return out


def columns(episode: Episode, topic: str) -> dict[str, np.ndarray]:
    """Every number and text of a topic by its path in the message."""
    found: dict[str, np.ndarray] = {}
    for stream in episode.streams:
        signal = stream.signal
        if stream.video is not None or not (signal.name == topic or signal.name.startswith(topic + "/")):
            continue
        root = signal.name[len(topic) + 1 :].replace("/", ".")
        x = stream.values
        if signal.dtype == "bytes":
            continue
        if x.ndim == 1:
            found[root or "data"] = x
            continue
        named = signal.kind in (Kind.JOINT, Kind.VELOCITY, Kind.EFFORT)
        dims = (not named and signal.dims) or tuple(f"[{i}]" for i in range(signal.width))
        for i, dim in enumerate(dims):
            plain = dim if dim.rpartition(".")[2] not in ("qx", "qy", "qz", "qw") else dim[:-2] + dim[-1]
            joint = root + (plain if plain.startswith("[") or not root else "." + plain)
            found[joint] = x[:, i]
    return found


def compare(episode: Episode, messages: dict[str, list[object]]) -> int:
    """Check every number and text that both have; the number of values compared. Raises on any difference."""
    compared = 0
    for topic, decoded in messages.items():
        rows = [flatten(message) for message in decoded]
        ours = columns(episode, topic)
        if any(s.name.startswith(topic) and s.signal.dtype == "bytes" for s in episode.streams) and not ours:
            continue
        wanted = defaultdict(list)
        for row in rows:
            for path, value in row.items():
                wanted[path].append(value)
        for path, x in ours.items():
            if path not in wanted or len(wanted[path]) != len(rows):
                continue
            assert len(x) == len(rows), (topic, path, len(x), len(rows))
            for mine, theirs in zip(x.tolist(), wanted[path], strict=True):
                if isinstance(theirs, bytes):
                    continue
                same = mine == theirs or (isinstance(theirs, float) and math.isnan(theirs) and math.isnan(mine))
                assert same, (topic, path, mine, theirs)
                compared += 1
    return compared


def pictures(episode: Episode):
    """The streams that hold pictures."""
    return [stream for stream in episode.streams if stream.signal.kind in (Kind.IMAGE, Kind.DEPTH)]
