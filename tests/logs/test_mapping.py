"""A mapping file says what streams mean, and errors name what exists."""

from __future__ import annotations

import numpy as np
import pytest

from volant.core import Episode, Kind, Signal, Stream
from volant.core.errors import BadValue, Damaged, NotFound
from volant.logs.mapping import apply_mapping


def log() -> Episode:
    t = np.arange(4, dtype=np.int64)
    return Episode(
        (
            Stream(Signal("/js/position", Kind.JOINT, (3,), dims=("a", "b", "c")), t, np.arange(12.0).reshape(4, 3)),
            Stream(Signal("/js/log_time", Kind.CLOCK, (), "int64", "ns"), t, t),
            Stream(Signal("/cmd", Kind.STATE, (1,)), t, np.zeros((4, 1))),
        )
    )


def mapped(tmp_path, text: str) -> Episode:
    path = tmp_path / "map.toml"
    path.write_text(text)
    return apply_mapping(log(), path)


def test_streams_take_their_meaning(tmp_path):
    made = mapped(
        tmp_path,
        """
task = "pick"
keep = "listed"
[signals."/js/position"]
name = "state"
unit = "rad"
frame = "base"
hz = 100
fields = ["c", "a"]
[[signals."/cmd"]]
name = "action"
kind = "action"
[[signals."/cmd"]]
name = "again"
""",
    )
    assert made.task == "pick"
    assert [s.name for s in made.streams] == ["state", "action", "again"]
    assert made["state"].signal == Signal("state", Kind.JOINT, (2,), "float64", "rad", "base", 100.0, ("c", "a"))
    assert made["state"].values.tolist()[1] == [5.0, 3.0]
    assert made["action"].signal.kind is Kind.ACTION


def test_a_topic_is_dropped_with_all_below(tmp_path):
    assert [s.name for s in mapped(tmp_path, '[signals."/js"]\ndrop = true').streams] == ["/cmd"]


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ('[signals."/js/positon"]\nunit = "rad"', NotFound, "/js/position"),
        ('[signals."/cmd"]\nunits = "rad"', BadValue, "unit"),
        ('[signals."/cmd"]\nkind = "jont"', BadValue, "joint"),
        ('[signals."/cmd"]\nkind = "image"', BadValue, "cannot become"),
        ('[signals."/js/position"]\nfields = ["d"]', NotFound, "no field"),
        ("keep = 3", BadValue, "keep"),
        ("colour = 3", BadValue, "unknown"),
        ("[", Damaged, "TOML"),
        ("x = " + "9" * 9_000, Damaged, "TOML"),
    ],
)
def test_errors_say_what_exists(tmp_path, text, error, says):
    with pytest.raises(error, match=says):
        mapped(tmp_path, text)


def test_absent_is_fine_where_optional(tmp_path):
    assert len(mapped(tmp_path, '[signals."/x"]\noptional = true').streams) == 3
