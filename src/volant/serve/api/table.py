"""What the API is made of: one row a route; dispatch, rights and the OpenAPI description all come from these rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from ..doors import Book, Who
from ..doors.limits import Limits
from ..house import House

__all__ = ["Asking", "Counted", "Desk", "Nothing", "Row", "Short", "Version", "Words"]

Short = Annotated[str, msgspec.Meta(max_length=200)]
Words = Annotated[str, msgspec.Meta(max_length=20_000)]
Counted = Annotated[int, msgspec.Meta(ge=1, le=5000)]
Version = Annotated[str, msgspec.Meta(max_length=200, description="A version's number or tag; the newest unless said.")]


class Asking(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a route takes: fields that its path names come from the path, others from the query or the JSON body."""


class Nothing(Asking, frozen=True):
    """The route takes nothing."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a handler works with: the house, its accounts, and who asks."""

    house: House
    book: Book
    limits: Limits
    who: Who
    address: str = ""

    @property
    def author(self) -> str:
        """How the person or token that asks signs facts."""
        return f"token/{self.who.token}@1" if self.who.token else f"person/{self.who.name}@1"


Handler = Callable[[Desk, Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Row:
    """One route: ``right`` is what it needs (empty: being signed in), ``asked`` and ``answer`` its types.

    ``does`` is the sentence that its description shows.
    """

    method: str
    path: str
    right: str
    asked: type[Asking]
    answer: Any
    handler: Handler = field(repr=False)
    does: str
    kind: str = "application/json"
    """Content type of the answer."""

    @property
    def name(self) -> str:
        """What the description calls it: ``get_episodes_id_facts``."""
        parts = self.path.removeprefix("/api/").strip("/").replace("{", "").replace("}", "").split("/")
        return "_".join((self.method.lower(), *parts))

    @property
    def inside(self) -> tuple[str, ...]:
        """Names of the fields that stand in the path."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    @property
    def takes_body(self) -> bool:
        """Whether what it takes comes as JSON."""
        return self.method in ("POST", "PUT", "PATCH")
