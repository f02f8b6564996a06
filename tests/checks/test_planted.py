"""The promise: sixteen planted defects are found for the right reason, and none of the clean episodes is flagged."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from volant import plug
from volant.conform.planted import CLEAN, DEFECTS, planted
from volant.conform.takes import record
from volant.core import FactTable
from volant.intake.gate import Gate
from volant.intake.judge import compare

CAMERA = {name for name in DEFECTS if "camera" in name or "blur" in name or "expos" in name or "failed" in name}


def _findings(seed: int, pictures: bool, clean: int = CLEAN) -> list[tuple[str, tuple[str, ...], set[str]]]:
    items = planted(seed, pictures=pictures, clean=clean)
    checks = plug.checks()
    gate, table = Gate(checks), FactTable()
    for begin in range(0, len(items), 8):
        table.extend(gate.screen([item.episode for item in items[begin : begin + 8]]))
    table.extend(compare(table, checks))
    found: dict[str, set[str]] = defaultdict(set)
    for fact in table:
        check = checks.get(fact.key[6:]) if fact.key.startswith("check/") else None
        if check is not None and isinstance(fact.value, int | float) and fact.value > check.limit:
            found[fact.subject].add(check.name)
    return [(item.defect, item.reasons, found[item.episode.id]) for item in items]


def test_the_planted_set_is_the_same_every_time():
    one, other = planted(3, pictures=False), planted(3, pictures=False)
    assert [item.episode.id for item in one] == [item.episode.id for item in other]
    assert len(one) == 48
    assert [item.defect for item in one[CLEAN:]] == list(DEFECTS)
    assert 6000 < sum(item.episode.frames for item in one) < 8500


def test_a_take_that_fails_leaves_its_cube_clear_of_its_plate():
    """Half of a cube's width clear: every fourth of these cubes would have slipped onto its plate all the same."""
    for index in range(60):
        scene = record(5, index, fails=True).scene
        assert np.abs(scene.cube[-1] - np.array(scene.target)).max() >= 40
        assert np.abs(record(5, index).scene.cube[-1] - np.array(scene.target)).max() < 15


@pytest.mark.parametrize("seed", [0, 1, 2, 50])
def test_every_defect_of_numbers_is_found_and_no_clean_episode_is_flagged(seed: int):
    for defect, reasons, found in _findings(seed, pictures=False):
        if not defect:
            assert not found
        elif defect not in CAMERA:
            assert found & set(reasons), f"{defect}: {found}"


@pytest.mark.slow
def test_every_defect_is_found_with_pictures_and_no_clean_episode_is_flagged():
    """With both cameras, beside half of the clean episodes; bench.faults --pictures does all of five seeds."""
    for defect, reasons, found in _findings(0, pictures=True, clean=15):
        if defect:
            assert found & set(reasons), f"{defect}: {found}"
        else:
            assert not found
