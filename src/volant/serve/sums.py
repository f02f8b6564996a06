"""Checksums that a client may promise of what it sends."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Any

import google_crc32c

from ..core.errors import BadValue

__all__ = ["DIGESTS", "proof_of"]


class _Crc32c:
    """CRC-32C with the face of a hashlib digest."""

    def __init__(self) -> None:
        self._sum = google_crc32c.Checksum()

    def update(self, block: bytes) -> None:
        self._sum.update(block)

    def digest(self) -> bytes:
        return bytes(self._sum.digest())


DIGESTS: dict[str, Callable[[], Any]] = {
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "crc32c": _Crc32c,
}
"""Every algorithm by the name that tus gives it."""


def proof_of(header: str) -> tuple[str, bytes] | None:
    """Algorithm and digest of ``Upload-Checksum``; None where the client promised nothing."""
    if not header:
        return None
    name, _, value = header.partition(" ")
    if name not in DIGESTS:
        raise BadValue(f"No checksum is called {name:.20}.", instead=f"Known: {', '.join(DIGESTS)}.")
    try:
        return name, base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise BadValue("Upload-Checksum is not base64.") from error
