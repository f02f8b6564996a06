"""What people write of an origin: every slip is named, nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volant.core import Selection
from volant.core.errors import BadInput, BadValue, NotFound
from volant.intake.origin import load_origin, parse_origin

WHOLE = """
embodiment = "aloha"
robot = "aloha-03"
operator = "ann"
licence = "CC-BY-4.0"
parents = ["a1", "b2"]
recorded_at = 2026-01-31T12:00:00.5+01:00

[bodies.aloha.joints.waist]
unit = "rad"
low = -3.14
high = 3.14
speed = 3

[bodies.aloha.joints.gripper]
unit = "m"
"""


def test_everything_that_is_said_is_understood() -> None:
    origin, bodies = parse_origin(WHOLE)
    assert (origin.embodiment, origin.operator, origin.parents) == ("aloha", "ann", ("a1", "b2"))
    assert origin.recorded_at == 1769857200_500_000_000
    [waist, gripper] = bodies["aloha"].joints
    assert (waist.name, waist.unit, waist.low, waist.high, waist.speed) == ("waist", "rad", -3.14, 3.14, 3.0)
    assert (gripper.low, gripper.high) == (None, None)


def test_an_empty_file_says_nothing() -> None:
    origin, bodies = parse_origin("")
    assert (origin.operator, origin.policy, bodies) == ("", None, {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("operater = 'x'", "'operator'"),
        ("operator = 3", "text in quotes"),
        ("parents = 'a'", "list of episode ids"),
        ("recorded_at = 2026-01-31T12:00:00", "time zone"),
        ("recorded_at = 'yesterday'", "recorded_at"),
        ("recorded_at = -5", "recorded_at"),
        ("recorded_at = true", "recorded_at"),
        ("bodies = 3", "no table"),
        ("[bodies.a]\njoint = 3", "'joints'"),
        ("[bodies.a.joints]\nx = 1", "no table"),
        ("[bodies.a.joints.x]\nlow = 1", "no unit"),
        ("[bodies.a.joints.x]\nunit = 'rad'\nlow = 'a'", "number"),
        ("[bodies.a.joints.x]\nunit = 'rad'\nlow = nan", "number"),
        ("[bodies.a.joints.x]\nunit = 'rad'\nlow = 2\nhigh = 1", "not below"),
        ("[bodies.a.joints.x]\nunit = 'rad'\nlo = 2", "'low'"),
        ("x", "no TOML"),
        ("x = " + "[" * 9_000, "no TOML"),
        ("x = " + "9" * 9_000, "no TOML"),
    ],
)
def test_slips_are_named(text: str, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        parse_origin(text)


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="cannot be read"):
        load_origin(tmp_path / "absent.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(NotFound, match="cannot be read"):
        load_origin(tmp_path / "binary.toml")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    for parse in (parse_origin, Selection.from_json):
        try:
            parse(text)
        except BadInput as refusal:
            assert str(refusal)


@given(
    st.integers(0, 2**40),
    st.text(max_size=40),
    st.lists(st.text("0123456789abcdef", min_size=1, max_size=32), unique=True, max_size=8),
    st.integers(-(2**62), 2**62),
    st.booleans(),
)
def test_a_selection_survives_its_text(version: int, query: str, ids: list[str], seed: int, weighed: bool) -> None:
    weights = tuple(float(i) / 3 for i in range(len(ids))) if weighed else ()
    made = Selection(version, query, tuple(ids), weights, seed, query[::-1])
    assert Selection.from_json(made.to_json()) == made
    assert Selection.from_json(made.to_json().encode("utf-8", "surrogatepass")).hash == made.hash
