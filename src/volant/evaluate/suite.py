"""Regression suites: named scenarios that a policy must keep doing, as a file beside the code."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from .. import plug
from ..core import Environment, Policy
from ..core.errors import BadValue, Damaged, NotFound, suggest
from ..statistics.paired import mcnemar
from .contestant import Contestant, contestant
from .evaluation import Evaluation, ready, tried
from .held import draw
from .settings import Evaluating

__all__ = ["Outcome", "Scenario", "Suite", "load", "passed", "run", "written"]

_HEAD = ("name", "world", "task", "scenario")
_PLACE = ("vector", "physics", "seed")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing that must keep working: where it is tried, and what is asked of it.

    ``environments`` (with their ``seeds``) are named, or ``trials`` of them are drawn by ``seed`` from ``region``.
    ``require`` is the least share of successes; ``against`` a checkpoint, relative to the suite's file, than which
    the policy may not be worse by more than ``margin`` (refused where McNemar's one-sided p is at most ``alpha``).
    """

    name: str
    world: str
    task: str
    region: str = ""
    vary: float = 0.0
    trials: int = 50
    seed: int = 0
    environments: tuple[Environment, ...] = ()
    seeds: tuple[int, ...] = ()
    require: float | None = None
    against: Path | None = None
    margin: float = 0.0
    alpha: float = 0.05


@dataclass(frozen=True, slots=True)
class Suite:
    """Scenarios in the order of their file."""

    name: str
    scenarios: tuple[Scenario, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """How a scenario went: ``held``, ``unclear`` (worse, but not surely) or ``regressed``, with the reason."""

    scenario: Scenario
    evaluation: Evaluation
    verdict: str
    why: str


def load(path: Path) -> Suite:
    """A suite from its TOML file; what it does not know is refused with near names."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotFound(f"There is no suite at {path}: {error.strerror or error}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Damaged(f"The suite {path} is no TOML: {error}.") from error
    _known(said, _HEAD, f"The suite {path}")
    rows = said.get("scenario", [])
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise BadValue(f"The suite {path} holds no [[scenario]].", do="docs/evaluation.md shows one.")
    above: dict[str, Any] = {key: said[key] for key in ("world", "task") if key in said}
    made = tuple(_scenario({**above, **row}, path) for row in rows)
    names = [one.name for one in made]
    if len(set(names)) < len(names):
        raise BadValue(f"The suite {path} names a scenario twice.")
    return Suite(str(said.get("name", path.stem)), made)


def run(
    suite: Suite,
    policy: Contestant | Policy | bytes | str | Path,
    how: Evaluating,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> list[Outcome]:
    """Try every scenario; of ``how`` only lanes, runner and level count, the rest is the suite's."""
    todo = [(one, *_contestants(one, policy, how)) for one in suite.scenarios]
    whole = sum(len(many) * (len(one.environments) or one.trials) for one, many, _ in todo)
    found: list[Outcome] = []
    done = 0
    for one, many, settings in todo:

        def tick(ahead: int, _: int, before: int = done) -> None:
            if progress:
                progress(before + ahead, whole)

        places = one.environments or draw(plug.world(one.world), one.task, settings, ())[0]
        made = tried(many, one.world, one.task, settings, places, seeds=one.seeds, progress=tick)
        found.append(Outcome(one, made, *_judged(one, made)))
        done += len(many) * len(places)
    return found


def passed(outcomes: Sequence[Outcome]) -> bool:
    """Whether nothing regressed."""
    return all(one.verdict != "regressed" for one in outcomes)


def written(made: Evaluation, *, require: float = 0.9) -> str:
    """A suite of the policy's own trials: what it solved must stay solved, what it failed is watched."""
    solved = made.trials.success
    parts = [
        f"# From evaluation {made.hash} of {made.policy.who.name}: {int(solved.sum())} of {len(solved)} succeeded.",
        f'name = "{made.task}"',
        f'world = "{made.world}"',
        f'task = "{made.task}"',
    ]
    for name, rows, least in (("solved", solved.nonzero()[0], require), ("failed", (~solved).nonzero()[0], 0.0)):
        if len(rows):
            parts += ["", "[[scenario]]", f'name = "{name} by {made.policy.who.name}"', f"require = {least}"]
            parts.append("environments = [")
            parts += [_place(made.trials.environments[k], int(made.trials.seeds[k])) for k in rows.tolist()]
            parts.append("]")
    return "\n".join(parts) + "\n"


def _place(one: Environment, seed: int) -> str:
    vector = ", ".join(repr(number) for number in one.vector)
    physics = ", ".join(f'"{name}" = {value!r}' for name, value in one.physics)
    return f"  {{ vector = [{vector}], physics = {{ {physics} }}, seed = {seed} }},"


def _contestants(
    one: Scenario, policy: Contestant | Policy | bytes | str | Path, how: Evaluating
) -> tuple[list[Contestant], Evaluating]:
    trials = len(one.environments) or one.trials
    made = replace(how, trials=trials, seed=one.seed, region=one.region, vary=one.vary, alpha=one.alpha)
    made = replace(made, sequential=False, score="success")
    _there(one)
    many = [contestant(policy, one.world)]
    if one.against is not None:
        many.append(contestant(one.against, one.world))
    try:
        ready(many, one.world, one.task, made)
    except BadValue as error:
        raise BadValue(f"Scenario {one.name!r}: {error.what}", instead=error.instead, do=error.do) from error
    return many, made


def _there(one: Scenario) -> None:
    """Refuse environments that the world cannot set up, before anything moves."""
    world = plug.world(one.world)
    width = len(world.sample(one.task, 1, one.seed)[0].vector)
    known = world.physics(one.task)
    for place in one.environments:
        if len(place.vector) != width:
            raise BadValue(
                f"Scenario {one.name!r}: a vector of {len(place.vector)} numbers is no environment of "
                f"{one.world}/{one.task}, which has {width}."
            )
        for name, _ in place.physics:
            if name not in known:
                raise NotFound(f"Scenario {one.name!r}: {one.world} varies no {name!r}.", instead=suggest(name, known))


def _judged(one: Scenario, made: Evaluation) -> tuple[str, str]:
    rate = made.success
    hits = int(made.trials.success.sum())
    said = f"{hits} of {rate.n} succeeded ({rate.value:.2f}, {rate.low:.2f} to {rate.high:.2f})"
    if one.require is not None and rate.value < one.require:
        return "regressed", f"{said}; {one.require:g} is required"
    if made.versus is None or made.rival is None:
        return "held", said
    before = int(made.rival.trials.success.sum())
    said = f"{said}; {made.rival.who.name} did {before} of {rate.n}"
    drop = (before - hits) / rate.n
    if drop <= one.margin:
        return "held", said
    p = mcnemar(made.versus.losses, made.versus.wins, sides=1)
    said = f"{said}: {drop:.2f} worse, {one.margin:g} allowed (McNemar, one-sided p {p:.3g})"
    return ("regressed", said) if p <= one.alpha else ("unclear", f"{said}; too few pairs to be sure")


def _scenario(row: Mapping[str, Any], path: Path) -> Scenario:
    what = f"Scenario {row.get('name', '?')!r} of {path}"
    _known(row, [field.name for field in fields(Scenario) if field.name != "seeds"], what)
    for key in ("name", "world", "task"):
        if not isinstance(row.get(key), str) or not row[key]:
            raise BadValue(f"{what} has no {key}.", do=f"Write {key} = in the scenario, or once above all of them.")
    if "require" not in row and "against" not in row:
        raise BadValue(f"{what} asks for nothing.", do="Write require = (a share) or against = (a checkpoint).")
    given = dict(row)
    for key, low, high in (("require", 0, 1), ("margin", 0, 1), ("vary", 0, 1), ("alpha", 0, 1), ("trials", 1, 10**6)):
        value = given.get(key, low)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise BadValue(f"{what}: {key} is {value!r}, not a number from {low} to {high}.")
    if "against" in given:
        given["against"] = path.parent / str(given["against"])
    places = given.pop("environments", [])
    if not isinstance(places, list) or not all(isinstance(place, dict) for place in places):
        raise BadValue(f"{what}: environments is no list of tables such as {{ vector = [0.1, 0.7] }}.")
    for place in places:
        _known(place, _PLACE, what)
    try:
        seed = int(given.get("seed", 0))
        made = tuple(
            Environment.of(given["world"], given["task"], place.get("vector", ()), place.get("physics"))
            for place in places
        )
        seeds = tuple(int(place.get("seed", seed + k)) for k, place in enumerate(places))
        return Scenario(**given, environments=made, seeds=seeds)
    except (TypeError, ValueError, AttributeError) as error:
        raise BadValue(f"{what} holds what is no number or word: {error}.") from error


def _known(said: Mapping[str, Any], names: Sequence[str], what: str) -> None:
    for key in said:
        if key not in names:
            raise BadValue(f"{what} says {key!r}, which means nothing.", instead=suggest(key, names))
