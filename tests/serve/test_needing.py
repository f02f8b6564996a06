"""Advice to collectors: the policy is asked in a thread, and only of what it can see."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np

from aside import aside
from volant.core import Kind, Signal
from volant.intake.journal import Place
from volant.intake.take import Declared, Take
from volant.serve.house import House
from volant.serve.live.needing import Needing
from volant.wire import samples, unpack

SEEN = Signal("q", Kind.STATE, (2,), "float32", "rad", hz=20)


class Unsure:
    """Stands in for a policy that is unsure of everything."""

    observations = (SEEN,)

    def __init__(self) -> None:
        self.policy, self.threads = self, list[int]()

    def knows(self, signals: list[Signal]) -> bool:
        return SEEN in signals

    def words(self, obs: dict[str, Any]) -> str:
        self.threads.append(threading.get_ident())
        return f"unsure of {obs['q'][0].tolist()}"


def _take(name: str, signal: Signal) -> Take:
    take = Take(name, "a", 0, 1, {"event": "begin", "episode": "a", "task": "home"})
    for i in range(20):
        x = np.full((1, 2), i, np.float32)
        frame = unpack(samples(1, i + 1, np.array([i * 50_000_000]), x))
        take.add(Declared(signal), frame, Place(1, 0, 0), 0)
    return take


def test_the_policy_is_asked_of_the_newest_moment_and_never_in_the_loop(tmp_path: Path) -> None:
    needing, unsure = Needing(House(str(tmp_path / "lake"), tmp_path)), Unsure()
    needing._doubt = unsure  # type: ignore[assignment]
    sees, blind = _take("robot-0001", SEEN), _take("robot-0002", Signal("other", Kind.STATE, (2,), "float32"))

    async def asked() -> int:
        await needing.ask([sees, blind])
        return threading.get_ident()

    loop = aside(asked())
    assert needing.advice(sees) == "unsure of [19.0, 19.0]" and needing.advice(blind) == ""
    assert len(unsure.threads) == 1 and loop not in unsure.threads
    aside(needing.ask([]))
    assert needing.advice(sees) == ""
