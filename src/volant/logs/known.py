"""Messages whose lists are tables of names: joint states and transforms become one stream per thing named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..core import UNKNOWN, Kind, Signal, Stream
from .fields import from_groups
from .layout import Group
from .streams import beside, clock_of

__all__ = ["JOINTS", "TRANSFORMS", "joint_streams", "transform_streams"]

Times = npt.NDArray[np.int64]

JOINTS = ("sensor_msgs/JointState",)
TRANSFORMS = ("tf2_msgs/TFMessage", "tf/tfMessage")

_PARTS = (("position", Kind.JOINT), ("velocity", Kind.VELOCITY), ("effort", Kind.EFFORT))


def joint_streams(topic: str, groups: Sequence[Group], log: Times) -> tuple[list[Stream], list[str]]:
    """Position, velocity and effort of each set of joints that appears together, named by ``JointState.name``.

    Units stay unknown: a joint may turn (rad, N*m) or slide (m, N) and the message does not say which. Where several
    sets of joints share the topic, the second is called ``topic#2``.
    """
    by_names: dict[tuple[str, ...], list[Group]] = {}
    for group in groups:
        texts = [group.text(word) for word in group.template.words if word.path.startswith("name[")]
        keys = list(zip(*texts, strict=True)) if texts else [()] * len(group.rows)
        for key in dict.fromkeys(keys):
            here = np.fromiter((other == key for other in keys), np.bool_, len(keys))
            by_names.setdefault(key, []).append(Group(group.rows[here], group.template, group.bytes[here]))
    made: list[Stream] = []
    notes: list[str] = []
    for number, (names, own) in enumerate(by_names.items()):
        base = topic if not number else f"{topic}#{number + 1}"
        rows = np.sort(np.concatenate([group.rows for group in own]))
        renumbered = [Group(np.searchsorted(rows, g.rows), g.template, g.bytes) for g in own]
        fields = from_groups(renumbered, len(rows))
        stamp = fields.numbers["header.stamp"][1][:, 0].astype(np.int64)
        clock = clock_of(np.ascontiguousarray(stamp), log[rows])
        frames = set(fields.words.get("header.frame_id", np.empty(0, object)))
        frame = str(frames.pop()) or UNKNOWN if len(frames) == 1 else UNKNOWN
        notes += [clock.note] if clock.note else []
        for part, kind in _PARTS:
            if part in fields.numbers and fields.numbers[part][1].shape[1]:
                x = fields.numbers[part][1]
                dims = names if len(names) == x.shape[1] and len(set(names)) == len(names) else ()
                signal = Signal(f"{base}/{part}", kind, (x.shape[1],), "float64", UNKNOWN, frame, None, dims)
                made.append(Stream(signal, clock.t, x))
            elif part in fields.ragged:
                made.append(Stream(Signal(f"{base}/{part}", Kind.BLOB, (), "bytes"), clock.t, fields.ragged[part][1]))
                notes.append(f"{part} has another length in every message: kept as bytes of little-endian float64")
        made.extend(beside(base, clock))
    return made, notes


@dataclass(slots=True)
class _Link:
    rows: list[npt.NDArray[np.int64]] = field(default_factory=list)
    stamps: list[npt.NDArray[np.generic]] = field(default_factory=list)
    moves: list[npt.NDArray[np.generic]] = field(default_factory=list)
    turns: list[npt.NDArray[np.generic]] = field(default_factory=list)


def transform_streams(topic: str, groups: Sequence[Group], log: Times) -> tuple[list[Stream], list[str]]:
    """Translation (m) and rotation (unit quaternion) of each child frame in its parent frame."""
    links: dict[tuple[str, str], _Link] = {}
    for group in groups:
        leaves = {leaf.path: leaf for leaf in group.template.leaves}
        words = {word.path: word for word in group.template.words}
        for i in range(sum(1 for path in words if path.endswith("].child_frame_id"))):
            head = f"transforms[{i}]."
            pairs = list(
                zip(
                    group.text(words[head + "header.frame_id"]), group.text(words[head + "child_frame_id"]), strict=True
                )
            )
            stamp = group.column(leaves[head + "header.stamp"])
            move = np.concatenate([group.column(leaves[f"{head}transform.translation.{a}"]) for a in "xyz"], 1)
            turn = np.concatenate([group.column(leaves[f"{head}transform.rotation.{a}"]) for a in "xyzw"], 1)
            for pair in dict.fromkeys(pairs):
                here = np.fromiter((other == pair for other in pairs), np.bool_, len(pairs))
                link = links.setdefault(pair, _Link())
                link.rows.append(group.rows[here])
                link.stamps.append(stamp[here, 0])
                link.moves.append(move[here])
                link.turns.append(turn[here])
    made: list[Stream] = []
    notes: list[str] = []
    for (parent, child), link in links.items():
        rows = np.concatenate(link.rows)
        order = np.argsort(rows, kind="stable")
        clock = clock_of(np.concatenate(link.stamps)[order].astype(np.int64), log[rows[order]])
        notes += [f"{child}: {clock.note}"] if clock.note else []
        base = f"{topic}/{child.lstrip('/')}"
        frame = parent or UNKNOWN
        for name, x, unit, dims in (
            ("translation", np.concatenate(link.moves)[order], "m", ("x", "y", "z")),
            ("rotation", np.concatenate(link.turns)[order], "1", ("qx", "qy", "qz", "qw")),
        ):
            signal = Signal(f"{base}/{name}", Kind.POSE, (len(dims),), "float64", unit, frame, None, dims)
            made.append(Stream(signal, clock.t, x))
        made.extend(beside(base, clock))
    return made, notes
