"""Piloting by names: a policy, a place and settings in plain words become a fleet that can be sent to work."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from .. import plug
from ..core import Policy
from ..core.errors import Misuse, NotFound, suggest
from .cockpit import Routine
from .pilot import Piloted, Piloting
from .pilot import pilot as fly

__all__ = ["Run", "opened", "pilot"]


@dataclass(slots=True)
class Run:
    """A fleet that waits for work: call it with a number of episodes, as often as there is work.

    Each call draws environments of its own; the same calls in the same order give the same episodes.
    """

    policy: Policy
    place: str
    how: Piloting
    calls: int = 0

    def __call__(self, episodes: int = 0, **more: Any) -> Piloted:
        """So many operations, with their take-overs; what comes back can be given to ``Lake.add``."""
        name, task = plug.place(self.place)
        how = replace(self.how, episodes=episodes or self.how.episodes, seed=self.how.seed + self.calls)
        self.calls += 1
        return fly(self.policy, plug.world(name), task, how, **more)

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *problem: object) -> None:
        """Nothing is left open between two calls."""


def opened(policy: Policy | bytes | str | Path) -> Policy:
    """A policy as it is, by its bytes, or from its file."""
    if isinstance(policy, bytes):
        return plug.policy(policy)
    if isinstance(policy, str | Path):
        if not Path(policy).is_file():
            raise NotFound(f"There is no checkpoint at {policy}.", do="`volant train` makes one.")
        return plug.policy(Path(policy).read_bytes())
    return policy


def pilot(policy: Policy | bytes | str | Path, place: str, **how: Any) -> Run:
    """A fleet of robots in ``WORLD/TASK`` with people on call; ``how``: see ``Piloting`` and ``Routine``."""
    plug.place(place)
    own, of_help = ({field.name for field in fields(kind)} for kind in (Piloting, Routine))
    for name in how:
        if name not in own | of_help:
            raise Misuse(f"Piloting has no setting {name!r}.", instead=suggest(name, own | of_help))
    routine = replace(how.get("routine", Routine()), **{name: how[name] for name in how if name in of_help})
    settings = {name: value for name, value in how.items() if name in own and name != "routine"}
    return Run(opened(policy), place, Piloting(**settings, routine=routine))
