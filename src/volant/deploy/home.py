"""Where the takes of a fleet come home: each is labelled, counted and becomes an episode that knows its parent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..core import Episode, Living, Origin, Policy, Take, World, lived
from .logbook import REWOUND, Help
from .spans import told
from .stages import Trial
from .tally import Operation

__all__ = ["Home"]


@dataclass(slots=True)
class Home:
    """Turns takes into episodes, and counts operations by the number of their job.

    ``policy`` is the hash of what drives, ``people`` are the operators' names by their number at the desk; the list may
    grow while robots are at work. ``candidate`` is a policy that gets some of the operations, and its trial.
    """

    world: World
    task: str
    policy: str
    people: Sequence[str]
    candidate: tuple[Policy, Trial] | None = None
    hz: float = field(init=False)
    operations: dict[int, Operation] = field(default_factory=dict)
    _grown: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hz = float(self.world.body(self.task).signals[-1].hz or 1.0)

    def arrive(self, take: Take, helps: Sequence[Help], *, late: bool, wanted: bool = True) -> Episode | None:
        """A take has ended: count it, and make of it an episode where it has steps. Time that ran out is a failure.

        Where nobody wants the episode none is made, which costs more than a tick of a robot.
        """
        if late and take.outcome == "aborted":
            take = replace(take, outcome="failure")
        number = take.job.number
        before = self.operations.get(number, Operation(number, "", 0, 0))
        ended = sum(help_.ended not in ("", REWOUND) for help_ in helps)
        self.operations[number] = Operation(number, take.outcome, before.helps + ended, before.steps + len(take))
        goes_on = bool(helps) and not helps[-1].ended
        if self.candidate and not goes_on:
            key = (take.job.environment.hash, take.job.seed)
            self.candidate[1].end(key, take.outcome == "success", self.operations[number].helps > 0)
        parent = self._grown.get(number) if goes_on else self._grown.pop(number, None)
        if not len(take) or not wanted:
            return None
        episode = lived(take, Living(self.world.body(self.task), self._origin(take, helps, parent), *self._place(take)))
        if goes_on:
            self._grown[number] = episode.id
        return episode.saying(told(take, helps, self.hz, late=late))

    def _origin(self, take: Take, helps: Sequence[Help], parent: str | None) -> Origin:
        new = self.candidate[0] if self.candidate and take.marks["candidate"].any() else None
        moved = sorted({help_.operator for help_ in helps if help_.first >= 0 and help_.ended})
        return Origin(
            robot=f"{self.world.name}-{take.lane:02d}",
            operator=",".join(dict.fromkeys(self.people[one] for one in moved)),
            collector="volant",
            site=self.world.name,
            tier="intervention" if moved else "autonomous",
            licence="Apache-2.0",
            policy=new.hash if new else self.policy,
            parents=(parent,) if parent else (),
        )

    def _place(self, take: Take) -> tuple[str, str]:
        """The region of the take's environment, and who says so."""
        return self.world.region(take.job.environment), f"worlds/{self.world.name}@{self.world.version}"
