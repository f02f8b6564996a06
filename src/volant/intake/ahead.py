"""The next source is opened and its first batch read while the one before is screened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from multiprocessing.pool import AsyncResult, ThreadPool
from typing import TypeVar

__all__ = ["one_ahead"]

T = TypeVar("T")


def one_ahead(sources: Iterable[Iterator[T]]) -> Iterator[Iterator[T]]:
    """The same iterators, the first item of each made in a thread while the iterator before is used.

    Only the first, and one at a time: what a source gives later may share its open file with what it gave before. An
    error comes where the item would. The thread is a daemon, so that a person who interrupts does not wait for it.
    """
    with ThreadPool(1) as pool:
        before: Iterator[T] | None = None
        for source in sources:
            first: AsyncResult[list[T]] = pool.apply_async(list, (islice(source, 1),))
            if before is not None:
                yield before
            before = chain(_given(first), source)
        if before is not None:
            yield before


def _given(first: AsyncResult[list[T]]) -> Iterator[T]:
    yield from first.get()
