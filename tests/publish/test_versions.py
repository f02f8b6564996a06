"""Which changes of a dataset break its readers."""

from __future__ import annotations

import pytest

from volant.core.errors import Refused
from volant.publish.versions import Changes, changes, next_version

SIGNAL = {"kind": "joint", "shape": [3], "dtype": "float32", "unit": "rad", "frame": "base", "hz": 50.0, "dims": []}
BASE = {"format": "lerobot@1", "licence": "CC0-1.0", "signals": {"arm": SIGNAL}, "columns": {"outcome": "str"}}


def changed(**more: object) -> Changes:
    return changes(BASE, {**BASE, **more}, ("a", "b"), ("a", "b"))


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("unit", "deg"),
        ("shape", [4]),
        ("dtype", "float64"),
        ("frame", "tool"),
        ("hz", None),
        ("dims", ["x"]),
        ("kind", "pose"),
    ],
)
def test_a_changed_meaning_breaks(part: str, value: object) -> None:
    found = changed(signals={"arm": {**SIGNAL, part: value}})
    assert found.level == 0
    assert f"the {part} of 'arm'" in found.breaking[0]


def test_what_is_gone_breaks_and_what_is_new_grows() -> None:
    assert changed(signals={}).breaking == ("the field 'arm' is gone",)
    assert changed(columns={}).breaking == ("the column 'outcome' is gone",)
    assert changed(columns={"outcome": "int"}).level == 0
    assert changed(licence="proprietary").level == 0
    assert changed(format="rlds@1").level == 0
    assert changed(signals={"arm": SIGNAL, "hand": SIGNAL}).growing == ("the field 'hand' is new",)
    assert changed(columns={"outcome": "str", "operator": "str"}).level == 1
    assert changed().level == 2
    assert changes(BASE, BASE, ("a", "b"), ("a",)).level == 0
    assert changes(BASE, BASE, ("a",), ("a", "b")).level == 1


def test_numbers_rise_as_far_as_they_must() -> None:
    breaks, grows, same = Changes(("x is gone",)), Changes((), ("x is new",)), Changes()
    assert next_version("", "1.2.3", grows) == "1.3.0"
    assert next_version("", "1.2.3", same) == "1.2.4"
    assert next_version("2.0.0", "1.2.3", breaks) == "2.0.0"
    assert next_version("1.10.0", "1.9.9", grows) == "1.10.0"
    assert next_version("3.1.4", "1.2.3", same) == "3.1.4"
    for stated in ("", "1.3.0", "1.99.0"):
        with pytest.raises(Refused, match=r"x is gone.*2\.0\.0"):
            next_version(stated, "1.2.3", breaks)
    for stated in ("1.2.3", "1.2.2", "0.9.0"):
        with pytest.raises(Refused, match="does not follow"):
            next_version(stated, "1.2.3", same)
