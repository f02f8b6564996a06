"""What facts say of worth: the newest author of a measure, intervals, and the command for what is missing."""

from __future__ import annotations

import pytest

from volant.core import Fact
from volant.lake import Store
from volant.report.worth import Worth, section, told

EVIL = "<script>alert('x')</script>"


def _fact(subject: str, key: str, value: float | str, by: str, stream: str = "") -> Fact:
    return Fact(subject, key, value, by, stream=stream, at=1)


def test_what_was_told_last_is_shown_with_its_interval(lake: Store) -> None:
    lake.tell([_fact(f"e{n}", "measure/novelty", 9.0, "measures/novelty@1") for n in range(3)], at=1)
    lake.tell([_fact(f"e{n}", "measure/novelty", float(n), "measures/novelty@2") for n in range(3)], at=2)
    lake.tell([_fact(f"e{n}", "measure/redundancy", float(n), "measures/redundancy@1") for n in range(4)], at=3)
    ends = {"": 0.5, "/low": 0.25, "/high": 0.75}
    lake.tell([_fact("cell:fold/a", f"value/probes{end}", v, "worth/probes@1") for end, v in ends.items()], at=4)
    lake.tell([_fact("cell:fold/b", "value/probes", 0.75, "worth/probes@1")], at=5)
    lake.tell([_fact("source:site=north", "value/probes", -0.5, "worth/probes@1")], at=6)
    for cents in (7.0, 8.0):
        lake.tell([_fact("ledger:x", "cost/per_raw_hour", cents, "reckon@1", "USD/hour")], at=7)
    lake.tell([_fact("ledger:x", "cost/per_raw_hour/how", "cited", "reckon@1", "USD/hour")], at=8)
    found = told(lake)
    novelty, redundancy = found.measured
    assert (novelty.value, novelty.n) == (1.0, 3)
    assert novelty.high == pytest.approx(1 + 1.96 / 3**0.5)
    assert redundancy.name == "redundancy"
    assert found.repeats == (3, 4)
    assert [(one.group, one.value, one.low, one.high) for one in found.cells] == [
        ("fold/b", 0.75, None, None),
        ("fold/a", 0.5, 0.25, 0.75),
    ]
    assert [(one.group, one.value) for one in found.sources] == [("site=north", -0.5)]
    assert [(one.name, one.value, one.unit, one.how) for one in found.costs] == [
        ("per_raw_hour", 8.0, "USD/hour", "cited")
    ]
    written = section(found)
    assert "75.0%" in written and "0.25 to 0.75" in written


def test_what_nobody_measured_names_its_command(lake: Store) -> None:
    assert told(lake) == Worth()
    written = section(told(lake))
    for command in ("volant measure novelty redundancy rarity", "volant measure value", "volant cost LEDGER"):
        assert command in written


def test_names_of_cells_stay_words(lake: Store) -> None:
    lake.tell([_fact(f"cell:{EVIL}", "value/probes", 1.0, "worth/probes@1")], at=1)
    assert "<script" not in section(told(lake))
