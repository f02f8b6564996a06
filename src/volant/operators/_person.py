"""A person at the controls, made of an expert: late, unsteady, never at full speed, and sometimes wrong.

Nothing here looks at truths that a person could not see; all that is random follows from the seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from ..core.acting import MISTAKES, Act, Bools, Floats, Ints, Moment, State
from ..core.embodiment import Embodiment
from ..core.environment import Environment
from ..core.errors import BadValue
from ..core.ports import Controller

__all__ = ["Person", "Traits"]

_AHEAD = 1024
"""Steps for which a lane's unsteadiness and mistakes are drawn at once; after them they begin anew."""
_SLIP, _SWERVE, _OVERSHOOT = (MISTAKES.index(word) for word in ("slip", "swerve", "overshoot"))
_PERSON = 1


@dataclass(frozen=True, slots=True)
class Traits:
    """How a person differs from a script.

    ``lag`` is the time from seeing to acting (s), ``speed`` how briskly an error is answered (1: as the script does),
    ``tremor`` and ``drift`` the standard deviation of the hand's trembling (9 Hz) and slow misjudgement (0.6 s), as
    shares of full speed. ``pauses`` and ``mistakes`` begin so often a second and last ``pause`` and ``mistake``
    seconds on average.
    """

    lag: float = 0.08
    speed: float = 0.6
    tremor: float = 0.05
    drift: float = 0.04
    pauses: float = 0.15
    pause: float = 0.25
    mistakes: float = 0.7
    mistake: float = 0.2


class Person:
    """Drives lanes by what an expert would do of what the person saw a moment ago.

    Who overshoots answers less briskly for about a second, as people do: what is late and brisk would swing for ever.
    Actions whose limits are symmetric are taken for movements: a pause is none. Others are places, which a pause
    keeps. A dimension with "grip" in its name is a gripper that opens at its lower limit.
    """

    def __init__(self, expert: Controller, body: Embodiment, lanes: int, traits: Traits) -> None:
        action = body.signals[-1]
        limits = body.limits(action.dims)
        if action.hz is None or not limits or any(low is None or high is None for low, high in limits):
            raise BadValue(f"A person cannot drive the body {body.name!r}: its action has no rate or no limits.")
        self.expert, self.traits, self.hz = expert, traits, action.hz
        self._low = np.array([low for low, _ in limits], float)
        self._high = np.array([high for _, high in limits], float)
        self._grip = np.array(["grip" in dim for dim in action.dims], np.bool_)
        self._relative = np.isclose(self._low, -self._high) & ~self._grip
        self._names = tuple(signal.name for signal in body.signals[:-1] if signal.numeric)
        self._deep = int(2 * traits.lag * self.hz) + 2
        self._rings: dict[str, npt.NDArray[np.generic]] = {}
        n, a = lanes, len(self._low)
        self._lag, self._speed, self._held = np.zeros(n, np.int64), np.ones(n), np.zeros((n, a))
        self._care, self._before = np.ones((n, a)), np.zeros((n, a))
        self._pause, self._mistake = np.zeros((n, _AHEAD), np.bool_), np.zeros((n, _AHEAD), np.int64)
        self._unsteady, self._astray = np.zeros((n, _AHEAD, a)), np.zeros((n, _AHEAD, a))

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """Another task begins on these lanes: a person of a slightly different day."""
        self.expert.start(lanes, environments, seeds)
        for lane, seed in zip(lanes.tolist(), seeds.tolist(), strict=True):
            self._draw(lane, np.random.default_rng([seed, 7]))

    def _draw(self, lane: int, random: np.random.Generator) -> None:
        """Everything random of a lane: how late and quick the person is today, and what will go wrong, step by step."""
        traits, dims = self.traits, len(self._low)
        lag = random.normal(traits.lag, traits.lag / 5) * self.hz
        self._lag[lane] = min(max(0, round(float(lag))), self._deep - 1)
        self._speed[lane] = np.clip(random.normal(traits.speed, traits.speed / 8), 0.05, 1.0)
        white = random.normal(0.0, 1.0, (2, _AHEAD, dims))
        self._unsteady[lane] = traits.tremor * _trembling(white[0], self.hz) + traits.drift * _slow(white[1], self.hz)
        self._pause[lane], _ = _spells(random, traits.pauses, traits.pause, self.hz)
        wrong, spell = _spells(random, traits.mistakes, traits.mistake, self.hz)
        kinds = random.integers(1, len(MISTAKES), int(spell.max()) + 1)
        self._mistake[lane] = np.where(wrong, kinds[spell], 0)
        astray = random.normal(0.0, 1.0, (int(spell.max()) + 1, dims))
        self._astray[lane] = (astray / np.abs(astray).max(axis=1, keepdims=True))[spell]

    def act(self, moment: Moment) -> Act:
        """What the person does now on every lane."""
        wanted = self.expert.act(Moment(self._late(moment), moment.step, moment.active)).actions
        n, span = np.arange(len(wanted)), (self._high - self._low) / 2
        step = moment.step % _AHEAD
        pause, mistake = self._pause[n, step], self._mistake[n, step]
        new = moment.active & (moment.step == 0)
        self._care[new], self._before[new] = 1.0, 0.0
        turned = self._relative & (np.abs(wanted) > 0.4) & (np.sign(wanted) == -self._before)
        self._care = np.where(turned, np.maximum(0.6 * self._care, 0.2), self._care + 0.01 * (1.0 - self._care))
        self._before = np.where(np.abs(wanted) > 0.4, np.sign(wanted), self._before)
        self._held[new] = np.where(self._relative, 0.0, np.where(self._grip, self._low, wanted[new]))
        meant = self._meant(wanted, pause, mistake, self._astray[n, step] * span)
        self._held = np.where(moment.active[:, None], meant, self._held)
        shaken = np.where(self._grip, 0.0, self._unsteady[n, step] * span)
        actions = np.clip(self._held + shaken, self._low, self._high)
        marks = {"mistake": mistake.astype(np.float64), "pause": pause.astype(np.float64)}
        return Act(actions, np.full(len(n), _PERSON, np.int8), marks)

    def _meant(self, wanted: Floats, pause: Bools, mistake: Ints, astray: Floats) -> Floats:
        """The actions before the hand trembles: what was wanted, slowed and smoothed, or simply wrong."""
        speed = self._speed[:, None]
        aim = np.where(self._relative, speed * self._care * wanted, wanted)
        aim = np.where((mistake == _SWERVE)[:, None] & self._relative, speed * astray, aim)
        aim = np.where((mistake == _OVERSHOOT)[:, None], self._held, aim)
        aim = np.where((mistake == _SLIP)[:, None] & self._grip, self._low, aim)
        aim = np.where((pause & (mistake == 0))[:, None], np.where(self._relative, 0.0, self._held), aim)
        muscle = np.where(self._grip, 1.0, min(1.0, 1.0 / (0.03 * self.hz)))
        return np.asarray(self._held + muscle * (aim - self._held))

    def _late(self, moment: Moment) -> State:
        """What is in the person's mind: numbers as they were ``lag`` ago."""
        obs: dict[str, npt.NDArray[np.generic]] = dict(moment.state.obs)
        state, lanes = moment.state, np.arange(len(moment.active))
        rows = np.flatnonzero(moment.active)
        back = np.minimum(self._lag, moment.step)
        for name in self._names:
            now = np.asarray(state.obs[name])
            ring = self._rings.get(name)
            if ring is None:
                ring = self._rings[name] = np.repeat(now[None], self._deep, axis=0)
            ring[moment.step[rows] % self._deep, rows] = now[rows]
            obs[name] = ring[(moment.step - back) % self._deep, lanes]
        return State(obs, state.success, state.progress, state.broken)


def _spells(random: np.random.Generator, often: float, long: float, hz: float) -> tuple[Bools, Ints]:
    """Stretches that begin ``often`` times a second and last ``long`` seconds: within one, and its number."""
    inside, number = np.zeros(_AHEAD, np.bool_), np.zeros(_AHEAD, np.int64)
    at, spell = 0, 0
    while often > 0:
        at += int(random.exponential(hz / often)) + 1
        if at >= _AHEAD:
            break
        stop = at + max(2, int(random.gamma(4.0, long * hz / 4.0)))
        spell += 1
        inside[at:stop], number[at:stop] = True, spell
        at = stop
    return inside, number


def _slow(white: Floats, hz: float, seconds: float = 0.6) -> Floats:
    """Unit noise that forgets itself in so many seconds."""
    keep = float(np.exp(-1.0 / (seconds * hz)))
    return np.asarray(lfilter([np.sqrt(1.0 - keep**2)], [1.0, -keep], white, axis=0))


def _trembling(white: Floats, hz: float, cycles: float = 9.0) -> Floats:
    """Unit noise around so many cycles a second (at most a third of the rate)."""
    turn, keep = 2 * np.pi * min(cycles, hz / 3) / hz, 0.9
    shaped = np.asarray(lfilter([1.0], [1.0, -2 * keep * np.cos(turn), keep**2], white, axis=0))
    return np.asarray(shaped / max(float(shaped.std()), 1e-9))
