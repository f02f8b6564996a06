"""What passes between a fleet without end and its people: orders one way, glances and answers the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..core import Episode, Estimate, Fact
from ..core.errors import BadValue
from .gate import Threshold
from .glance import Glance, Scene

__all__ = ["Answer", "Came", "Failed", "Hear", "Opened", "Said", "Shifting", "Tell", "Told", "Word"]


@dataclass(frozen=True, slots=True)
class Shifting:
    """What a fleet without end is made of; the limit of its gate is set as in ``Piloting``.

    ``hz`` is ticks a second, 0 for the body's own rate or 20, whichever is lower. ``lease`` is how long a lock lasts
    after the last word of who holds it (s), ``seats`` how many people the desk has room for. ``waiting``: a robot that
    asks holds still or goes on. ``keep_all`` brings home what nobody touched as well.
    """

    robots: int = 50
    seats: int = 128
    gate: str = "ensemble"
    rate: float | None = None
    limit: Threshold | None = None
    held_out: int = 60
    seed: int = 0
    vary: float = 0.0
    hz: float = 0.0
    lease: float = 3.0
    waiting: str = "hold"
    keep_all: bool = False

    def __post_init__(self) -> None:
        if self.robots < 1 or self.seats < 1 or not self.lease > 0 or self.hz < 0:
            raise BadValue(f"{self.robots} robots, {self.seats} seats and locks of {self.lease} s make no fleet.")


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says to the fleet: ``what`` is ``beat``, ``steer``, ``take``, ``back``, ``rewind``, ``cause``.

    ``seq`` is the number that they gave it; ``robot`` is the robot that it is about, ``command`` where they push (see
    ``sticks.AXES``), ``seconds`` how far to rewind, ``word`` the cause of the last take-over.
    """

    seq: int
    who: str
    what: str
    robot: int = -1
    command: tuple[float, ...] = ()
    seconds: float = 0.0
    word: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request, at a tick: done, or why not in words."""

    seq: int
    who: str
    done: bool
    words: str
    tick: int


@dataclass(frozen=True, slots=True)
class Came:
    """An episode has come home."""

    episode: Episode


@dataclass(frozen=True, slots=True)
class Opened:
    """The fleet is at work: its place, its rate, what is drawn of it, and how good its foresight is."""

    world: str
    task: str
    hz: float
    robots: int
    lease: float
    scene: Scene
    axes: tuple[str, ...]
    gate: str
    foresight: tuple[Estimate, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """Figures of the last minutes, the busy share of each seat, and facts about what came home before."""

    figures: tuple[Estimate, ...] = ()
    own: tuple[float, ...] = ()
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """The fleet could not go to work, or had to stop, and why."""

    words: str


Word = Answer | Came | Failed | Opened | Told | Glance
Hear = Callable[[], Sequence[Said] | None]
"""All that was said since last asked, in order; ``None`` where the shift is to end."""
Tell = Callable[[Word], None]
