"""Sketches as columns are the same sketches, in the same groups and order."""

from hypothesis import given, settings
from hypothesis import strategies as st

from volant.core import Sketch, Sketches

made = st.lists(
    st.builds(
        Sketch,
        st.sampled_from(["e1", "e2", "e3", "ä"]),
        st.sampled_from(["g", "h|x", ""]),
        st.lists(st.sampled_from([0.0, -1.5, 2.0]), min_size=0, max_size=2).map(tuple),
    ),
    max_size=12,
)


@given(made)
@settings(deadline=None, max_examples=60)
def test_columns_read_like_the_list_that_they_were_made_of(sketches: list[Sketch]) -> None:
    columns = Sketches.of(sketches)
    assert list(columns) == sketches
    assert len(columns) == len(sketches)
    assert Sketches.of(columns) is columns
    assert columns[1:-1] == sketches[1:-1]


@given(made)
@settings(deadline=None, max_examples=60)
def test_groups_are_in_order_and_say_nothing_twice(sketches: list[Sketch]) -> None:
    wanted = {}
    for name in sorted({sketch.group for sketch in sketches}):
        rows = sorted({(sketch.subject, sketch.values) for sketch in sketches if sketch.group == name})
        if len({len(values) for _, values in rows}) == 1:
            wanted[name] = rows
    for order in (sketches, sketches[::-1]):
        found = {
            name: list(zip(subjects, map(tuple, values.tolist()), strict=True))
            for name, subjects, values in Sketches.of(order).by_group()
        }
        assert list(found.items()) == list(wanted.items())
