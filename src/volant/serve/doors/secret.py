"""Secrets that are shown once and kept as their digest."""

from __future__ import annotations

import hashlib
import secrets

__all__ = ["digest", "fresh"]


def fresh(prefix: str = "") -> str:
    """A new secret of 256 random bits, safe in URLs, cookies and headers."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is kept of a secret. It has too much chance in it to be guessed, so one SHA-256 is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
