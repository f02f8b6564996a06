"""The gate is open: one process with live intake, pages for people, and an API. Nothing is served by importing it."""

from __future__ import annotations

from .house import House

__all__ = ["House"]
