"""What is asked of a million points of 64 numbers, and of ten million: beside faiss and beside BLAS.

The points are made up: groups of movements (one for each 200 rows) with a spread of a third of their distance, and one
row in ten repeats an earlier one with a little noise. Beside each other in one run, on the same rows and cores: our
inverted file and faiss's (as many lists, as many probed), each with the share of true neighbours that it finds. Without
the extra `neighbours`, which brings faiss, those lines say so.

    python -m bench.worth_vectors            # a million
    python -m bench.worth_vectors 100000     # as many as are asked for
"""

import os
import sys

import numpy as np

from bench._clock import peak_mb, ratio, timed
from volant.vectors import coresets, diversity, duplicates, index

WIDTH, K, PROBES, ASKED = 64, 10, 8, 20_000


def main(count: int) -> None:
    """Every question once."""
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {count:,} points of {WIDTH}; wall seconds")
    rows = points(count)
    square, _ = timed(lambda: rows.T @ rows)
    value, made = timed(lambda: diversity.vendi(rows))
    _line(f"Vendi ({made:.1f})", value, f"one product X'X {square:.2f} s", 1, count)
    value, made = timed(lambda: coresets.k_centre(rows, 1000))
    sweep, _ = timed(lambda: [((rows - rows[i]) ** 2).sum(axis=1) for i in range(5)])
    _line(
        f"k-centre of 1,000 (radius {made[1][-1]:.3f})", value, f"1,000 sweeps in numpy {200 * sweep:.0f} s", 30, count
    )
    value, made = timed(lambda: duplicates.near(rows, 0.01))
    again = int((made != np.arange(count)).sum())
    all_pairs = f"all pairs by BLAS {_pairs(rows) * (count / 4096) ** 2:.0f} s"
    _line(f"near repeats at eps 0.01 ({again:,} found, {count // 10:,} planted)", value, all_pairs, 10, count)
    build, ours = timed(lambda: index.build(rows))
    asked = rows[np.random.default_rng(1).choice(count, ASKED, replace=False)] + np.float32(0.01)
    truth = _exact(rows, asked[:500])
    ours.nearest(asked[:100], K, probes=PROBES)
    value, made = timed(lambda: ours.nearest(asked, K, probes=PROBES))
    building, other, theirs = _faiss(rows, asked, len(ours.centres))
    _line(f"index of {len(ours.centres):,} lists built", build, f"faiss {building:.1f} s", 30, count)
    beside = (
        f"faiss, {PROBES} lists, {ASKED / other:,.0f} a second, {_found(theirs, truth):.1%} found"
        if other
        else "no faiss here"
    )
    fewer = [(probes, timed(lambda probes=probes: ours.nearest(asked, K, probes=probes))) for probes in (2, 1)]
    for probes, (took, told) in ((PROBES, (value, made)), *fewer):
        speed, found = ASKED / took, _found(told[1], truth)
        what = f"queries for {K}, {probes} lists looked at, {found:.1%} of the true ones found"
        ratio(what, f"{speed:,.0f} a second", beside, speed / 20_000, "above 1, 20,000 a second", speed >= 20_000)
    print(f"peak memory {peak_mb():,.0f} MB")


def _line(what: str, value: float, beside: str, promise: float, count: int) -> None:
    """One result whose promise is in seconds for a million points."""
    allowed = promise * count / 1e6
    ratio(what, f"{value:.2f} s", beside, value / allowed, f"below 1, {promise:g} s a million", value < allowed)


def points(count: int) -> np.ndarray:
    """Rows of length about 1, a tenth of them repeats of earlier ones."""
    rng = np.random.default_rng(0)
    middle = rng.standard_normal((max(1, count // 200), WIDTH), dtype=np.float32)
    rows = middle[rng.integers(0, len(middle), count)] + 0.33 * rng.standard_normal((count, WIDTH), dtype=np.float32)
    later = rng.choice(np.arange(count // 2, count), count // 10, replace=False)
    noise = 0.03 * rng.standard_normal((len(later), WIDTH), dtype=np.float32)
    rows[later] = rows[rng.integers(0, count // 2, len(later))] + noise
    return rows / 8


def _pairs(rows: np.ndarray) -> float:
    """Seconds of the products of 4,096 rows with each other."""
    some = rows[:4096]
    return timed(lambda: some @ some.T)[0]


def _exact(rows: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The true nearest rows of each."""
    gaps = np.einsum("ij,ij->i", rows, rows)[None, :] - 2 * asked @ rows.T
    return np.argpartition(gaps, K, axis=1)[:, :K]


def _found(made: np.ndarray, truth: np.ndarray) -> float:
    """Share of the true neighbours among those found."""
    return float(np.mean([len(set(one) & set(other)) / K for one, other in zip(made, truth.tolist(), strict=False)]))


def _faiss(rows: np.ndarray, asked: np.ndarray, lists: int) -> tuple[float, float, np.ndarray]:
    """Seconds to build faiss's inverted file, seconds of the same queries, what they found; 0 where it is absent."""
    try:
        import faiss
    except ImportError:
        return 0.0, 0.0, np.zeros((0, K), np.int64)
    made = faiss.index_factory(WIDTH, f"IVF{lists},Flat")

    def build() -> None:
        made.train(rows[: 64 * lists])
        made.add(rows)

    made.nprobe = PROBES
    building, _ = timed(build)
    value, found = timed(lambda: made.search(asked, K))
    return building, value, found[1]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
