"""Rows of live samples side by side hold what each of them would hold alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from volant.core import Kind, Signal
from volant.intake.bank import Bank
from volant.intake.due import newest, spare

JOINTS = Signal("joints", Kind.JOINT, (2,), "float32", "rad", hz=50)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=60), min_size=1, max_size=20), st.integers(0, 40))
def test_every_row_keeps_its_newest_samples_in_order(batches: list[list[int]], reach: int) -> None:
    bank = Bank(JOINTS, ("a",), np.array([1]), np.array([reach]), reach)
    rows = [bank.open(name) for name in "xyz"]
    plain: list[list[int]] = [[], [], []]
    t = 0
    for batch in batches:
        stamps = np.arange(t, t + len(batch))
        bank.add(np.array([rows[who] for who in batch]), stamps, np.stack([stamps, -stamps], 1).astype(np.float32))
        for who, stamp in zip(batch, stamps.tolist(), strict=True):
            plain[who].append(stamp)
        t += len(batch)
        bank.seen[:, :] = bank.total  # scored: only the look-back must stay
        for who, row in enumerate(rows):
            held = bank.last(row, reach + 1)
            assert held.t.tolist() == plain[who][-(reach + 1) :]
            assert held.x[:, 1].tolist() == [-one for one in held.t.tolist()]
            assert bank.total[row] == len(plain[who])


def test_what_nobody_scored_is_held_however_much_comes() -> None:
    bank = Bank(JOINTS, ("a",), np.array([1]), np.array([3]), 3)
    row = bank.open("x")
    bank.seen[:, row] = 0
    for start in range(0, 1000, 10):
        bank.add(np.full(10, row), np.arange(start, start + 10), np.zeros((10, 2), np.float32))
    assert bank.last(row, 10**6).t.tolist() == list(range(1000))


def test_a_row_that_was_let_go_is_begun_anew_for_the_next() -> None:
    bank = Bank(JOINTS, ("a",), np.array([1]), np.array([3]), 3)
    first = bank.open("x")
    bank.add(np.array([first]), np.array([7]), np.ones((1, 2), np.float32))
    bank.close(first)
    second = bank.open("y")
    assert second == first and bank.names[second] == "y" and bank.total[second] == 0 and bank.newest(second) == 0


def test_a_budget_leaves_the_longest_waiting_and_what_cannot_wait() -> None:
    bank = Bank(JOINTS, ("now", "long"), np.array([1, 8]), np.array([1, 200]), 200)
    rows = np.array([bank.open(name) for name in "abc"])
    bank.total[rows] = 500
    new = np.array([[1, 1, 1], [9, 30, 12]])
    due = np.ones((2, 3), np.bool_)
    assert spare(due, new, bank, 10**6) == 209 + 230 + 212 and due.all()
    assert spare(due, new, bank, 300) == 300
    assert due.tolist() == [[True, True, True], [False, True, False]]


def test_the_newest_rows_of_runs_are_found() -> None:
    rows, starts = newest(np.array([0, 3, 4, 9]), np.array([2, 5, 1]))
    assert rows.tolist() == [1, 2, 3, 8] and starts.tolist() == [0, 2, 3]
    rows, starts = newest(np.array([0, 3, 4]), np.array([1, 1]))
    assert rows.tolist() == [2, 3] and starts.tolist() == [0, 1]
