"""A hundred recordings under attack: killed clients and servers, cut links, full disks, disorder, clocks that jump.

python -m bench.nothing_lost [SCHEDULES] [FIRST SEED]
"""

import sys
import tempfile
from pathlib import Path

from bench._chaos import Outcome, Plan, run


def main(many: int, first: int) -> int:
    """The table, and one line that says whether anything that was acknowledged is missing or there twice."""
    print("seed     sent  spooled  acked    found  twice  lost  what happened")
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as name:
        for seed in range(first, first + many):
            one = run(Plan.of(seed), Path(name) / "place")
            outcomes.append(one)
            wrong = f"  BROKEN: {', '.join(one.broken)}" if one.broken else ""
            print(f"{seed:4d} {one.sent:8d} {one.spooled:8d} {one.acknowledged:6d} {one.found:8d} {one.duplicated:6d} "
                  f"{one.lost:5d}  {one.plan.words}{wrong}", flush=True)  # fmt: skip
    sums = {
        name: sum(getattr(one, name) for one in outcomes)
        for name in ("sent", "acknowledged", "found", "duplicated", "lost")
    }
    kept = not sums["duplicated"] and not sums["lost"] and not any(one.broken for one in outcomes)
    told = ", ".join(f"{name} {value}" for name, value in sums.items())
    print(f"{len(outcomes)} schedules: {told}; promise: nothing acknowledged lost, nothing twice, every seal right "
          f"{'KEPT' if kept else 'BROKEN'}")  # fmt: skip
    return 0 if kept else 1


if __name__ == "__main__":
    words = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*(words + [100, 0][len(words) :])))
