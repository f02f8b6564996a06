"""Who may come in, and what they may do."""

from __future__ import annotations

from .who import ROLES, Who, who_of

__all__ = ["ROLES", "Who", "who_of"]
