"""Coroutines in a thread of their own: where a browser test ran before, this thread's event loop is the browser's."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def aside(work: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine comes to."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
