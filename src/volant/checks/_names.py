"""What the names of dimensions say: grippers, quaternions, left and right."""

from __future__ import annotations

import re
from functools import lru_cache

from volant.core import Kind, Signal

__all__ = ["grippers", "mirrored", "placed", "quaternions"]

_GRIPPER = re.compile(r"grip|finger|jaw|claw|pinch", re.IGNORECASE)
_USUAL = {7: (6,), 8: (7,), 14: (6, 13), 16: (7, 15)}
_DERIVED = re.compile(r"(?<![a-z])(acc|acceleration|vel|velocity|speed|jerk|covariance|qvel|dq|ddq|tau)(?![a-z])")
_STANDS = re.compile(r"observation|pos|joint|arm")
_WIDE = 16


@lru_cache(maxsize=512)
def grippers(signal: Signal) -> tuple[int, ...]:
    """Dimensions that open and close: by kind, by name, else the usual places of one and two arms (7, 8, 14, 16)."""
    if signal.kind == Kind.GRIPPER or _GRIPPER.search(signal.name):
        return tuple(range(signal.width))
    named = tuple(i for i, dim in enumerate(signal.dims) if _GRIPPER.search(dim))
    if named or _telling(signal):
        return named
    if signal.kind == Kind.JOINT and signal.width == 7:
        return ()  # seven joints are an arm without its gripper at least as often as six and a gripper
    return _USUAL.get(signal.width, ()) if signal.kind in (Kind.ACTION, Kind.STATE, Kind.JOINT) else ()


def _telling(signal: Signal) -> bool:
    """Whether the names are words and not only numbers (``joint_6`` says nothing, ``wrist_roll`` does)."""
    stems = {re.sub(r"[\d_.\-\[\]]+", "", dim).lower() for dim in signal.dims}
    return len(stems) > max(2, signal.width // 3)


@lru_cache(maxsize=512)
def placed(signal: Signal) -> bool:
    """Whether a signal says where a body is, as far as its name tells.

    Speeds, accelerations and covariances may leap, shake and stand still; so may the whole state of a simulator, which
    comes as more than 16 numbers without telling names, positions and speeds in one.
    """
    if signal.kind not in (Kind.JOINT, Kind.STATE, Kind.POSE, Kind.GRIPPER):
        return False
    if _DERIVED.search(signal.name.lower()):
        return False
    return (
        signal.kind != Kind.STATE
        or signal.width <= _WIDE
        or _telling(signal)
        or bool(_STANDS.search(signal.name.lower()))
    )


@lru_cache(maxsize=512)
def quaternions(signal: Signal) -> tuple[int, ...]:
    """First dimensions of groups of four that hold a unit quaternion, by name, or the tail of a named 7-D pose."""
    if signal.width == 4 and re.search(r"quat|orient|rotation", signal.name, re.IGNORECASE):
        return (0,)
    found = []
    dims = [dim.lower() for dim in signal.dims]
    i = 0
    while i + 4 <= len(dims):
        four = dims[i : i + 4]
        ends = sorted(dim[-1] for dim in four if dim)
        if ends == ["w", "x", "y", "z"] and len({_stem(dim) for dim in four}) == 1:
            found.append(i)
            i += 4
        else:
            i += 1
    if not found and not dims and signal.kind == Kind.POSE and signal.width == 7:
        return (3,)
    return tuple(found)


def _stem(dim: str) -> str:
    return dim[:-1]


@lru_cache(maxsize=512)
def mirrored(signal: Signal) -> tuple[int, ...]:
    """Where each dimension goes when left and right change places; empty where the signal has no two sides."""
    dims = [dim.lower() for dim in signal.dims]
    place = {dim: i for i, dim in enumerate(dims)}
    if any("left" in dim for dim in dims) and any("right" in dim for dim in dims):
        swapped = [_other(dim) for dim in dims]
        if all(dim in place for dim in swapped):
            return tuple(place[dim] for dim in swapped)
        return ()
    if signal.width in (12, 14, 16) and signal.kind in (Kind.ACTION, Kind.STATE, Kind.JOINT):
        half = signal.width // 2
        return (*range(half, signal.width), *range(half))
    return ()


def _other(dim: str) -> str:
    if "left" in dim:
        return dim.replace("left", "right")
    return dim.replace("right", "left")
