"""Live samples on their way: frames as bytes, sessions in words, clocks compared. ``spec/wire.md`` is the law."""

from __future__ import annotations

from .clock import Offset, offset_of
from .frame import (
    EVENT,
    KEY,
    PICTURE,
    SAMPLES,
    Frame,
    event,
    numbers,
    pack,
    picture,
    samples,
    seal,
    unpack,
    words,
)

__all__ = [
    "EVENT",
    "KEY",
    "ORIGIN",
    "PICTURE",
    "SAMPLES",
    "WIRE",
    "Frame",
    "Offset",
    "event",
    "numbers",
    "offset_of",
    "pack",
    "picture",
    "samples",
    "seal",
    "unpack",
    "words",
]

WIRE = 1
"""The version of the wire that is spoken here."""
ORIGIN = ("embodiment", "robot", "operator", "site", "region", "tier", "licence", "consent", "policy")
"""What a client may state of where an episode comes from."""
