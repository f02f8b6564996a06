"""A curated set against random and largest-volume sets of the same size, chosen from a lake as uneven as real ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ..core import Episode, Selection
from ..core.errors import Refused
from ..curate import Curated, Curating, Mixture, curate
from ..curate.pick import asked
from ..lake import Store
from ..train import gather_from
from ..worth import embed, figures
from .bench import Bench, seed_of
from .result import Line, Result, difference

__all__ = ["chance", "compared", "copied", "largest", "run", "sound", "sources", "tried", "uneven", "weighed"]

MEASURES = ("smoothness", "path_efficiency", "jerk")
ARMS = ("random", "largest volume", "coverage", "coverage, places unknown", "quality", "mixed")
SOUND = "verdict IS DISTINCT FROM 'quarantine' AND coalesce(outcome, '') NOT IN ('failure', 'aborted', 'invalid')"
"""What every arm chooses among, as a condition: what training would not drop anyway."""
HOW = {
    "coverage": Curating(objective="coverage"),
    "coverage, places unknown": Curating(objective="coverage", cells=("task",)),
    "quality": Curating(objective="quality", cells=("task",)),
    "mixed": Curating(objective="mixed"),
}
"""The curated arms. Quality without cells is quality alone, which is what science warns of."""


def sources(bench: Bench, seed: int) -> dict[str, list[Episode]]:
    """What an uneven lake of one task holds, by source: 7 budgets of which one person's repeats are the bulk.

    Of each budget B: 4 B repeats in one place by the bench's source, B by a novice in a quarter as many places
    (failures stay), B near copies of repeats (noise of 1e-4 of the numbers' spread), and B rare places once each by
    the source.
    """
    many = bench.budget
    bulk = bench.shown(bench.places(1, seed, "bulk") * (4 * many), seed, "bulk", failures=True)
    spots = bench.places(max(1, many // 4), seed, "careless")
    careless = bench.shown(
        [spots[i % len(spots)] for i in range(many)], seed, "careless", source="novice", failures=True
    )
    rare = bench.shown(bench.places(many, seed, "rare"), seed, "rare")
    copies = [copied(one, seed) for one in bulk[:many]]
    return {"repeats": bulk, "careless": careless, "near copies": copies, "rare places": rare}


def uneven(bench: Bench, seed: int) -> list[Episode]:
    """All sources of an uneven lake."""
    return [one for some in sources(bench, seed).values() for one in some]


def even(bench: Bench, seed: int) -> list[Episode]:
    """Four budgets of episodes, each in a place of its own by one source: a lake that leaves little to curate."""
    return bench.shown(bench.places(4 * bench.budget, seed, "even"), seed, "even")


def run(bench: Bench) -> Result:
    """Held-out success of one learner by each way of choosing ``budget`` episodes of an uneven and an even lake."""
    lines, held = [], []
    for words, lake in (("an uneven lake", uneven), ("an even lake", even)):
        rows = []
        for seed in bench.every_seed:
            given = lake(bench, seed)
            bench.apart(given, seed)
            held.append(len(given))
            rows.append(_row(bench, given, seed, words))
        lines.append(Line(words, tuple(map(float, range(len(ARMS)))), tuple(rows)))
    first, second = lines
    found = [
        difference(f"{ARMS[arm]} above {ARMS[other]}, {line.label}", line, line, arm, other)
        for line, rivals in ((first, (0, 1)), (second, (0,)))
        for arm in range(2, len(ARMS))
        for other in rivals
    ]
    notes = (
        f"{bench.budget} episodes are chosen of {held[0]} (uneven) and {held[-1]} (even).",
        "Nobody chooses failures, so that what is gained is not the failures left out.",
        "The uneven lake was made uneven on purpose: four sevenths are one person's repeats in one place; copies of",
        "them, a novice's episodes in few places, and rare places once each are a seventh each. How uneven real lakes",
        "are is not measured here. The even lake shows each place once: there a choice has little to gain.",
        "*Places unknown* has no scene to go by and spreads in the space of movements alone; *quality* looks at",
        "smoothness, path efficiency and jerk without regard to places.",
    )
    asked = "Is a curated set worth more than a random or the largest one of the same size?"
    return Result("curation", asked, "chosen by", ARMS, tuple(lines), tuple(found), bench.described(), notes)


def _row(bench: Bench, given: Sequence[Episode], seed: int, words: str) -> tuple[float, ...]:
    """Success by each arm's choice of one lake."""
    row = []
    with TemporaryDirectory() as folder, Store(Path(folder) / "lake") as store:
        store.put(given, at=1)
        embed(store, at=1)
        figures(store, MEASURES, 1)
        for arm in ARMS:
            chosen = _chosen(store, arm, bench.budget, seed)
            row.append(bench.success(bench.taught(gather_from(store, chosen), seed), seed))
            bench.tell(f"{words}, seed {seed}: {arm}: {row[-1]:.2f} ({_places(store, chosen)} places)")
    return tuple(row)


def compared(store: Store, made: Curated, bench: Bench) -> Result:
    """The A/B of a choice: policies by it, by random sets and by the largest-volume set of its size, seed by seed.

    All choose among what answers the same question, without quarantined and failed episodes. Refused where that is
    not of the bench's task alone, and where the lake holds a held-out environment, for then nothing is proven.
    """
    taken, version = made.selection, made.selection.version
    pool = sound(store, taken.query.partition(" | ")[0], version)
    ticks = ("random", "largest volume", "curated")
    biggest = largest(store, pool, len(taken), version)
    line = tried(
        store, bench, ticks, lambda seed: (chance(pool, len(taken), seed, version), biggest, taken), (*taken.ids, *pool)
    )
    found = tuple(difference(f"curated above {ticks[place]}", line, line, 2, place) for place in (0, 1))
    question = "Is the curated set worth more than a random or the largest one of the same size?"
    settings = {**bench.described(), "budget": len(taken)}
    return Result("curation", question, "chosen by", ticks, (line,), found, settings)


def weighed(store: Store, mixture: Mixture, bench: Bench) -> Result:
    """The A/B of weights: policies by the same episodes as they come and as mixed, seed by seed; refused alike."""
    taken = mixture.selection
    plain = replace(taken, weights=(), query=f"{taken.query} | as they come")
    ticks = ("as they come", mixture.how)
    line = tried(store, bench, ticks, lambda _: (plain, taken), taken.ids)
    found = (difference(f"{ticks[1]} above {ticks[0]}", line, line, 1, 0),)
    settings = {**bench.described(), "budget": len(taken)}
    return Result("weights", "Are the weights worth anything?", "weighed", ticks, (line,), found, settings)


def tried(
    store: Store,
    bench: Bench,
    ticks: Sequence[str],
    sets: Callable[[int], Sequence[Selection]],
    among: Sequence[str],
) -> Line:
    """Held-out success by each of some selections, seed by seed, where nothing held out was ever in the lake."""
    said = store.sql("SELECT id, task, scene FROM episodes")
    tasks = dict(zip(said["id"].to_pylist(), said["task"].to_pylist(), strict=True))
    if {tasks[one] for one in among} != {bench.task}:
        raise Refused(
            f"Not all of these episodes are of {bench.task}; --ab teaches one task.",
            do=f"Choose with task = '{bench.task}'.",
        )
    scenes, rows = set(said["scene"].to_pylist()), []
    for seed in bench.every_seed:
        if scenes & {place.hash for place in bench.places(bench.trials, seed, "held out")}:
            raise Refused("The lake holds a held-out environment: nothing would be proven.", do="Use another --seed.")
        rows.append(tuple(bench.success(bench.taught(gather_from(store, one), seed), seed) for one in sets(seed)))
        bench.tell(f"seed {seed}: " + ", ".join(f"{n} {x:.2f}" for n, x in zip(ticks, rows[-1], strict=True)))
    return Line(f"{len(sets(bench.first_seed)[-1])} episodes", tuple(map(float, range(len(ticks)))), tuple(rows))


def chance(pool: Sequence[str], size: int, seed: int, version: int) -> Selection:
    """So many episodes drawn without regard to anything."""
    rng, ids = np.random.default_rng(seed_of(seed, "chance")), sorted(pool)
    picked = sorted(rng.choice(len(ids), size, replace=False).tolist())
    return Selection(version, f"random {size} of {len(ids)}", tuple(ids[i] for i in picked), (), seed)


def largest(store: Store, pool: Sequence[str], size: int, version: int) -> Selection:
    """So many episodes of the source (operator and place) with the most seconds, then of the next, as they came."""
    ids = store.sql(
        "SELECT id, sum(seconds) OVER (PARTITION BY operator, scene) AS volume FROM episodes "
        f"WHERE list_contains(?, id) ORDER BY volume DESC, operator, scene, added, pos LIMIT {size}",
        params=[list(pool)],
        version=version,
    )["id"].to_pylist()
    return Selection(version, f"largest {size} of {len(pool)}", tuple(ids), (), 0)


def sound(store: Store, question: str, version: int) -> list[str]:
    """What every arm chooses among: what training would not drop anyway."""
    table = store.sql(f"SELECT id FROM episodes WHERE {SOUND}", version=version)
    sound = set(table["id"].to_pylist())
    return [one for one in asked(store, "" if question == "true" else question, version) if one in sound]


def _chosen(store: Store, arm: str, size: int, seed: int) -> Selection:
    if arm in HOW:
        return curate(store, replace(HOW[arm], budget=size, seed=seed)).selection
    pool = sound(store, "", store.version)
    return chance(pool, size, seed, store.version) if arm == "random" else largest(store, pool, size, store.version)


def _places(store: Store, chosen: Selection) -> int:
    """How many different places a selection shows."""
    table = store.sql(
        "SELECT count(DISTINCT scene) AS n FROM episodes WHERE list_contains(?, id)", params=[list(chosen.ids)]
    )
    return int(table["n"][0].as_py())


def copied(episode: Episode, seed: int) -> Episode:
    """Nearly the same episode, as a second export or a replayed take gives it."""
    rng = np.random.default_rng(seed_of(seed, episode.id))
    made = []
    for stream in episode.streams:
        x = stream.values
        if stream.signal.kind.visual or x.dtype.kind != "f" or stream.name == "progress":
            made.append(stream)
            continue
        noise = rng.normal(0.0, 1e-4, x.shape) * np.std(x.astype(np.float64), axis=0)
        made.append(replace(stream, x=(x + noise).astype(x.dtype)))
    return replace(episode, streams=tuple(made))
