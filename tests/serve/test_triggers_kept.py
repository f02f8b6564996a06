"""Triggers that the server keeps for robots: checked before they are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from volant.core.errors import BadValue
from volant.serve.triggers import keep, kept

TEXT = '[[trigger]]\nname = "taken"\nmark = "takeover"\nbefore = 2\nafter = 1\n'


def test_triggers_are_kept_as_they_were_written(tmp_path: Path) -> None:
    assert kept(tmp_path) == ""
    [one] = keep(tmp_path, TEXT)
    assert (one.name, one.mark, one.before, one.after) == ("taken", "takeover", 2, 1)
    assert kept(tmp_path) == TEXT and keep(tmp_path, "") == ()


def test_what_makes_no_sense_leaves_the_old_ones(tmp_path: Path) -> None:
    keep(tmp_path, TEXT)
    with pytest.raises(BadValue, match="waits for nothing"):
        keep(tmp_path, "[[trigger]]\nname = 'x'\n")
    assert kept(tmp_path) == TEXT
