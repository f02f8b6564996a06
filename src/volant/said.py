"""What a person may say beside paths and selections, key by key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from .core import Origin

if TYPE_CHECKING:
    from .intake import Policy

__all__ = ["Place", "Publish", "Saying"]

Place = str | Path


class Saying(TypedDict, total=False):
    """What a person may say beside the paths of recordings; every key may be left out.

    ``format`` forces a format, ``task`` names the task, ``split`` cuts logs into episodes (``"gap:2.0"``,
    ``"topic:/episode"``), ``mapping`` is a TOML file from topics to signals, ``origin`` an ``Origin`` or its TOML
    file, ``policy`` a gate policy or its TOML file, ``limit`` stops each source after so many episodes.
    """

    format: str
    task: str
    split: str
    mapping: Place | None
    origin: Origin | Place | None
    policy: Policy | Place | None
    limit: int | None
    threads: int


class Publish(TypedDict, total=False):
    """How to publish; the meaning of each key is that of ``volant.publish.Publishing``."""

    format: str
    name: str
    version: str
    previous: Place | None
    licence: str
    robot: str
    fps: float | None
    reencode: str
    quarantined: bool
    progress: Callable[[int], None] | None
