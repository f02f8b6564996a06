"""Drift per robot: whether a body still does what it is told, joint by joint, and which robot needs a mechanic.

The fleet teaches how motion follows commands (a linear filter of the last commands, per dimension). Each operation
then gives two numbers per dimension: the *gain*, how much of the motion that its commands should have made was made,
and the *lag*, how many steps late. A CUSUM of both, against what is usual in the fleet, rings when a robot has left
it: small changes that last count, large ones that do not, do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..core import Episode, Floats, Ints, Take
from ..core.errors import BadValue, NotFound, suggest

__all__ = ["Drifted", "Motion", "Watchman"]

REACH = 8
"""Steps that a command goes on to move a body, as far as the filter looks."""
_RIDGE = 1e-3
_SLACK = 1.0
"""What a CUSUM forgives each operation, in standard deviations: half the shift that it finds fastest (two)."""
_CLIP = 2.0
"""No operation counts for more than so many standard deviations: those that went wrong move oddly."""
_LEAST = 12


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """What a robot was told and where it was, step by step: commands ``[T, a]``, places ``[T, d]``."""

    robot: str
    commands: Floats
    places: Floats

    @classmethod
    def of(cls, take: Take, robot: str, state: str = "observation.state") -> Motion:
        """The motion of a take; ``state`` names the signal that says where the body is."""
        if state not in take.obs:
            raise NotFound(f"No signal {state!r}.", instead=suggest(state, take.obs))
        return cls(robot, take.actions, np.asarray(take.obs[state], np.float64))

    @classmethod
    def recorded(cls, episode: Episode, state: str = "observation.state", action: str = "action") -> Motion:
        """The motion of a recorded episode."""
        places, commands = (np.asarray(episode[name].values, np.float64) for name in (state, action))
        return cls(episode.origin.robot, commands, places)


@dataclass(frozen=True, slots=True)
class Drifted:
    """A robot that has left the fleet: in what, when it rang, and by how much it had changed by then.

    ``operation`` counts the robot's own operations from 0, ``since`` is where the CUSUM began to climb, ``value`` the
    median of the operations since then, ``usual`` the fleet's median.
    """

    robot: str
    what: str
    operation: int
    since: int
    value: float
    usual: float


@dataclass(slots=True)
class Watchman:
    """Watches the bodies of a fleet, operation by operation.

    Taught by ``usual``, motions of robots that are known to be sound; ``horizon`` is the number of operations a robot
    over which a sound fleet of ``robots`` rings with a probability of at most ``alpha`` in all, by resampling those.
    """

    usual: Sequence[Motion]
    names: tuple[str, ...]
    robots: int
    horizon: int = 100
    alpha: float = 0.01
    seed: int = 0
    limit: float = field(init=False)
    alarms: list[Drifted] = field(init=False, default_factory=list)
    _filter: Floats = field(init=False)
    _middle: Floats = field(init=False)
    _spread: Floats = field(init=False)
    _sums: dict[str, Floats] = field(init=False, default_factory=dict)
    _past: dict[str, list[Floats]] = field(init=False, default_factory=dict)
    _rang: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        long = [motion for motion in self.usual if len(motion.commands) >= _LEAST]
        if len(long) < 20:
            raise BadValue(f"{len(long)} operations are too few to know what is usual.", do="Give at least 20.")
        if len(self.names) != long[0].places.shape[1]:
            raise BadValue(f"{len(self.names)} names for {long[0].places.shape[1]} dimensions of the body.")
        self._filter = _taught(long)
        rows = np.array([self.features(motion) for motion in long])
        self._middle = np.median(rows, axis=0)
        self._spread = np.maximum(1.4826 * np.median(np.abs(rows - self._middle), axis=0), 1e-6)
        self.limit = self._set(self._scaled(rows))

    @property
    def what(self) -> tuple[str, ...]:
        """What is watched, in order: the gain of each dimension, then its lag."""
        return (*(f"gain of {name}" for name in self.names), *(f"lag of {name}" for name in self.names))

    def features(self, motion: Motion) -> Floats:
        """Gains and lags of one operation ``[2 d]``, by least squares on the expected motion and its rate of change."""
        made, expected = np.diff(motion.places, axis=0), _expected(motion.commands, self._filter)[:-1]
        turn = -np.gradient(expected, axis=0) if len(expected) > 1 else np.zeros_like(expected)
        ee, tt, et = ((a * b).sum(axis=0) for a, b in ((expected, expected), (turn, turn), (expected, turn)))
        em, tm = ((a * made).sum(axis=0) for a in (expected, turn))
        ee, tt = ee + _RIDGE * ee.mean() + 1e-12, tt + _RIDGE * tt.mean() + 1e-12
        across = np.maximum(ee * tt - et * et, 1e-18)
        return np.concatenate(((em * tt - tm * et) / across, (tm * ee - em * et) / across))

    def see(self, motion: Motion) -> tuple[Drifted, ...]:
        """One more operation of a robot; what rings now. A robot rings once for each dimension."""
        if len(motion.commands) < _LEAST:
            return ()
        row = self.features(motion)
        past = self._past.setdefault(motion.robot, [])
        past.append(row)
        sums = self._sums.get(motion.robot, np.zeros((4, len(row))))
        z = self._scaled(row[None])[0]
        climbed = np.maximum(0.0, sums[:2] + np.stack((z, -z)) - _SLACK)
        began = np.where((climbed > 0) & (sums[:2] == 0), len(past) - 1, sums[2:])
        self._sums[motion.robot] = np.concatenate((climbed, began))
        rings = []
        for side, place in np.argwhere(climbed > self.limit).tolist():
            key = f"{motion.robot}/{place % len(self.names)}"
            if key not in self._rang:
                self._rang.add(key)
                since = int(began[side, place])
                value = float(np.median(np.array(past[since:])[:, place]))
                usual = float(self._middle[place])
                rings.append(Drifted(motion.robot, self.what[place], len(past) - 1, since, value, usual))
        self.alarms += rings
        return tuple(rings)

    def watch(self, motions: Sequence[Motion]) -> tuple[Drifted, ...]:
        """Many operations in the order of time; everything that rang."""
        return tuple(ring for motion in motions for ring in self.see(motion))

    def _scaled(self, rows: Floats) -> Floats:
        return np.clip((rows - self._middle) / self._spread, -_CLIP, _CLIP)

    def _set(self, z: Floats, fleets: int = 400) -> float:
        """The limit: a quantile of the highest that sums reach in sound fleets, resampled from the usual operations."""
        rng = np.random.default_rng(self.seed)
        sums = np.zeros((2, fleets, self.robots, z.shape[1]))
        high = np.zeros(fleets)
        for _ in range(self.horizon):
            drawn = z[rng.integers(0, len(z), (fleets, self.robots))]
            sums = np.maximum(0.0, sums + np.stack((drawn, -drawn)) - _SLACK)
            high = np.maximum(high, sums.max(axis=(0, 2, 3)))
        return float(np.quantile(high, 1 - self.alpha, method="higher"))


def _lagged(commands: Floats) -> Floats:
    """Commands of this and the last steps side by side ``[T, a * reach]``; before the first there was none."""
    padded = np.concatenate((np.zeros((REACH - 1, commands.shape[1])), commands))
    rows: Ints = np.arange(len(commands))
    return np.concatenate([padded[rows + REACH - 1 - lag] for lag in range(REACH)], axis=1)


def _taught(motions: Sequence[Motion]) -> Floats:
    """The filter from commands to motion, ridge regression over the fleet ``[a * reach, d]``."""
    x = np.concatenate([_lagged(motion.commands)[:-1] for motion in motions])
    y = np.concatenate([np.diff(motion.places, axis=0) for motion in motions])
    gram = x.T @ x
    gram[np.diag_indices_from(gram)] += _RIDGE * np.trace(gram) / len(gram)
    return np.asarray(np.linalg.solve(gram, x.T @ y), np.float64)


def _expected(commands: Floats, taught: Floats) -> Floats:
    return _lagged(commands) @ taught
