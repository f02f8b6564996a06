"""Recording from a robot's own program: the same calls with and without a link, nothing lost in between.

The package can be called: ``with volant.record("http://...", task="fold") as rec: rec.log("joints", t, q)``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Unpack

from .link import Told
from .recorder import Recorder, Recording
from .sync import Synced, left, sync

__all__ = ["Recorder", "Recording", "Synced", "Told", "left", "sync"]


class _Stage(ModuleType):
    """A package and a verb in one: Python binds a package over any function of the same name."""

    def __call__(self, to: str | Path | None = None, **how: Unpack[Recording]) -> Recorder:
        """Begin to record: to a server's address, or into a folder to be synchronised later."""
        return Recorder(to, **how)


sys.modules[__name__].__class__ = _Stage
