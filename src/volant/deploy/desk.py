"""People as a finite resource: who waits for whom, who holds which robot, and for how long.

A robot is held by at most one operator and an operator holds at most one robot. A hold is a lock with an end: it is
renewed while the operator is there; where nobody renews it, it expires and the operator counts as gone until they
arrive again. Times are ticks of the caller's clock.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core import Bools, Floats, Ints
from ..core.errors import BadValue, NotFound, Refused

__all__ = ["NOBODY", "Desk", "Rules", "Urgency"]

NOBODY = -1


@dataclass(frozen=True, slots=True)
class Rules:
    """How the desk gives robots to people, in ticks.

    ``hold`` is the least time that a robot stays with whoever took it, ``lease`` how long a lock lasts after it was
    last renewed, ``order`` who is helped first: ``cur`` (constraint violation, then uncertainty, then risk, as in
    Fleet-DAgger; of equals the one that waits longest) or ``fifo``. ``give``: free operators are given who waits;
    otherwise they choose for themselves (``Desk.claim``).
    """

    hold: int = 5
    lease: int = 100
    order: str = "cur"
    give: bool = True

    def __post_init__(self) -> None:
        if self.hold < 0 or self.lease < 1:
            raise BadValue(f"A minimum hold of {self.hold} and a lease of {self.lease} ticks cannot be.")
        if self.order not in ("cur", "fifo"):
            raise BadValue(f"Robots cannot be helped in the order {self.order!r}.", instead="Known: cur, fifo.")


@dataclass(frozen=True, slots=True)
class Urgency:
    """Why each robot is in need, numbers ``[n]`` that are 0 where it is not: the keys of the order of help."""

    violation: Floats
    uncertainty: Floats
    risk: Floats

    @classmethod
    def none(cls, robots: int) -> Urgency:
        """No robot is more urgent than another."""
        return cls(np.zeros(robots), np.zeros(robots), np.zeros(robots))


class Desk:
    """Which robot is with whom, and who is next. Robots and operators are numbers from 0."""

    def __init__(self, robots: int, operators: int, rules: Rules | None = None) -> None:
        if robots < 1 or operators < 0:
            raise BadValue(f"A desk for {robots} robots and {operators} operators cannot be.")
        self.rules = rules or Rules()
        self.holder: Ints = np.full(robots, NOBODY, np.int64)
        self.hands: Ints = np.full(operators, NOBODY, np.int64)
        self.since: Ints = np.zeros(robots, np.int64)
        self.expires: Ints = np.zeros(robots, np.int64)
        self.asked: Ints = np.full(robots, NOBODY, np.int64)
        self.duty: Bools = np.ones(operators, np.bool_)

    @property
    def waiting(self) -> Bools:
        """Robots that have asked and are held by nobody."""
        waiting: Bools = (self.asked != NOBODY) & (self.holder == NOBODY)
        return waiting

    @property
    def free(self) -> Ints:
        """Operators on duty with empty hands."""
        return np.flatnonzero(self.duty & (self.hands == NOBODY))

    def wall(self, urgency: Urgency) -> Ints:
        """All robots, the most urgent first: held and unasked ones too, so that a person may look ahead."""
        age = np.where(self.asked != NOBODY, self.asked, np.iinfo(np.int64).max)
        if self.rules.order == "fifo":
            return np.lexsort((np.arange(len(age)), age))
        return np.lexsort((np.arange(len(age)), age, -urgency.risk, -urgency.uncertainty, -urgency.violation))

    def tick(self, now: int, asking: Bools, urgency: Urgency | None = None) -> tuple[tuple[int, int], ...]:
        """Let expired locks go, note who asks, and give waiting robots to free operators; the new (robot, operator)."""
        self._expire(now)
        self.ask(now, asking)
        free = self.free.tolist()
        if not self.rules.give or not free or not self.waiting.any():
            return ()
        order = self.wall(urgency or Urgency.none(len(self.holder)))
        given = tuple(zip(order[self.waiting[order]].tolist(), free, strict=False))
        for robot, operator in given:
            self._take(robot, operator, now)
        return given

    def ask(self, now: int, asking: Bools) -> None:
        """Exactly these robots want help now; who asked already keeps the place that it has."""
        fresh = asking & (self.asked == NOBODY)
        self.asked = np.where(asking, np.where(fresh, now, self.asked), NOBODY)

    def claim(self, robot: int, operator: int, now: int) -> None:
        """An operator takes a robot by hand, asked or not; refused where somebody else has it or the hands are full."""
        self._known(robot, operator)
        self._expire(now)
        if self.holder[robot] == operator:
            self.renew(operator, now)
            return
        if self.holder[robot] != NOBODY:
            raise Refused(
                f"Robot {robot} is with operator {self.holder[robot]}.",
                do=f"Its lock ends at tick {self.expires[robot]} unless it is renewed.",
            )
        if self.hands[operator] != NOBODY:
            raise Refused(f"Operator {operator} already holds robot {self.hands[operator]}.", do="Hand it back first.")
        if not self.duty[operator]:
            raise Refused(f"Operator {operator} is not on duty.")
        self._take(robot, operator, now)

    def renew(self, operator: int, now: int) -> None:
        """The operator is still there: the lock of whatever is in their hands lasts a lease from now."""
        robot = int(self.hands[operator])
        if robot != NOBODY:
            self.expires[robot] = now + self.rules.lease

    def ripe(self, now: int) -> Bools:
        """Held robots whose minimum hold is over."""
        ripe: Bools = (self.holder != NOBODY) & (now - self.since >= self.rules.hold)
        return ripe

    def hand_back(self, robot: int, operator: int, now: int) -> None:
        """The operator gives the robot back to its policy; refused before the minimum hold is over."""
        self._known(robot, operator)
        if self.holder[robot] != operator:
            raise Refused(f"Operator {operator} does not hold robot {robot}.")
        if not self.ripe(now)[robot]:
            left = int(self.since[robot]) + self.rules.hold - now
            raise Refused(f"Robot {robot} was taken {now - self.since[robot]} ticks ago.", do=f"Wait {left} more.")
        self.drop(robot)

    def drop(self, robot: int) -> None:
        """Nobody holds the robot any more and it asks for nothing: its operation ended."""
        operator = int(self.holder[robot])
        if operator != NOBODY:
            self.hands[operator] = NOBODY
        self.holder[robot] = self.asked[robot] = NOBODY

    def arrive(self, operator: int) -> None:
        """The operator is on duty from now on."""
        self._known(0, operator)
        self.duty[operator] = True

    def leave(self, operator: int) -> None:
        """The operator goes off duty; what they held waits for somebody else."""
        self.duty[operator] = False
        robot = int(self.hands[operator])
        if robot != NOBODY:
            self.hands[operator] = self.holder[robot] = NOBODY

    def _take(self, robot: int, operator: int, now: int) -> None:
        self.holder[robot], self.hands[operator] = operator, robot
        self.since[robot], self.expires[robot] = now, now + self.rules.lease

    def _expire(self, now: int) -> None:
        for robot in np.flatnonzero((self.holder != NOBODY) & (self.expires <= now)).tolist():
            self.leave(int(self.holder[robot]))

    def _known(self, robot: int, operator: int) -> None:
        for number, count, what in ((robot, len(self.holder), "robot"), (operator, len(self.hands), "operator")):
            if not 0 <= number < count:
                raise NotFound(f"There is no {what} {number}.", instead=f"Known: 0 to {count - 1}.")
