"""Ways to weigh groups of an uneven lake, all of its episodes taught each time."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from ..choosing import proxied
from ..core import Episode, Selection
from ..curate import mixing, robust
from ..lake import Store
from ..train import gather_from
from .bench import Bench
from .curation import sound, sources
from .result import Line, Result, difference

__all__ = ["run"]

ARMS = ("as they come", "n^0.43", "all the same", "group DRO")


def run(bench: Bench) -> Result:
    """Held-out success of one learner that is shown all of an uneven lake, its four sources weighed in four ways."""
    rows, weights = [], []
    for seed in bench.every_seed:
        given = sources(bench, seed)
        bench.apart([one for some in given.values() for one in some], seed)
        row, shares = _row(bench, given, seed)
        rows.append(row)
        weights.append(shares)
    line = Line("all of an uneven lake", tuple(map(float, range(len(ARMS)))), tuple(rows))
    found = tuple(difference(f"{ARMS[arm]} above {ARMS[0]}", line, line, arm, 0) for arm in range(1, len(ARMS)))
    names = sorted(weights[0][0])
    told = [
        f"{arm}: " + ", ".join(f"{name} {sum(one[at][name] for one in weights) / len(weights):.0%}" for name in names)
        for at, arm in enumerate(ARMS)
    ]
    notes = (
        f"The lake is that of [curation](curation.md) with a budget of {bench.budget}, failures left out.",
        "Every arm is shown the same episodes; only how often each source is drawn differs. Mean shares of a batch:",
        "",
        *(f"- {one}" for one in told),
    )
    asked = "Are weights by n^0.43 or by group DRO worth more than episodes as they come?"
    return Result("weights", asked, "weighed by", ARMS, (line,), found, bench.described(), notes)


def _row(
    bench: Bench, given: dict[str, list[Episode]], seed: int
) -> tuple[tuple[float, ...], tuple[dict[str, float], ...]]:
    """Success by each arm, and the share of every source in it."""
    row, told = [], []
    with TemporaryDirectory() as folder, Store(Path(folder) / "lake") as store:
        store.put([one for some in given.values() for one in some], at=1)
        good = set(sound(store, "", store.version))
        some = {
            name: Selection(store.version, name, tuple(one.id for one in episodes if one.id in good))
            for name, episodes in given.items()
        }
        groups = mixing.grouped(store, some)
        how = robust.Robust(seed=seed)
        start = mixing.powered(groups)
        found = robust.minimax(proxied(store, groups, how), start, how, natural=groups.natural)
        for arm, shares in zip(ARMS, (groups.natural, start, mixing.powered(groups, 0.0), found), strict=True):
            lesson = gather_from(store, mixing.mixed(groups, shares, arm, seed))
            row.append(bench.success(bench.taught(lesson, seed), seed))
            told.append(dict(zip(groups.names, shares.tolist(), strict=True)))
            bench.tell(f"seed {seed}: {arm}: {row[-1]:.2f} ({_said(told[-1])})")
    return tuple(row), tuple(told)


def _said(shares: dict[str, float]) -> str:
    return ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
