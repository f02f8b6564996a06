"""Loops as machine code: compiled at their first call, kept on disk, loaded without the compiler's library.

Before numba takes a function from its cache it imports every implementation that it could compile with, for half a
second of each process. Code that is there already needs none of them; where it is not, compiling brings them in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from numba.core.caching import FunctionCache
from numba.core.runtime.nrt import rtsys

__all__ = ["kept"]


class _Kept(FunctionCache):  # type: ignore[misc]
    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function for these types, or ``None``."""
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


def kept(function: Callable[..., object], **how: Any) -> Any:
    """The same function as machine code that runs without the interpreter's lock; ``how`` as for ``numba.njit``."""
    made = numba.njit(nogil=True, **how)(function)
    made._cache = _Kept(function)
    return made
