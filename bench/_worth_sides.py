"""What worth is asked of beside peers, with the answers planted, and our side of it in processes of their own.

python -m bench._worth_sides near ROWS OUT EPS | unique ROWS OUT | write SET COUNT | measures SET OUT
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench._clock import timed

__all__ = ["KINDS", "LONE", "STRENGTHS", "points"]

WIDTH = 64
STRENGTHS = (0.03, 0.08, 0.12, 0.2)
"""Noise of the repeats, as a share of a row's length; each strength makes one row in forty."""
LONE = len(STRENGTHS) + 1
KINDS = ("even", "trembling", "stopping")
"""How episodes are driven, in turn."""
FRAMES, JOINTS = 150, 14


def points(count: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int8]]:
    """Rows of 64 in groups of 200, and what each is: 0 plain, 1 to 4 a repeat of an earlier plain one, 5 a lone one.

    Lone rows (one in two hundred) lie half as far again from the middle of their group as the others do.
    """
    rng = np.random.default_rng(0)
    middle = rng.standard_normal((max(1, count // 200), WIDTH), dtype=np.float32)
    kind = np.zeros(count, np.int8)
    each = count // 40
    later = rng.choice(np.arange(count // 2, count), len(STRENGTHS) * each, replace=False).reshape(-1, each)
    kind[rng.choice(np.arange(count // 2), count // 200, replace=False)] = LONE
    spread = np.where(kind == LONE, 0.5, 0.33).astype(np.float32)[:, None]
    rows = middle[rng.integers(0, len(middle), count)] + spread * rng.standard_normal((count, WIDTH), dtype=np.float32)
    plain = np.flatnonzero(kind[: count // 2] == 0)
    for place, (mine, strength) in enumerate(zip(later, STRENGTHS, strict=True)):
        kind[mine] = place + 1
        noise = strength * rng.standard_normal((each, WIDTH), dtype=np.float32)
        rows[mine] = rows[rng.choice(plain, each)] + noise
    return rows / 8, kind


def _again(table: npt.NDArray[np.float32], eps: str) -> tuple[float, npt.NDArray[np.bool_]]:
    """Seconds, and which rows repeat an earlier one."""
    from volant.vectors import duplicates

    took, first = timed(lambda: duplicates.near(table, float(eps)))
    return took, first != np.arange(len(table))


def near(rows: Path, out: Path, eps: str) -> None:
    """Near repeats of earlier rows, and how far each row's tenth nearest is."""
    from volant.measures.rarity import loneliness

    table = np.load(rows)
    took, again = _again(table, eps)
    longer, rarity = timed(lambda: loneliness(table, np.arange(len(table))))
    np.savez(out, again=again, rarity=rarity)
    print(json.dumps({"seconds": took + longer, "near": took}))


def repeats(rows: Path, out: Path, eps: str) -> None:
    """Near repeats alone, for so many rows that no peer could follow."""
    took, again = _again(np.load(rows), eps)
    np.savez(out, again=again)
    print(json.dumps({"seconds": took}))


def unique(rows: Path, out: Path) -> None:
    """The three nearest others of each row by an index, weighted as the peer does it; and novelty, our own figure."""
    from volant.measures.novelty import Novelty
    from volant.vectors import index

    table = np.load(rows)
    start = time.perf_counter()
    far, _ = index.build(table).nearest(table, 4)
    made = far[:, 1:] @ np.array([0.6, 0.3, 0.1], np.float32)
    middle = time.perf_counter()
    novelty = Novelty().scores(table, {}, np.ones(len(table), np.bool_))
    end = time.perf_counter()
    np.savez(out, unique=made / made.max(), novelty=novelty)
    print(json.dumps({"seconds": middle - start, "novelty": end - middle}))


def write(folder: Path, count: str) -> None:
    """A LeRobot v3 set of state and action whose episodes are driven evenly, with a tremor, or with stops, in turn."""
    from volant import plug
    from volant.core import Episode, Kind, Origin, Signal, Stream, Writing

    rng = np.random.default_rng(0)
    names = tuple(f"j{i}" for i in range(JOINTS))
    state = Signal("observation.state", Kind.STATE, (JOINTS,), "float32", hz=30.0, dims=names)
    action = Signal("action", Kind.ACTION, (JOINTS,), "float32", hz=30.0, dims=names)
    t = np.arange(FRAMES, dtype=np.int64) * 1_000_000_000 // 30
    made = []
    for number in range(int(count)):
        x = _driven(KINDS[number % len(KINDS)], t / 1e9, rng)
        moved = (x + rng.normal(0, 1e-3, x.shape)).astype(np.float32)
        streams = (Stream(state, t, moved), Stream(action, t, np.roll(x, -2, axis=0).astype(np.float32)))
        made.append(Episode(streams, Origin(uri=f"made:{number}", embodiment="arm"), task="reach"))
    plug.formats()["lerobot"].write(iter(made), folder, Writing(robot="arm", fps=30.0))


def _driven(how: str, t: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """A path of every joint; a tremor is 1 % of the range at 6 cycles a second, stops are three tenths of the time."""
    phase, speed, reach = rng.uniform(0, 6.28, JOINTS), rng.uniform(0.2, 0.6, JOINTS), rng.uniform(0.3, 1, JOINTS)
    when = t
    if how == "stopping":
        long = 0.1 * t[-1]
        starts = np.sort(rng.uniform(0.05, 0.65, 3)) * t[-1] + long * np.arange(3)
        when = t - sum(np.clip(t - start, 0, long) for start in starts)
    path = np.sin(phase + speed * 6.28 * when[:, None]) * reach
    if how == "trembling":
        path += 0.01 * reach * np.sin(6.28 * 6 * t[:, None] + rng.uniform(0, 6.28, JOINTS))
    return np.asarray(path)


def measures(where: Path, out: Path) -> None:
    """The measures of single episodes alone: read, measured, nothing kept."""
    import volant
    from volant import plug

    names = ("stalls", "approach", "smoothness", "jerk")
    made = [plug.load("measures", name) for name in names]
    values = [[one.of(episode) for one in made] for episode in volant.read(where)]
    table = np.array(values, float)
    np.savez(out, **dict(zip(names, table.T, strict=True)))
    print(json.dumps({"episodes": len(table)}))


def main(which: str, first: str, second: str, *more: str) -> None:
    """One of the jobs above."""
    if which == "write":
        write(Path(first), second)
    else:
        job = {"near": near, "repeats": repeats, "unique": unique, "measures": measures}[which]
        job(Path(first), Path(second), *more)


if __name__ == "__main__":
    main(*sys.argv[1:])
