"""Every kind of defect at the strength at which it is promised to be found, in generated episodes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from volant import plug
from volant.conform.faults import FAULTS, Dose, Fault
from volant.conform.takes import record
from volant.core import Episode, FactTable, SetCheck
from volant.intake.gate import Gate
from volant.intake.judge import compare

TAKES = [record(21, i) for i in range(18)]
ONE = [take.episode(pictures=False) for take in TAKES]
MIRROR = np.array([-1, 1, 1, 1, -1, -1, 1], np.float32)


def _two_arms(index: int) -> Episode:
    """Two arms doing different things, in fourteen numbers without names."""
    one, other = TAKES[3 * (index % 6)], TAKES[3 * ((index // 6 + index) % 6) + 1]
    rows = np.arange(max(len(one), len(other)))
    left, right = (take.part(np.minimum(rows, len(take) - 1)).episode(pictures=False) for take in (one, other))
    streams = [
        replace(
            a, signal=replace(a.signal, shape=(14,), dims=()), x=np.concatenate([a.values, MIRROR * b.values], axis=1)
        )
        for a, b in zip(left.streams, right.streams, strict=True)
    ]
    return replace(left, streams=tuple(streams), said=())


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.name)
def test_a_fault_is_found_at_its_stated_strength(fault: Fault):
    episodes = [_two_arms(i) for i in range(18)] if "swapped" in fault.name else ONE
    checks = {name: check for name, check in plug.checks().items() if name in fault.checks}
    assert checks
    gate = Gate(checks)
    clean = list(gate.screen(episodes))
    tried = found = 0
    for k, episode in enumerate(episodes[:6]):
        bad = fault.plant(episode, Dose(np.random.default_rng(k), fault.stated))
        if bad is None:
            continue
        table = gate.screen([bad])
        if any(isinstance(check, SetCheck) for check in checks.values()):
            others = [f for f in clean if f.key.startswith("sketch/")]
            if fault.name != "copied episode":
                others = [f for f in others if f.subject != episode.id]
            table.extend(compare(FactTable.of([*others, *table]), checks))
        tried += 1
        found += any(
            f.subject == bad.id and f.key[6:] in checks and f.value > checks[f.key[6:]].limit
            for f in table
            if f.key.startswith("check/")
        )
    assert tried
    assert found >= 0.95 * tried, f"{found} of {tried}"
