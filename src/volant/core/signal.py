"""What a channel means: kind, shape, unit, frame, rate and the names of its dimensions."""

from __future__ import annotations

import enum
import json
import math
from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np

from .errors import BadValue

__all__ = ["UNKNOWN", "Kind", "Signal"]

UNKNOWN = "unknown"
"""The unit or frame that nobody stated. It is said, never guessed."""


class Kind(str, enum.Enum):
    """What sort of quantity a channel carries."""

    IMAGE = "image"
    DEPTH = "depth"
    JOINT = "joint"
    VELOCITY = "velocity"
    EFFORT = "effort"
    GRIPPER = "gripper"
    POSE = "pose"
    TWIST = "twist"
    WRENCH = "wrench"
    TACTILE = "tactile"
    IMU = "imu"
    LIDAR = "lidar"
    AUDIO = "audio"
    ACTION = "action"
    STATE = "state"
    REWARD = "reward"
    FLAG = "flag"
    LANGUAGE = "language"
    EVENT = "event"
    CLOCK = "clock"
    SCALAR = "scalar"
    BLOB = "blob"
    LOOK = "look"

    def __str__(self) -> str:
        return self.value

    @property
    def visual(self) -> bool:
        """Whether samples are pictures."""
        return self in (Kind.IMAGE, Kind.DEPTH)

    @property
    def textual(self) -> bool:
        """Whether samples are words rather than numbers."""
        return self in (Kind.LANGUAGE, Kind.EVENT)


@dataclass(frozen=True, slots=True)
class Signal:
    """The meaning of one channel; two signals are equal if and only if their samples are interchangeable.

    ``shape`` is the shape of one sample (``()`` for a scalar, ``(h, w, c)`` for a picture), ``dtype`` a numpy
    name, ``"str"`` or ``"bytes"``. ``unit`` and ``frame`` are ``"unknown"`` where nobody stated them and ``"1"``
    is a number without unit. ``hz`` is the *declared* rate, ``None`` for event-like channels. ``dims`` names the
    entries of a flat vector, or is empty.
    """

    name: str
    kind: Kind
    shape: tuple[int, ...] = ()
    dtype: str = "float64"
    unit: str = UNKNOWN
    frame: str = UNKNOWN
    hz: float | None = None
    dims: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.name:
            raise BadValue("A signal needs a name.", do="Give the channel's own name, such as 'observation.state'.")
        if self.dtype not in ("str", "bytes"):
            try:
                np.dtype(self.dtype)
            except TypeError as error:
                raise BadValue(
                    f"Signal {self.name!r}: {self.dtype!r} is no sample type.",
                    instead="Types are numpy names, 'str' and 'bytes'.",
                ) from error
        if any(side < 0 for side in self.shape):
            raise BadValue(f"Signal {self.name!r}: shape {self.shape} has a negative side.")
        if self.hz is not None and not self.hz > 0:
            raise BadValue(f"Signal {self.name!r}: a rate of {self.hz} Hz is impossible.", do="Use None for events.")
        if self.dims and len(self.dims) != self.width:
            raise BadValue(
                f"Signal {self.name!r}: {len(self.dims)} dimension names for {self.width} values, shape {self.shape}."
            )

    def __hash__(self) -> int:
        """Of what tells signals apart most often: signals are looked up far more often than they differ elsewhere."""
        return hash((self.name, self.shape, self.dtype))

    @property
    def width(self) -> int:
        """How many values one sample holds."""
        return math.prod(self.shape)

    @property
    def numeric(self) -> bool:
        """Whether samples are numbers that can be looked at as a matrix."""
        return self.dtype not in ("str", "bytes") and not self.kind.visual

    def to_json(self) -> str:
        """The canonical text of the signal: equal signals, equal text."""
        return _text(self)

    @classmethod
    def from_json(cls, text: str) -> Signal:
        """The signal that ``to_json`` wrote."""
        raw = json.loads(text)
        raw["kind"] = Kind(raw["kind"])
        raw["shape"] = tuple(raw["shape"])
        raw["dims"] = tuple(raw["dims"])
        return cls(**raw)

    def __repr__(self) -> str:
        rate = f"{self.hz:g} Hz" if self.hz else "own times"
        return f"Signal({self.name!r}, {self.kind}, {self.dtype}{list(self.shape)}, {self.unit}, {rate})"


@lru_cache(maxsize=4096)
def _text(signal: Signal) -> str:
    return json.dumps(asdict(signal), sort_keys=True, separators=(",", ":"), default=str)
