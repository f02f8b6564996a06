"""What a body can do: joints, limits, rates, cameras and action space."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import BadValue
from .signal import Signal

__all__ = ["Embodiment", "Joint"]


@dataclass(frozen=True, slots=True)
class Joint:
    """One joint and its limits, in the joint's own unit; ``None`` where a limit is not known."""

    name: str
    unit: str
    low: float | None = None
    high: float | None = None
    speed: float | None = None

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise BadValue(f"Joint {self.name!r}: its lower limit {self.low} is not below its upper {self.high}.")


@dataclass(frozen=True, slots=True)
class Embodiment:
    """A kind of robot body: what its dimensions are called and how far they go.

    ``signals`` are the channels the body promises, the action among them; ``joints`` name the limits that checks
    for saturation and limit contact use.
    """

    name: str
    joints: tuple[Joint, ...] = ()
    signals: tuple[Signal, ...] = ()

    def limits(self, dims: tuple[str, ...]) -> tuple[tuple[float | None, float | None], ...]:
        """Lower and upper limit for each dimension name; ``(None, None)`` where the body does not know it."""
        known = {joint.name: (joint.low, joint.high) for joint in self.joints}
        return tuple(known.get(dim, (None, None)) for dim in dims)
