"""The next sources are begun while the one before is used, and nothing else changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from volant.core.errors import Damaged
from volant.intake.ahead import ahead


def test_the_same_items_in_the_same_order() -> None:
    made = [[1, 2, 3], [], [4], [5, 6]]
    assert [list(one) for one in ahead(iter(source) for source in made)] == made
    assert list(ahead([])) == []


def test_only_the_first_items_of_the_next_two_sources_are_made_before_their_turn() -> None:
    begun = threading.Event()
    made: list[str] = []

    def source(name: str) -> Iterator[str]:
        for i in range(3):
            made.append(f"{name}{i}")
            if {"b0", "c0"} <= set(made):
                begun.set()
            yield f"{name}{i}"

    turns = ahead(source(name) for name in "abcd")
    first = next(turns)
    assert next(first) == "a0"
    assert begun.wait(10)
    assert sorted(one for one in made if one[0] != "a") == ["b0", "c0"]
    assert list(first) == ["a1", "a2"] and len(made) == 5
    assert list(next(turns)) == ["b0", "b1", "b2"]


def test_an_error_comes_in_its_turn() -> None:
    def broken() -> Iterator[int]:
        raise Damaged("It is broken.")
        yield 0

    turns = ahead([iter([1]), broken(), iter([2])])
    assert list(next(turns)) == [1]
    second = next(turns)
    with pytest.raises(Damaged, match="broken"):
        next(second)
    assert list(next(turns)) == [2]
