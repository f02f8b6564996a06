"""The person or machine behind a request, and what its role may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...core.errors import Refused

__all__ = ["RIGHTS", "ROLES", "Who", "who_of"]

ROLES = ("admin", "curator", "reviewer", "operator", "collector", "viewer")

RIGHTS = {
    "read": frozenset(ROLES) - {"collector"},
    "collect": frozenset({"admin", "curator", "operator", "collector"}),
    "object": frozenset(ROLES) - {"viewer"},
    "review": frozenset({"admin", "curator", "reviewer"}),
    "operate": frozenset({"admin", "operator"}),
    "curate": frozenset({"admin", "curator"}),
    "admin": frozenset({"admin"}),
}
"""What may be done, and by whom: see the lake; record and upload; object to a verdict; review; drive robots; select,
publish, judge again; accounts and settings."""


@dataclass(frozen=True, slots=True)
class Who:
    """Name and role of who asks; ``token`` is the id of the token they came with, empty for a signed-in person.

    ``scopes`` are the only rights that a token carries out of those of its role; empty means all of them.
    """

    name: str
    role: str
    token: str = ""
    scopes: tuple[str, ...] = ()

    def may(self, right: str) -> bool:
        """Whether the role has a right, and the token carries it."""
        return self.role in RIGHTS[right] and (not self.scopes or right in self.scopes)


def who_of(request: Any) -> Who:
    """Who is behind a request or a WebSocket that came through the door."""
    found = request.scope.get("who")
    if not isinstance(found, Who):
        raise Refused("Nobody has signed in.", do="Open /login.")
    return found
