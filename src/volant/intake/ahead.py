"""The next sources are opened and their first batches looked at while the one before is judged."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from multiprocessing.pool import AsyncResult, ThreadPool
from typing import TypeVar

__all__ = ["ahead"]

T = TypeVar("T")


def ahead(sources: Iterable[Iterator[T]], many: int = 2) -> Iterator[Iterator[T]]:
    """The same iterators, the first item of each made in a thread while the iterators before are used: ``many`` at a
    time, so that one has work for a core where another must do things in their order.

    Only the first: what a source gives later may share its open file with what it gave before. An error comes where
    the item would. The threads are daemons, so that a person who interrupts does not wait for them.
    """
    with ThreadPool(many) as pool:
        begun: deque[Iterator[T]] = deque()
        for source in sources:
            first: AsyncResult[list[T]] = pool.apply_async(list, (islice(source, 1),))
            begun.append(chain(_given(first), source))
            if len(begun) > many:
                yield begun.popleft()
        yield from begun


def _given(first: AsyncResult[list[T]]) -> Iterator[T]:
    yield from first.get()
