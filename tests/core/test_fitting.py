"""A policy that does not fit a body is refused with every difference named."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from volant.core import UNKNOWN, Kind, Signal, fits
from volant.core.errors import BadValue

sys.path.insert(0, str(Path(__file__).parent))

from toy import BODY

SEES, DOES = BODY.signals


def test_the_bodys_own_signals_fit_and_what_is_unknown_contradicts_nothing() -> None:
    fits("walker", (SEES, DOES), BODY, "line/walk")
    fits("walker", (replace(SEES, unit=UNKNOWN, frame=UNKNOWN, hz=None, dims=()), DOES), BODY, "line/walk")
    fits("walker", (replace(SEES, dtype="float32"), DOES), BODY, "line/walk")


def test_every_difference_is_named() -> None:
    odd = replace(SEES, unit="mm", dims=("mark", "place"))
    with pytest.raises(BadValue) as refusal:
        fits("walker 3f9a", (odd, replace(DOES, shape=(2,), dims=())), BODY, "line/walk")
    said = str(refusal.value)
    for words in ("walker 3f9a does not fit line/walk", "unit mm", "and m in", "mark, place", "'action' has shape 2"):
        assert words in said


def test_a_signal_that_does_not_exist_is_named_with_near_ones() -> None:
    camera = Signal("observation.stat", Kind.STATE, (2,))
    with pytest.raises(BadValue, match=r"'observation.stat' does not exist.*'observation.state'"):
        fits("walker", (camera, DOES), BODY, "line/walk")
    with pytest.raises(BadValue, match="the body does 'action'"):
        fits("walker", (DOES, SEES), BODY, "line/walk")
