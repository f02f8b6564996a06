"""Take-overs against plain demonstrations, round by round, at equal operator steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .. import plug, train
from ..core import CONTROL, Episode, Policy
from ..deploy.pilot import Piloting, pilot
from .bench import Bench, seed_of
from .result import Line, Result, difference

__all__ = ["Arm", "run"]

ROUNDS = 4
_POLICY = CONTROL.index("policy")


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to spend an operator's steps: on new demonstrations, or on robots that a gate calls for.

    ``own`` lets the policy learn from its own steps too, where the operation ended well.
    """

    label: str
    gate: str = ""
    own: bool = False


ARMS = (
    Arm("demonstrations in new environments"),
    Arm("take-overs, called by disagreement", "ensemble"),
    Arm("the same, with the policy's own steps", "ensemble", own=True),
    Arm("take-overs, called by an oracle", "oracle"),
    Arm("take-overs, called by no progress", "progress"),
)


def run(bench: Bench) -> Result:
    """Every arm starts from the same demonstrations and may spend the same operator steps in each of four rounds.

    ``budget`` demonstrations are one start and four rounds together. Who takes over shows as well as who demonstrates.
    """
    each = max(2, bench.budget // (ROUNDS + 1))
    kept: dict[Arm, list[tuple[float, ...]]] = {arm: [] for arm in ARMS}
    for seed in bench.every_seed:
        start = bench.shown(bench.places(each, seed, "start"), seed, "start")
        bench.apart(start, seed)
        first = bench.taught(start, seed)
        begun = bench.success(first, seed)
        for arm, rows in kept.items():
            row = (begun, *_rounds(bench, arm, seed, start, first))
            rows.append(row)
            bench.tell(f"seed {seed}: {arm.label}: " + ", ".join(f"{share:.2f}" for share in row))
    lines = [Line(arm.label, tuple(map(float, range(ROUNDS + 1))), tuple(rows)) for arm, rows in kept.items()]
    plain = lines[0]
    found = tuple(
        difference(f"{line.label} above demonstrations, round {place}", line, plain, place)
        for line in lines[1:]
        for place in (1, ROUNDS)
    )
    ticks = ("start", *(f"round {place}" for place in range(1, ROUNDS + 1)))
    asked = "Take-overs or plain demonstrations, at equal operator steps?"
    return Result("takeovers", asked, "rounds of equal operator steps", ticks, tuple(lines), found, bench.described())


def _rounds(bench: Bench, arm: Arm, seed: int, start: list[Episode], policy: Policy) -> list[float]:
    """Success after every round."""
    home, shares, allowed = list(start), list[float](), sum(map(_steps, start))
    for number in range(ROUNDS):
        words = (seed, number, arm.label)
        home += _taken(bench, arm, policy, words, allowed) if arm.gate else _plain(bench, words, allowed)
        bench.apart(home, seed)
        policy = bench.taught(train.gather(home, train.Gathering(own=arm.own)), seed)
        shares.append(bench.success(policy, seed))
    return shares


def _plain(bench: Bench, words: tuple[object, ...], allowed: int) -> list[Episode]:
    """As many new demonstrations as the steps allow."""
    return _within(bench.shown(bench.places(3 * bench.budget, *words), *words), allowed)


def _taken(bench: Bench, arm: Arm, policy: Policy, words: tuple[object, ...], allowed: int) -> list[Episode]:
    """As many operations of a fleet as it takes to use the same steps of a person."""
    asks = Piloting(20, 2, bench.source, arm.gate, episodes=80, seed=seed_of(*words), held_out=40)
    return _within(pilot(policy, plug.world(bench.world), bench.task, asks).episodes, allowed)


def _within(some: Sequence[Episode], allowed: int) -> list[Episode]:
    """Episodes in order while a person's steps last; the one that goes beyond is left out."""
    spent = np.cumsum([_steps(episode) for episode in some])
    return [episode for episode, sum_ in zip(some, spent, strict=True) if sum_ <= allowed]


def _steps(episode: Episode) -> int:
    """Steps in which a person, or the script in a person's place, had the robot."""
    return int((np.asarray(episode["control"].values) != _POLICY).sum())
