"""The triggers that robots which record passively fetch from here: one TOML file in the house's home."""

from __future__ import annotations

import os
from pathlib import Path

from ..core.errors import BadValue
from ..record.triggers import Trigger, parse

__all__ = ["keep", "kept"]

_NAME = "triggers.toml"
_LARGEST = 1 << 18


def kept(home: Path) -> str:
    """The text, empty where nobody wrote one."""
    try:
        return (home / _NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def keep(home: Path, text: str) -> tuple[Trigger, ...]:
    """Check the text, and keep it from now on; the triggers in it. ``BadValue`` where it holds none that make sense."""
    if len(text) > _LARGEST:
        raise BadValue("These triggers are too long.")
    found = parse(text, "the text") if text.strip() else ()
    part = home / f".{_NAME}.part"
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(home / _NAME)
    return found
