"""The next source is begun while the one before is used, and nothing else changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from volant.core.errors import Damaged
from volant.intake.ahead import one_ahead


def test_the_same_items_in_the_same_order() -> None:
    made = [[1, 2, 3], [], [4], [5, 6]]
    assert [list(one) for one in one_ahead(iter(source) for source in made)] == made
    assert list(one_ahead([])) == []


def test_only_the_first_item_of_the_next_source_is_made_before_its_turn() -> None:
    begun = threading.Event()
    made: list[str] = []

    def source(name: str) -> Iterator[str]:
        for i in range(3):
            made.append(f"{name}{i}")
            if name == "b":
                begun.set()
            yield f"{name}{i}"

    turns = one_ahead(source(name) for name in "abc")
    first = next(turns)
    assert next(first) == "a0"
    assert begun.wait(10)
    assert [one for one in made if one[0] != "a"] == ["b0"]
    assert list(first) == ["a1", "a2"] and [one for one in made if one[0] != "a"] == ["b0"]
    assert list(next(turns)) == ["b0", "b1", "b2"]


def test_an_error_comes_in_its_turn() -> None:
    def broken() -> Iterator[int]:
        raise Damaged("It is broken.")
        yield 0

    turns = one_ahead([iter([1]), broken(), iter([2])])
    assert list(next(turns)) == [1]
    second = next(turns)
    with pytest.raises(Damaged, match="broken"):
        next(second)
    assert list(next(turns)) == [2]
