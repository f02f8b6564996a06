"""How fast information is reckoned, and how well each figure of quality tells good driving from bad.

Speed: states and actions of 1,000 episodes (16 moments, 12 + 6 dimensions, 4 deals of batches of 1,024), beside scipy's
two ways to the same estimator in the same run: all distances, a partition and digamma (the same numbers), and k-d trees
by the largest coordinate difference, as scikit-learn's estimator does it.

Separation: AUC, the chance that a good episode scores above a bad one of the same task (0.5: tells nothing), with a
bootstrap 95 % interval over episodes. Embedded world: people-like operators of known skill on three tasks. Real motion:
30 shapes drawn by hand (LASA), each demonstration beside itself with pauses, with a trembling hand, with a detour.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist
from scipy.special import digamma

import volant
from bench._clock import median_of, ratio
from volant import plug
from volant.core import Episode, Stream
from volant.vectors.information import BATCH, NEIGHBOURS, contributions
from volant.worth import information
from volant.worth.quality import FIGURES, tell, values

Floats = npt.NDArray[np.float64]

PEOPLE, TASKS, EACH = ("careful", "human", "hasty", "novice"), ("push", "pick-place", "drawer-open"), 24
LASA = Path(__file__).resolve().parents[2] / "shared" / "data" / "lasa"


def main() -> None:
    """Speed, then separation."""
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, one of them used")
    speed()
    with tempfile.TemporaryDirectory() as folder:
        operators(Path(folder))
    real()


def speed() -> None:
    """One deal of 16,000 samples by each way; ours deals four times."""
    rng = np.random.default_rng(0)
    one = rng.standard_normal((1000 * information.FRAMES, 12)).astype(np.float32)
    two = (one[:, :6] + rng.standard_normal((len(one), 6))).astype(np.float32)
    contributions(one, two, seed=0, repeats=1)
    ours = median_of(lambda: contributions(one, two, seed=0, repeats=1), 3)
    batches = [(one[a : a + BATCH].astype(float), two[a : a + BATCH].astype(float)) for a in range(0, 4 * BATCH, BATCH)]
    whole = len(one) / BATCH
    apart = float(np.abs(distances(*batches[0]) - contributions(one[:BATCH], two[:BATCH], seed=0, repeats=1)).max())
    for what, way, some in (
        ("all distances, partition, digamma", distances, batches),
        ("k-d trees and digamma", trees, batches[:1]),
    ):
        each = median_of(lambda way=way, some=some: [way(*pair) for pair in some], 3) / len(some)  # type: ignore[misc]
        other, promise = whole * each, "5 or more"
        beside = f"scipy, {what} {other:.2f} s"
        ratio("KSG of 1,000 episodes, a deal", f"{ours:.2f} s", beside, other / ours, promise, other >= 5 * ours)
    print(f"  four deals of 1,000 episodes: {4 * ours:.2f} s, {len(one) / ours:,.0f} samples a second and deal; "
          f"greatest difference from scipy's numbers {apart:.1g} nats")  # fmt: skip


def distances(one: Floats, two: Floats) -> Floats:
    """Contributions of a batch as one writes them with scipy."""
    a, b = cdist(one, one), cdist(two, two)
    near = np.partition(np.maximum(a, b), NEIGHBOURS, axis=1)
    terms = [
        digamma(k) - digamma((a < near[:, [k]]).sum(axis=1)) - digamma((b < near[:, [k]]).sum(axis=1))
        for k in NEIGHBOURS
    ]
    return np.asarray(np.mean(terms, axis=0) + digamma(len(one)))


def trees(one: Floats, two: Floats) -> Floats:
    """The same estimator by the largest coordinate difference, with k-d trees."""
    both, *sides = (cKDTree(rows) for rows in (np.hstack([one, two]), one, two))
    near = both.query(both.data, [k + 1 for k in NEIGHBOURS], p=np.inf)[0]
    terms = []
    for place, k in enumerate(NEIGHBOURS):
        inside = [
            tree.query_ball_point(tree.data, np.nextafter(near[:, place], 0), p=np.inf, return_length=True)
            for tree in sides
        ]
        terms.append(digamma(k) - sum(digamma(many) for many in inside))
    return np.asarray(np.mean(terms, axis=0) + digamma(len(one)))


def operators(folder: Path) -> None:
    """Four sorts of people on three tasks of the embedded world."""
    with volant.Lake(folder / "lake", clock=lambda: 1) as lake:
        for task in TASKS:
            for who in PEOPLE:
                lake.collect(f"metaworld/{task}-v3", who, episodes=EACH, seed=1, runner="loop")
        tell(lake.store, 1)
        table = lake.episodes("NOT quarantined")
        known = values(lake.store, table["id"].to_pylist(), [figure.name for figure in FIGURES])
    known = {"seconds (no figure, a yardstick)": -table["seconds"].to_numpy().astype(float), **known}
    known["stalls"] = -known["stalls"]
    task, who, came = (np.array(table[name].to_pylist()) for name in ("task", "operator", "outcome"))
    good = np.isin(came, ("success", "recovered"))
    pair = np.isin(who, ("careful", "novice"))
    show(
        f"embedded world, {', '.join(TASKS)}: careful above novice",
        known,
        task,
        [(who == "careful") & pair, (who == "novice")],
    )
    show("the same among episodes that succeeded", known, task, [(who == "careful") & good, (who == "novice") & good])
    show("success above failure (all four)", known, task, [good, ~good])


def real() -> None:
    """Drawings by hand and their spoilt twins."""
    if not LASA.is_dir():
        print("no LASA recordings here: real motion was not looked at")
        return
    drawn = [one for one in volant.read(LASA) if one.streams]
    shapes = np.array([one.task for one in drawn])
    for what, spoil in (("pauses", paused), ("a trembling hand", trembling), ("a detour", detoured)):
        spoilt = [spoil(one, np.random.default_rng(number)) for number, one in enumerate(drawn)]
        both, task = [*drawn, *spoilt], np.concatenate([shapes, shapes])
        known = {name: alone(both, name) for name in ("stalls", "approach", "smoothness", "jerk")}
        known["stalls"] = -known["stalls"]
        known = {"information": among(both, task), **known}
        first = np.arange(len(both)) < len(drawn)
        show(f"LASA, {len(drawn)} drawings above the same with {what}", known, task, [first, ~first])


def alone(episodes: Sequence[Episode], name: str) -> Floats:
    """One measure of each episode, NaN where there is none."""
    measure = plug.load("measures", name)
    return np.array([np.nan if (value := measure.of(one)) is None else value for one in episodes], float)


def among(episodes: Sequence[Episode], task: npt.NDArray[np.str_]) -> Floats:
    """Information of each episode among those of its task."""
    scores = np.full(len(episodes), np.nan)
    made = [information.pairs(one) for one in episodes]
    for name in np.unique(task).tolist():
        mine = [place for place in np.flatnonzero(task == name).tolist() if made[place] is not None]
        rows = np.stack([one.rows.reshape(-1) for place in mine if (one := made[place]) is not None])
        first = made[mine[0]]
        scores[mine] = information.scored(rows, first.state if first else 0)
    return scores


def _with(episode: Episode, change: Callable[[Floats, Floats], Floats]) -> Episode:
    """The episode with every position changed; time is kept."""
    streams = []
    for stream in episode.streams:
        x = stream.values.reshape(len(stream), -1).astype(float)
        t = (stream.t - stream.t[0]) / 1e9
        streams.append(
            Stream(stream.signal, stream.t, change(t, x).reshape(stream.values.shape).astype(stream.values.dtype))
        )
    return Episode(tuple(streams), episode.origin, episode.task)


def paused(episode: Episode, rng: np.random.Generator) -> Episode:
    """Three stops of a tenth of the time each; the rest is done faster."""

    def change(t: Floats, x: Floats) -> Floats:
        when, long = np.sort(rng.uniform(0.1, 0.8, 3)) * t[-1], 0.1 * t[-1]
        moved = t - sum(np.clip(t - start - place * long, 0, long) for place, start in enumerate(when * 0.7))
        return np.stack([np.interp(moved / moved[-1] * t[-1], t, column) for column in x.T], axis=1)

    return _with(episode, change)


def trembling(episode: Episode, rng: np.random.Generator) -> Episode:
    """Two oscillations of 6 and 9 cycles a second, each half a hundredth of the movement's range."""
    phase = rng.uniform(0, 2 * np.pi, 2)

    def change(t: Floats, x: Floats) -> Floats:
        shake = sum(np.sin(2 * np.pi * hz * t + angle) for hz, angle in zip((6, 9), phase, strict=True))
        return np.asarray(x + 0.005 * np.ptp(x, axis=0) * shake[:, None])

    return _with(episode, change)


def detoured(episode: Episode, rng: np.random.Generator) -> Episode:
    """A bump of a fifth of the range to one side, over a quarter of the time."""
    where, side = rng.uniform(0.25, 0.75), rng.choice([-1.0, 1.0])

    def change(t: Floats, x: Floats) -> Floats:
        bump = np.exp(-0.5 * ((t / t[-1] - where) / 0.06) ** 2)
        return np.asarray(x + 0.2 * side * np.ptp(x, axis=0) * bump[:, None])

    return _with(episode, change)


def show(
    what: str, known: Mapping[str, Floats], task: npt.NDArray[np.str_], sides: Sequence[npt.NDArray[np.bool_]]
) -> None:
    """AUC of each figure within tasks, weighted by pairs."""
    print(f"{what}:")
    for name, score in known.items():
        pairs = [
            [score[side & (task == one) & np.isfinite(score)] for side in sides] for one in np.unique(task).tolist()
        ]
        pairs = [pair for pair in pairs if min(map(len, pair)) >= 3]
        n = [sum(len(pair[side]) for pair in pairs) for side in (0, 1)]
        if not pairs or np.ptp(np.concatenate([part for pair in pairs for part in pair])) == 0:
            print(f"  {name:34s} nothing to tell ({n[0]} and {n[1]} episodes)")
            continue
        rng = np.random.default_rng(0)
        drawn = [auc([[rng.choice(part, len(part)) for part in pair] for pair in pairs]) for _ in range(500)]
        low, high = np.percentile(drawn, (2.5, 97.5))
        print(f"  {name:34s} AUC {auc(pairs):.2f} [{low:.2f}, {high:.2f}]  n {n[0]} and {n[1]}")


def auc(pairs: Sequence[Sequence[Floats]]) -> float:
    """Share of pairs of one task in which the first scores higher; ties count half."""
    wins = [np.sign(one[:, None] - two[None]).mean() / 2 + 0.5 for one, two in pairs]
    return float(np.average(wins, weights=[len(one) * len(two) for one, two in pairs]))


if __name__ == "__main__":
    main()
