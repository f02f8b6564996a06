"""How unsure a policy is of what somebody else's robot sees: asked now and then, while it is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core import Bools, Environment, Episode, Floats, Moment, Policy, Signal, State
from ..core.errors import BadValue
from .gates.ensemble import MARK

__all__ = ["Doubt", "doubt"]

Obs = Mapping[str, npt.NDArray[np.generic]]


@dataclass(frozen=True, eq=False)
class Doubt:
    """A policy, and how much its members disagreed at moments of stored episodes: 95 of 100 lay below ``usual``,
    of ``n`` moments."""

    policy: Policy
    usual: float
    n: int

    def knows(self, signals: Sequence[Signal]) -> bool:
        """Whether streams hold everything that the policy must see."""
        there = {signal.name: signal.shape for signal in signals}
        return all(there.get(one.name) == one.shape for one in self.policy.observations)

    def words(self, obs: Obs) -> str:
        """One line where the policy is more than twice as unsure as usual of one moment (``[1, *shape]``)."""
        value = float(disagreement(self.policy, obs)[0])
        if not self.n or value <= 2 * self.usual:
            return ""
        return f"The policy is unsure here, {value / self.usual:.1f} times its usual (95 % of {self.n} moments): go on."


def doubt(policy: Policy, episodes: Sequence[Episode], *, each: int = 8) -> Doubt:
    """What is usual for a policy, from some moments of each of these episodes that hold what it must see."""
    values: list[float] = []
    for episode in episodes:
        names = {stream.name: stream for stream in episode.streams}
        streams = [names.get(one.name) for one in policy.observations]
        if any(one is None or one.video is not None or not len(one) for one in streams):
            continue
        t = streams[0].t if streams[0] is not None else np.zeros(0, np.int64)
        at = t[np.linspace(0, len(t) - 1, min(each, len(t))).astype(int)]
        obs = {
            one.name: one.values[np.clip(np.searchsorted(one.t, at, side="right") - 1, 0, len(one) - 1)]
            for one in streams
            if one is not None
        }
        values += disagreement(policy, obs).tolist()
    return Doubt(policy, float(np.quantile(values, 0.95)) if values else 0.0, len(values))


def disagreement(policy: Policy, obs: Obs) -> Floats:
    """How far the policy's members lie apart at each of these moments ``[n]``, each as a first step."""
    n = len(next(iter(obs.values())))
    controller = policy.controller(n)
    lanes, none, active = np.arange(n), np.zeros(n), np.ones(n, np.bool_)
    controller.start(lanes, (Environment("", ""),) * n, np.zeros(n, np.int64))
    state = State(obs, np.zeros(n, np.bool_), none, _none(n))
    act = controller.act(Moment(state, np.zeros(n, np.int64), active))
    if MARK not in act.marks:
        raise BadValue(f"The policy {policy.name} does not say how far its members disagree.", do="Train an ensemble.")
    return act.marks[MARK]


def _none(n: int) -> Bools:
    return np.zeros(n, np.bool_)
