"""Policies tried in environments that they were never taught in, alone or against one another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Unpack

import numpy as np

from .. import intake, plug
from ..core import Environment, Estimate, Job, Policy, Rolling, Take, fits
from ..core.errors import BadValue, NotFound, suggest
from ..lake import Store
from ..runners.living import episodes, live
from .contestant import Contestant, contestant
from .figures import figures, strengths
from .held import HeldOut, draw, taught
from .settings import Dials, Evaluating
from .telling import facts_of
from .trials import Trials, joined, trials_of
from .versus import Versus, versus

__all__ = ["Arm", "Evaluation", "Home", "Who", "evaluate", "ready", "tried"]

Ticker = Callable[[int, int], None]
"""Told how many trials are done, and of how many."""

Who = Contestant | Policy | bytes | str | Path


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """One contestant with its trials and their figures; ``episodes`` are the trials' ids where they came home."""

    who: Contestant
    trials: Trials
    figures: tuple[Estimate, ...]
    episodes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What came out: a policy's trials and figures, its rival's where there was one, and how all of it was done."""

    world: str
    task: str
    how: Evaluating
    arms: tuple[Arm, ...]
    versus: Versus | None
    held: HeldOut

    @property
    def policy(self) -> Arm:
        """The one that was evaluated."""
        return self.arms[0]

    @property
    def rival(self) -> Arm | None:
        """The one it was compared with, the first of several."""
        return self.arms[1] if len(self.arms) > 1 else None

    @property
    def trials(self) -> Trials:
        """The policy's trials."""
        return self.policy.trials

    @property
    def success(self) -> Estimate:
        """The policy's success with its exact interval."""
        return self.figure("success")

    @property
    def regions(self) -> dict[str, Estimate]:
        """The policy's success by region of the task's environments."""
        return {
            one.group.removeprefix("region="): one
            for one in self.policy.figures
            if one.name == "success" and one.group.startswith("region=")
        }

    def figure(self, name: str) -> Estimate:
        """The policy's figure of that name: success, progress, time_to_success, reached/0.5 ..."""
        for one in self.policy.figures:
            if one.name == name and not one.group:
                return one
        raise NotFound(f"No figure is called {name!r}.", instead=suggest(name, {f.name for f in self.policy.figures}))

    @cached_property
    def hash(self) -> str:
        """Name of the evaluation: digest of who was tried where, how, and with which result."""
        how = {key: value for key, value in asdict(self.how).items() if key not in ("lanes", "runner")}
        said = [self.world, self.task, how, [[arm.who.hash or arm.who.name, arm.trials.digest] for arm in self.arms]]
        return hashlib.blake2b(json.dumps(said).encode(), digest_size=16).hexdigest()

    def __repr__(self) -> str:
        return f"Evaluation({self.hash[:8]}, {self.policy.who.name} in {self.world}/{self.task}, {self.success})"


@dataclass(frozen=True, slots=True)
class Home:
    """Where trials come home to as episodes: a lake, and the time that is written beside them."""

    store: Store
    at: int


def evaluate(
    policy: Who,
    world: str,
    task: str,
    *,
    against: Who | list[Who] | tuple[Who, ...] | None = None,
    seen: Iterable[str] = (),
    lake: Store | None = None,
    home: Home | None = None,
    progress: Ticker | None = None,
    **dials: Unpack[Dials],
) -> Evaluation:
    """Try a policy in held-out environments, and rivals in the same ones; see ``Evaluating`` for the dials.

    ``policy`` and ``against`` are policies, a checkpoint's bytes or file, or an operator's name (``expert``). One
    rival makes an A/B, several a league (figure ``strength``, log odds of doing better than the average of all). What
    taught them is looked up in ``lake`` and in their checkpoints; ``seen`` are hashes of further environments to
    leave out. With ``home`` every trial becomes an episode of that lake and the figures become facts.

    An unknown task, signals that do not fit, a policy against itself and too few new environments are refused before
    anything moves.
    """
    how = Evaluating(**dials)
    where = plug.world(world)
    rivals = against if isinstance(against, list | tuple) else () if against is None else (against,)
    many = [contestant(who, world) for who in (policy, *rivals)]
    ready(many, world, task, how)
    known = [taught(who, lake or (home.store if home else None)) for who in many]
    extra = frozenset(seen)
    if extra:
        known = [(scenes | extra, proof or "given") for scenes, proof in known]
    places, held = draw(where, task, how, known)
    made = tried(many, world, task, how, places, home=home, progress=progress)
    made = replace(made, held=held)
    if home:
        home.store.tell(facts_of(made, home.at), at=home.at)
    return made


def ready(many: Sequence[Contestant], world: str, task: str, how: Evaluating) -> None:
    """Refuse what cannot be evaluated: an unknown task, signals that do not fit, a policy against itself."""
    body = plug.world(world).body(task)
    for who in many:
        if who.signals:
            fits(f"The policy {who.name}", who.signals, body, f"{world}/{task}")
    for place, who in enumerate(many):
        if any((who.hash, who.name) == (other.hash, other.name) for other in many[:place]):
            raise BadValue(f"{who.name} would be compared with itself.", do="Name another policy to compare it with.")
    if how.sequential and len(many) != 2:
        raise BadValue(f"Stopping early decides between two, not {len(many)}.", do="Name one rival.")
    if how.trials < 2 and len(many) > 2:
        raise BadValue("A league needs two trials or more.")
    if body.signals[-1].hz is None:
        raise BadValue(f"The body of {world}/{task} states no rate, so no time can be told.")


def tried(
    many: Sequence[Contestant],
    world: str,
    task: str,
    how: Evaluating,
    places: Sequence[Environment],
    *,
    seeds: Sequence[int] = (),
    home: Home | None = None,
    progress: Ticker | None = None,
) -> Evaluation:
    """Try every contestant in the same places with the same seeds, block by block, in an order drawn by lot.

    ``seeds`` of the trials follow from the evaluation's, unless given. Within a block nobody knows who else was
    there; who goes first is drawn anew for each. Nothing is left out: a sequential evaluation ends with the block in
    which it was decided, and all of the block's trials count.
    """
    rng = np.random.default_rng([how.seed, 0xB11D])
    drawn = np.random.default_rng([how.seed, 0x5EED]).integers(0, 2**31, len(places)).tolist()
    jobs = [Job(k, place, seeds[k] if seeds else drawn[k]) for k, place in enumerate(places)]
    blocks: list[list[Trials]] = [[] for _ in many]
    ids: list[list[str]] = [[] for _ in many]
    size, done = 2 * how.lanes, 0
    for start in range(0, len(jobs), size):
        block = jobs[start : start + size]
        for turn, arm in enumerate(rng.permutation(len(many)).tolist()):
            takes, trials = _block(many[arm], world, task, how, block, first=turn == 0)
            blocks[arm].append(trials)
            if home:
                ids[arm] += _bring(takes, many[arm], world, task, home)
            done += len(block)
            if progress:
                progress(done, len(jobs) * len(many))
        if how.sequential and versus(joined(blocks[0]), joined(blocks[1]), how).decided:
            break
    arms = []
    for who, some, names in zip(many, blocks, ids, strict=True):
        trials = joined(some)
        arms.append(Arm(who, trials, figures(trials, how), tuple(names)))
    compared = versus(arms[0].trials, arms[1].trials, how) if len(arms) == 2 else None
    if len(arms) > 2:
        ranked = strengths([arm.trials for arm in arms], how)
        arms = [replace(arm, figures=(*arm.figures, one)) for arm, one in zip(arms, ranked, strict=True)]
    return Evaluation(world, task, how, tuple(arms), compared, HeldOut())


def _block(
    who: Contestant, world: str, task: str, how: Evaluating, block: Sequence[Job], *, first: bool
) -> tuple[list[Take], Trials]:
    where = plug.world(world)
    rolling = Rolling(where.horizon(task))
    takes = live(world, task, who.driver, block, rolling, lanes=how.lanes, runner=how.runner)
    hz = where.body(task).signals[-1].hz
    regions = [where.region(job.environment) for job in block]
    return takes, trials_of(takes, regions, float(hz or 1.0), rolling.hold, [first] * len(block))


def _bring(takes: Sequence[Take], who: Contestant, world: str, task: str, home: Home) -> list[str]:
    made = list(episodes(world, task, takes, who.origin))
    intake.admit(home.store, made, at=home.at)
    return [episode.id for episode in made]
