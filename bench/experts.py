"""How often Meta-World's scripted experts succeed here: the rows of `EXPERTS`, to be copied where MuJoCo changes.

python -m bench.experts            # 4 episodes of every task: does the table still hold?
python -m bench.experts 40         # what the table was measured with: several minutes
"""

import sys
import warnings

from bench._clock import ratio
from volant import plug
from volant.core import Job, Rolling, rollout
from volant.worlds._sawyer_tasks import EXPERTS

LANES, STEPS, SEED = 20, 500, 77


def main(count: int) -> None:
    """Successes, episodes and the steps within which 95 of 100 successes came, a line a task."""
    warnings.simplefilter("ignore")
    world, hits, tried = plug.world("metaworld"), 0, 0
    for task in world.tasks():
        jobs = [Job(i, place, i) for i, place in enumerate(world.sample(task, count, SEED))]
        lanes = world.open(task, min(LANES, count))
        takes = list(rollout(lanes, world.expert(task, lanes.count), jobs, Rolling(STEPS, hold=1)))
        steps = sorted(len(take) for take in takes if take.outcome == "success")
        late = steps[max(0, int(len(steps) * 0.95) - 1)] if steps else 0
        print(f'    "{task}": ({len(steps)}, {len(takes)}, {late}),', flush=True)
        hits, tried = hits + len(steps), tried + len(takes)
        lanes.close()
    known = sum(row[0] for row in EXPERTS.values()) / sum(row[1] for row in EXPERTS.values())
    share = hits / tried
    told = f"{hits} of {tried} episodes"
    ratio("scripted experts succeed", told, f"the table says {known:.1%}", share / known, "0.95", share > 0.95 * known)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
