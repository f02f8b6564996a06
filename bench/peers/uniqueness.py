"""A stand-in for FiftyOne's uniqueness, which needs a database server: the same neighbours from the same library.

What FiftyOne's brain does with vectors that are there already: scikit-learn's three nearest others by Euclidean
distance, weighted 0.6, 0.3 and 0.1, divided by the largest. Its database, and writing a field a sample, are left out.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.neighbors import NearestNeighbors


def main(rows: Path, out: Path) -> None:
    """One figure per row, 0 to 1; reading and writing are not timed."""
    table = np.load(rows)
    start = time.perf_counter()
    far, _ = NearestNeighbors(n_neighbors=3).fit(table).kneighbors()
    unique = far @ np.array([0.6, 0.3, 0.1])
    unique /= unique.max()
    took = time.perf_counter() - start
    np.savez(out, unique=unique)
    print(json.dumps({"seconds": took}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
