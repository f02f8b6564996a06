"""A shift's line, and what is no shift."""

from __future__ import annotations

from pathlib import Path

import pytest

from volant.core.errors import BadValue
from volant.serve.shift import Shift, begin, current

HOUR = 3_600_000_000_000


def test_a_shift_is_kept_and_its_line_is_straight(tmp_path: Path) -> None:
    assert current(tmp_path) is None
    shift = Shift(10 * HOUR, 8, 160, "ann")
    begin(tmp_path, shift)
    assert current(tmp_path) == shift
    assert [shift.expected(at * HOUR) for at in (9, 10, 12, 18, 30)] == [0, 0, 40, 160, 160]


def test_what_is_no_shift_is_refused_or_passed_over(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="25 hours"):
        Shift(0, 25, 10)
    with pytest.raises(BadValue, match="0 episodes"):
        Shift(0, 8, 0)
    (tmp_path / "shift.json").write_text("{}")
    assert current(tmp_path) is None
