"""Being told to stop: Ctrl-C, SIGTERM and a closed terminal end a verb alike, with words about how far it got."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

__all__ = ["code", "heed", "listen", "telling", "told"]

_CAME: list[int] = []
"""Signals that asked this process to stop, in the order they came."""


def listen() -> None:
    """From now on SIGTERM and SIGHUP unwind the work as Ctrl-C does, unless whoever started us had them ignored."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _come)


def _come(number: int, _: FrameType | None) -> None:
    # Supervisors like to send it twice; the second must not break into what the first set in motion.
    signal.signal(number, signal.SIG_IGN)
    _CAME.append(number)
    raise KeyboardInterrupt


def heed() -> None:
    """Stop here where a signal came and the library that it met swallowed it."""
    if _CAME:
        raise KeyboardInterrupt


def code() -> int:
    """The exit code of a stopped process, as shells count it: 130 after Ctrl-C, 143 after SIGTERM."""
    return 128 + (_CAME[0] if _CAME else signal.SIGINT)


@contextmanager
def telling(words: Callable[[], str]) -> Generator[None, None, None]:
    """Work that can say how far it got when it is stopped, and how to go on."""
    try:
        yield
    except KeyboardInterrupt as stop:
        stop.args = (words(),)
        raise


def told(stop: BaseException) -> str:
    """What the stopped work said of itself; empty where it said nothing."""
    cause = stop if isinstance(stop, KeyboardInterrupt) else stop.__cause__
    return str(cause.args[0]) if isinstance(cause, KeyboardInterrupt) and cause.args else ""
