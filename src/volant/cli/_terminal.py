"""Keys as they are pressed, from a real terminal; refused in words where there is none."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

__all__ = ["keys"]


@contextmanager
def keys() -> Generator[Callable[[], str], None, None]:
    """A function that returns what was pressed since its last call; the terminal is as before afterwards."""
    from volant.core.errors import MissingPart, Refused

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Refused(
            "A keyboard take-over needs a terminal, and this is none.",
            do="Run it in a terminal, or use --takeover expert or human.",
        )
    try:
        import termios
        import tty
    except ImportError as error:
        raise MissingPart(
            "Keys cannot be read as they are pressed on this system.", do="Use --takeover expert."
        ) from error
    place = sys.stdin.fileno()
    before = termios.tcgetattr(place)

    def read() -> str:
        found = b""
        while select.select([place], [], [], 0)[0]:
            more = os.read(place, 64)
            if not more:
                break
            found += more
        return found.decode("ascii", "ignore").lower()

    try:
        tty.setcbreak(place)
        yield read
    finally:
        termios.tcsetattr(place, termios.TCSADRAIN, before)
