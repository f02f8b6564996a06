"""48 takes: 32 clean and 16 with exactly one defect each, and which checks should find it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..core import Episode
from .takes import Take, record

__all__ = ["CLEAN", "DEFECTS", "Planted", "planted"]

CLEAN = 32
_TICK = 360 / 4096


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """An episode, its planted defect (empty where clean) and the checks that find it for the right reason."""

    episode: Episode
    defect: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """What planting a defect may use: chance, the clean take and the seed of the set."""

    rng: np.random.Generator
    take: Take
    seed: int


def planted(seed: int = 0, *, pictures: bool = True, clean: int = CLEAN) -> list[Planted]:
    """The 48 episodes, or fewer where fewer ``clean`` ones are asked for; the same seed makes the same bytes."""
    out = [Planted(record(seed, i).episode(pictures), "", ()) for i in range(clean)]
    for k, (defect, (plant, reasons)) in enumerate(DEFECTS.items()):
        take = plant(Case(np.random.default_rng((seed, 1000 + k)), record(seed, CLEAN + k), seed))
        out.append(Planted(take.episode(pictures), defect, reasons))
    return out


def _camera(fault: str, share: float, strength: float) -> Callable[[Case], Take]:
    def plant(case: Case) -> Take:
        begin = round(len(case.take) * (1 - share))
        return replace(case.take, cameras={"front": (fault, (begin, len(case.take)), strength)})

    return plant


def _gaps(case: Case) -> Take:
    t = case.take.t.copy()
    t[len(t) // 3 :] += 500_000_000
    t[2 * len(t) // 3 :] += 300_000_000
    return replace(case.take, t=t)


def _stuck(case: Case) -> Take:
    state = case.take.state.copy()
    begin = len(state) // 3
    held = state[begin, 1] + case.rng.normal(0, 0.06, len(state) - begin)
    state[begin:, 1] = np.round(held / _TICK) * _TICK
    return replace(case.take, state=state)


def _jerky(case: Case) -> Take:
    shake = case.rng.normal(0, 6.0, case.take.state.shape)
    shake[:, 6] = 0
    return replace(case.take, state=case.take.state + shake, action=case.take.action + shake)


def _idle(case: Case) -> Take:
    n = len(case.take)
    idle = case.take.part(np.concatenate([np.zeros(round(1.5 * n), np.int64), np.arange(n)]))
    still = round(1.5 * n)
    state = idle.state.copy()
    noise = np.round(case.rng.normal(0, 0.06, (still, 7)) / _TICK) * _TICK
    state[:still] = state[0] + noise
    return replace(idle, state=state)


def _chatter(case: Case) -> Take:
    action, state = case.take.action.copy(), case.take.state.copy()
    begin = len(action) // 4
    flips = np.repeat(np.tile([50.0, 8.0], 10), 4)
    action[begin : begin + 80, 6] = flips[: len(action) - begin]
    slow = np.convolve(np.concatenate([np.full(4, state[begin, 6]), flips]), [0.5, 0.3, 0.2], "valid")[:80]
    state[begin + 2 : begin + 82, 6] = slow[: len(state) - begin - 2]
    return replace(case.take, action=action, state=state)


def _nan(case: Case) -> Take:
    state = case.take.state.copy()
    state[len(state) // 2 : len(state) // 2 + 5, 2] = np.nan
    return replace(case.take, state=state)


def _truncated(case: Case) -> Take:
    return case.take.part(np.arange(5))


def _copied(case: Case) -> Take:
    original = record(case.seed, case.take.task)
    state = original.state + np.round(case.rng.normal(0, 0.06, original.state.shape) / _TICK) * _TICK
    return replace(
        original, index=case.take.index, state=state, scene=replace(original.scene, seed=case.take.scene.seed)
    )


def _desync(case: Case) -> Take:
    action = np.concatenate([case.take.action[12:], np.repeat(case.take.action[-1:], 12, axis=0)])
    return replace(case.take, action=action)


def _failed(case: Case) -> Take:
    return record(case.seed, case.take.index, fails=True)


def _saturated(case: Case) -> Take:
    low, high = case.take.action.min(axis=0), case.take.action.max(axis=0)
    action = np.clip(case.take.action, low + 0.25 * (high - low), high - 0.25 * (high - low))
    action[:, 6] = case.take.action[:, 6]
    return replace(case.take, action=action)


def _spike(case: Case) -> Take:
    state = case.take.state.copy()
    state[len(state) // 2, 3] += 180.0
    return replace(case.take, state=state)


Plant = Callable[[Case], Take]

DEFECTS: dict[str, tuple[Plant, tuple[str, ...]]] = {
    "frozen camera (2/3)": (_camera("freeze", 2 / 3, 0), ("freeze", "repeat")),
    "black camera (2/3)": (_camera("black", 2 / 3, 0), ("black",)),
    "blur sigma 7": (_camera("blur", 1.0, 7.0), ("blur",)),
    "over-exposed": (_camera("bright", 1.0, 2.2), ("saturated", "bright")),
    "timestamp gaps 0.5 + 0.3 s": (_gaps, ("gap",)),
    "stuck joint (2/3)": (_stuck, ("stuck",)),
    "jerky (6 degrees of noise)": (_jerky, ("jerk",)),
    "idle 60 %": (_idle, ("static", "idle")),
    "gripper chatter": (_chatter, ("chatter",)),
    "NaN state": (_nan, ("nan",)),
    "truncated (5 frames)": (_truncated, ("aborted",)),
    "exact duplicate (actions)": (_copied, ("duplicate",)),
    "action/state desync 12 frames": (_desync, ("lag", "desync")),
    "task failed": (_failed, ("outcome",)),
    "saturated actions": (_saturated, ("saturation",)),
    "encoder spike 180 degrees, 1 frame": (_spike, ("jump",)),
}
"""What is planted, how, and which checks count as the right reason."""
