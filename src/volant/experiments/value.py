"""Which estimates of worth rank groups of demonstrations as leaving each out and teaching again does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy import stats

from .. import plug, train
from ..core import Demonstrations, Episode, Estimate
from ..core.acting import Floats, Ints
from ..core.errors import BadValue
from ..policies.probes import Probing
from ..statistics.agreement import kendall, spearman
from ..vectors import kmeans, shapley
from ..worth.slopes import Grown, slopes
from ..worth.value import outlying
from .bench import Bench, seed_of
from .probing import probed
from .result import Difference, Line, Result, over_seeds

__all__ = ["Group", "planted", "run"]

RETAUGHT = 4
"""Policies taught for each arm of the true ablation, an even number: halves of them say how sure the truth is."""
PROBES, TRIALS = 120, 8
_PART = 13
"""Groups in units of one: the budget is shared out by them."""
_EVERY = 4
"""Every fourth sample is a row for nearest neighbours."""
_MOVES = 12
"""Kinds of commands, by clusters, that neighbours vote for."""
_TRUTH, _HALVES = "ablation", "ablation, half by half"


@dataclass(frozen=True, slots=True)
class Group:
    """Demonstrations of one sort: who made them, how many, in which region (empty: all), and what is wrong with them.

    ``trick`` is ``copied`` (exactly those of ``like``), ``again`` (the environments of ``like``, shown once more) or
    ``flipped`` (every movement's sign turned).
    """

    name: str
    source: str
    count: int
    region: str = ""
    trick: str = ""
    like: str = ""


def planted(regions: Sequence[str], budget: int) -> tuple[Group, ...]:
    """Groups of planted worth: one broad, one for each region, people of less care, two redundant, one harmful."""
    each = budget // _PART
    if len(regions) < 2 or each < 1:
        raise BadValue(
            f"{len(regions)} regions and a budget of {budget} make no groups.",
            do=f"Use a task of several regions and a budget of {_PART} or more.",
        )
    first, last = regions[0], regions[-1]
    return (
        Group("broad, careful", "careful", 2 * each),
        *(Group(f"{region}, careful", "careful", each, region) for region in regions),
        Group(f"{regions[1]}, human", "human", each, regions[1]),
        Group(f"{regions[-2]}, hasty", "hasty", each, regions[-2]),
        Group(f"{first} copied", "careful", each, first, "copied", f"{first}, careful"),
        Group(f"{last} again", "careful", each, last, "again", f"{last}, careful"),
        Group("flipped", "careful", 2 * each, trick="flipped"),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Draw:
    """One draw of everything: groups, their demonstrations as a lesson, whose each episode is, and its region."""

    groups: tuple[Group, ...]
    lesson: Demonstrations
    group: Ints
    regions: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(group.name for group in self.groups)

    def shown(self, weight: Floats) -> Demonstrations:
        """The lesson with so much weight on each episode."""
        return replace(self.lesson, weight=self.lesson.weight * weight[self.lesson.episode])


def run(bench: Bench) -> Result:
    """For each seed a fresh draw of groups: the true value of each, and what every method says without teaching anew.

    True: held-out success of the bench's learner with everything minus without the group, over ``RETAUGHT`` policies.
    Lines are ranks (0: worth least, 1: most); agreement is Spearman's and Kendall's, one figure of each a draw.
    """
    values: dict[str, list[Floats]] = {}
    agreed: dict[str, list[tuple[float, float]]] = {}
    names: tuple[str, ...] = ()
    for seed in bench.every_seed:
        draw = _drawn(bench, seed)
        names = draw.names
        true = _true(bench, draw, seed)
        if float(np.ptp(true.mean(axis=0))) == 0.0:
            raise BadValue("Leaving a group out changed nothing, whichever.", do="Use a harder task or more trials.")
        agreed.setdefault(_HALVES, []).append(_agreement(true[::2].mean(axis=0), true[1::2].mean(axis=0)))
        for method, value in {_TRUTH: true.mean(axis=0), **_estimated(bench, draw, seed)}.items():
            values.setdefault(method, []).append(value)
            if method != _TRUTH:
                agreed.setdefault(method, []).append(_agreement(true.mean(axis=0), value))
        bench.tell(f"seed {seed}: " + ", ".join(f"{method} {rows[-1][0]:+.2f}" for method, rows in agreed.items()))
    x = tuple(map(float, range(len(names))))
    lines = tuple(Line(method, x, tuple(map(_ranks, rows))) for method, rows in values.items())
    found = tuple(
        _limited(over_seeds(f"{kind}, {method}", [row[at] for row in rows]))
        for at, kind in enumerate(("Spearman", "Kendall"))
        for method, rows in agreed.items()
    )
    settings = {**bench.described(), "policies an arm": RETAUGHT, "probes": PROBES, "trials a probe": TRIALS}
    asked = "Which estimate of worth ranks groups of demonstrations as true ablation does?"
    return Result("value", asked, "groups", names, lines, found, settings, _notes(names, values, found),
                  "rank of worth (1: most)", (-1.0, 1.0))  # fmt: skip


def _agreement(true: Floats, said: Floats) -> tuple[float, float]:
    """Spearman's and Kendall's; nothing agrees with values that are all the same."""
    if not np.ptp(true) or not np.ptp(said):
        return 0.0, 0.0
    return spearman(true, said)[0], kendall(true, said)[0]


def _limited(one: Difference) -> Difference:
    """Correlations end at 1."""
    return replace(one, low=max(-1.0, one.low), high=min(1.0, one.high))


def _drawn(bench: Bench, seed: int) -> _Draw:
    world = plug.world(bench.world)
    groups = planted(world.regions(bench.task), bench.budget)
    made: dict[str, list[Episode]] = {}
    for at, group in enumerate(groups):
        words = (seed, "group", group.like if group.trick == "again" else group.name)
        places = list(world.sample(bench.task, group.count, seed_of(*words), region=group.region))
        copied = group.trick == "copied"
        made[group.name] = made[group.like] if copied else bench.shown(places, *words, at, source=group.source)
        if len(made[group.name]) < 1:
            raise BadValue(f"Nobody succeeded in {group.name!r}.", do="Use another task or another seed.")
    episodes = [episode for group in groups for episode in made[group.name]]
    bench.apart(episodes, seed)
    which = np.repeat(np.arange(len(groups)), [len(made[group.name]) for group in groups])
    lesson = train.gather(episodes)
    turned = np.isin(which, [at for at, group in enumerate(groups) if group.trick == "flipped"])[lesson.episode]
    sign = np.ones_like(lesson.actions)
    sign[turned, :-1] = -1.0  # the last number of the command is the gripper's
    regions = tuple(_region(episode) for episode in episodes)
    return _Draw(groups, replace(lesson, actions=lesson.actions * sign), which, regions)


def _region(episode: Episode) -> str:
    return next((str(fact.value) for fact in episode.said if fact.key == "environment/region"), "")


def _true(bench: Bench, draw: _Draw, seed: int) -> Floats:
    """Success with everything minus success without each group, ``[RETAUGHT, groups]``: the same trials for all."""
    gaps = np.zeros((RETAUGHT, len(draw.groups)))
    for again in range(RETAUGHT):
        own = seed_of(seed, "taught", again)
        whole = bench.success(bench.taught(draw.lesson, own), seed)
        for at in range(len(draw.groups)):
            less = draw.shown((draw.group != at).astype(np.float64))
            gaps[again, at] = whole - bench.success(bench.taught(less, own), seed)
        bench.tell(f"seed {seed}, policy {again + 1} of {RETAUGHT}: {whole:.2f} with everything")
    return gaps


def _estimated(bench: Bench, draw: _Draw, seed: int) -> dict[str, Floats]:
    """What every method says each group is worth."""
    asked = bench.places(TRIALS, seed, "probed")
    found = probed((bench.world, bench.task), draw.lesson, (draw.names, draw.group), asked, probes=PROBES,
                   seed=seed, how=Probing())  # fmt: skip
    said = {f"probes, {name}": [one.value for one in many] for name, many in found.values.items()}
    bench.tell(f"seed {seed}: probes succeed in {found.score.mean():.2f}")
    apart = outlying(draw.names, draw.group, _rows(draw.lesson))
    said["novelty, mean"] = [one.value for one in apart]
    said["novelty, sum"] = [one.value * one.n for one in apart]
    said["slope"] = [one.value for one in _slopes(bench, draw, seed)]
    for name, told in _shapley(bench, draw, seed).items():
        said[f"KNN-Shapley, {name}"] = [float(told[draw.group == at].sum()) for at in range(len(draw.groups))]
    said["hours"] = [float((draw.group[draw.lesson.episode] == at).sum()) for at in range(len(draw.groups))]
    return {name: np.asarray(many) for name, many in said.items()}


def _slopes(bench: Bench, draw: _Draw, seed: int) -> Sequence[Estimate]:
    """Learning curves of the regions from a quarter, a half and all of the episodes, and what a group adds on them."""
    order = np.random.default_rng((seed, 7)).permutation(len(draw.group))
    held = bench.places(bench.trials, seed, "held out")
    world = plug.world(bench.world)
    there = np.array([world.region(place) for place in held])
    grown: list[Grown] = []
    for part in (0.25, 0.5, 1.0):
        weight = np.zeros(len(order))
        weight[order[: max(3, round(part * len(order)))]] = 1.0
        policy = bench.taught(draw.shown(weight), seed)
        wins = bench.wins_in(policy, held)
        for region in sorted(set(draw.regions)):
            mine = there == region
            n = sum(weight[i] for i, name in enumerate(draw.regions) if name == region)
            grown.append(Grown(region, float(n), float(wins[mine].sum()), int(mine.sum())))
    counts = {
        name: {region: sum(1 for r in mine if r == region) for region in set(mine)}
        for at, name in enumerate(draw.names)
        for mine in [[draw.regions[i] for i in np.flatnonzero(draw.group == at)]]
    }
    return slopes(grown, counts)


def _rows(lesson: Demonstrations) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Each episode as what was seen and done at eight even moments, every number scaled to size 1."""
    table = _table(lesson)
    ends = np.searchsorted(lesson.episode, np.arange(len(lesson.ids) + 1))
    at = np.stack([np.linspace(a, b - 1, 8).round().astype(np.int64) for a, b in pairwise(ends)])
    made: np.ndarray[tuple[int, ...], np.dtype[np.float32]] = table[at].reshape(len(at), -1)
    return made


def _table(
    lesson: Demonstrations, like: Demonstrations | None = None
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Every sample's numbers and command, scaled by those of ``like``."""
    table, scale = (
        np.column_stack([*(np.asarray(one.obs[s.name], np.float64).reshape(len(one), -1) for s in one.observations),
                         one.actions])
        for one in (lesson, like or lesson)
    )  # fmt: skip
    size = scale.std(axis=0)
    made: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
    made = ((table - scale.mean(axis=0)) / np.where(size > 1e-9, size, np.inf)).astype(np.float32)
    return made


def _shapley(bench: Bench, draw: _Draw, seed: int) -> dict[str, Floats]:
    """KNN-Shapley of each episode for commands of held-out careful demonstrations, in two utilities.

    ``kinds``: a neighbour is right whose command is of the same kind (a cluster of commands); ``numbers``: the nearer
    its command the better, and the worst command still counts for more than none.
    """
    test = train.gather(bench.shown(bench.places(8, seed, "asked"), seed, "asked", source="careful"))
    width = draw.lesson.actions.shape[1]
    mine, its = (_table(one, draw.lesson)[::_EVERY] for one in (draw.lesson, test))
    seen, asked = mine[:, :-width], its[:, :-width]
    does, should = (np.ascontiguousarray(rows[:, -width:]) for rows in (mine, its))
    centres = kmeans.centres(should, _MOVES, seed=seed)
    kinds = [kmeans.assign(rows, centres)[0] for rows in (does, should)]
    found = {
        "kinds": shapley.knn(seen, kinds[0], asked, kinds[1], 5),
        "numbers": sum(
            (shapley.knn_numbers(seen, does[:, at], asked, should[:, at], 5) / width for at in range(width)),
            np.zeros(len(mine)),
        ),
    }
    whose = draw.lesson.episode[::_EVERY]
    return {name: np.bincount(whose, rows, len(draw.lesson.ids)).astype(np.float64) for name, rows in found.items()}


def _ranks(value: Floats) -> tuple[float, ...]:
    return tuple(((stats.rankdata(value) - 1) / (len(value) - 1)).tolist())


def _notes(
    names: Sequence[str], values: Mapping[str, Sequence[Floats]], found: Sequence[Difference]
) -> tuple[str, ...]:
    """The true values in success, which methods are not separated from chance, and who finds the harmful group."""
    true = ", ".join(f"{name} {value:+.3f}" for name, value in zip(names, np.mean(values[_TRUTH], axis=0), strict=True))
    lost = [one.words for one in found if not one.sure and one.words.startswith("Spearman")]
    last = ", ".join(
        f"{method} {sum(int(row.argmin()) == len(names) - 1 for row in rows)}" for method, rows in values.items()
    )
    seeds = len(values[_TRUTH])
    return (
        f"True value of each group in held-out success, mean over {seeds} seeds: {true}.",
        "",
        f"Not separated from no agreement at all: {'; '.join(lost)}."
        if lost
        else "Every method is separated from no agreement.",
        "",
        f"In how many of {seeds} draws the flipped group comes last: {last}.",
        "",
        "Half of the ablation's policies beside the other half says how sure the truth itself is: the yardstick.",
    )
