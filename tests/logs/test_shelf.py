"""Chunks of logs are unpacked once where memory allows, and never more of it is taken than that."""

from __future__ import annotations

import gc
import threading

import pytest

from volant.logs import shelf
from volant.logs.shelf import Shelf


@pytest.fixture(autouse=True)
def first(monkeypatch: pytest.MonkeyPatch) -> shelf._First:
    made = shelf._First()
    monkeypatch.setattr(shelf, "_first", made)
    monkeypatch.setattr(shelf, "MOST_KEPT", 100)
    return made


def unpacked(loaded: list[int]):
    def load(key: int) -> bytes:
        loaded.append(key)
        return bytes([key]) * 30

    return load


def test_first_chunks_are_kept_and_later_ones_unpacked_again() -> None:
    one, loaded = Shelf(), []
    for key in range(6):
        one.keep(key, bytes([key]) * 30)
    assert [one.get(key, unpacked(loaded)) for key in range(6)] == [bytes([key]) * 30 for key in range(6)]
    assert loaded == [3, 4, 5]
    assert one.get(4, unpacked(loaded)) == bytes([4]) * 30 and loaded == [3, 4, 5]


def test_a_log_that_nobody_uses_gives_way(first: shelf._First) -> None:
    one, two, loaded = Shelf(), Shelf(), []
    one.keep(0, bytes(90))
    two.keep(0, bytes(60))
    two.keep(1, bytes(60))
    assert first._bytes == 60
    two.get(0, unpacked(loaded))
    assert loaded == []
    one.get(0, unpacked(loaded))
    assert loaded == [0]


def test_a_log_that_is_used_stays_while_the_next_is_read(first: shelf._First) -> None:
    one, two, loaded = Shelf(), Shelf(), []
    one.keep(0, bytes(60))
    two.keep(0, bytes(30))
    one.get(0, unpacked(loaded))
    two.keep(1, bytes(30))
    assert first._bytes == 90
    one.get(0, unpacked(loaded))
    two.get(0, unpacked(loaded))
    assert loaded == []


def test_what_a_log_keeps_goes_with_it(first: shelf._First) -> None:
    one = Shelf()
    one.keep(0, bytes(90))
    assert first._bytes == 90
    del one
    gc.collect()
    assert first._bytes == 0


def test_threads_that_ask_at_once_unpack_once() -> None:
    one, loaded = Shelf(), []
    gate = threading.Barrier(4)

    def ask() -> None:
        gate.wait()
        for key in range(5):
            assert one.get(key, unpacked(loaded))[:1] == bytes([key])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(loaded) == [0, 1, 2, 3, 4]
