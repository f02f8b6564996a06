"""Screening columns: 10,000 episodes x 100 rows of state and action (14 numbers each) with every check.

What a whole process takes, beside forge-robotics on the same files, is measured by `bench.screen_set`.
"""

import resource
import time

import numpy as np

from volant import plug
from volant.core import Check, Columns, Episode, FactTable, Kind, Signal, Stream
from volant.intake.gate import Gate
from volant.intake.judge import compare

EPISODES, ROWS, WIDTH, BATCH = 10_000, 100, 14, 500


def batch(seed: int, count: int = BATCH) -> list[Episode]:
    """Smooth random motion that never repeats; the command leads the state by two rows."""
    rng = np.random.default_rng(seed)
    state = Signal("observation.state", Kind.STATE, (WIDTH,), "float32", hz=30)
    action = Signal("action", Kind.ACTION, (WIDTH,), "float32", hz=30)
    t = np.round(np.arange(ROWS) * 1e9 / 30).astype(np.int64)
    knots = rng.normal(0, 1, (count, 8, WIDTH)).cumsum(axis=1)
    at = np.linspace(0, 6.999, ROWS + 2)
    low, part = at.astype(int), (at % 1)[None, :, None]
    ease = part * part * (3 - 2 * part)
    path = (knots[:, low] * (1 - ease) + knots[:, low + 1] * ease).astype(np.float32)
    noise = rng.normal(0, 1e-3, (count, ROWS, WIDTH)).astype(np.float32)
    return [
        Episode((Stream(state, t, path[k, :-2] + noise[k]), Stream(action, t, path[k, 2:])), task="move")
        for k in range(count)
    ]


def main() -> int:
    """Per check and all together: time, values a second and core, peak memory, ratio to the peer."""
    checks = plug.checks()
    gate = Gate(checks)
    warm = FactTable()
    warm.extend(gate.screen(batch(999, 30)))
    list(compare(warm, checks))
    sample = batch(998)
    values = BATCH * ROWS * WIDTH
    spent: dict[str, float] = {}
    for stream in (0, 1):
        columns = Columns.of([episode.streams[stream] for episode in sample])
        for name, check in checks.items():
            if isinstance(check, Check) and check.applies(columns.signal):
                check.scores(columns)
                start = time.process_time()
                check.scores(columns)
                spent[name] = spent.get(name, 0.0) + time.process_time() - start
    for name, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"{name:16s} {seconds / 2 / values * 1e9:7.1f} ns a value")
    kernels = sum(spent.values())
    print(f"all checks of one stream: {2 * values / kernels / 1e6:.1f} million values a second and core (promise: 5)")
    wall = cpu = 0.0
    table = FactTable()
    for k in range(EPISODES // BATCH):
        episodes = batch(k)
        start, begin = time.perf_counter(), time.process_time()
        table.extend(gate.screen(episodes))
        wall, cpu = wall + time.perf_counter() - start, cpu + time.process_time() - begin
    start = time.perf_counter()
    found = compare(table, checks)
    together = time.perf_counter() - start
    wall += together
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    total = EPISODES * ROWS * WIDTH * 2
    print(f"{EPISODES} episodes: {wall:.1f} s ({cpu:.1f} s of CPU), {together:.1f} s of them comparing episodes")
    print(f"{total / wall / 1e6:.1f} million values a second; peak memory {peak:.0f} MiB")
    print(f"{len(table)} facts of episodes, {len(found)} of sets")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
