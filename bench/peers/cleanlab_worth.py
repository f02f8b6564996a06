"""Near repeats and outliers as cleanlab's Datalab finds them, with its own settings. Runs in its environment."""

import json
import sys
import time
from pathlib import Path

import numpy as np
from cleanlab.datalab.datalab import Datalab


def main(rows: Path, out: Path) -> None:
    """Both kinds of issue in one call, which share one graph of neighbours; reading and writing are not timed."""
    table = np.load(rows)
    start = time.perf_counter()
    lab = Datalab({"place": np.arange(len(table))}, verbosity=0)
    lab.find_issues(features=table, issue_types={"near_duplicate": {}, "outlier": {}})
    took = time.perf_counter() - start
    found, told = lab.get_issues(), lab.get_info("near_duplicate")
    again = [bool(len(near)) and int(min(near)) < place for place, near in enumerate(told["near_duplicate_sets"])]
    limit = float(told["threshold"] * told["median_distance_to_nearest_neighbor"])
    lone = found["is_outlier_issue"].to_numpy(), -found["outlier_score"].to_numpy()
    np.savez(out, again=np.array(again), limit=limit, lone=lone[0], rarity=lone[1])
    print(json.dumps({"seconds": took, "limit": limit}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
