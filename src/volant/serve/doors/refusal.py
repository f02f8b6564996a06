"""How a refusal looks from outside: the same words as everywhere, as JSON for programs, as a quiet page for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

import msgspec
from starlette.responses import HTMLResponse, Response

from ...core.errors import BadInput, LakeError, MissingPart, Misuse, NotFound, Refused, VolantError
from .sheet import POLICY, sheet

__all__ = ["Refusal", "refusal_of"]

_STATUS: tuple[tuple[type[VolantError], int], ...] = (
    (NotFound, 404),
    (BadInput, 400),
    (Misuse, 400),
    (Refused, 409),
    (MissingPart, 501),
    (LakeError, 503),
    (VolantError, 500),
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP status and what is wrong, what exists instead and what to do."""

    status: int
    kind: str
    what: str
    instead: str = ""
    do: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """``{"error": {kind, what, instead, do}}``."""
        parts = {"kind": self.kind, "what": self.what, "instead": self.instead, "do": self.do}
        return msgspec.json.encode({"error": parts})

    def response(self, *, html: bool = False) -> Response:
        """As an answer to a program or to a person."""
        if not html:
            return Response(self.body(), self.status, dict(self.headers), "application/json")
        words = "".join(f"<p>{escape(text)}</p>" for text in (self.instead, self.do) if text)
        page = sheet(self.what, f"{words}<p><a href='/'>Volant</a></p>")
        return HTMLResponse(page, self.status, {**self.headers, "content-security-policy": POLICY})


def refusal_of(error: VolantError) -> Refusal:
    """An error of ours as a refusal; a server's own trouble tells nothing of its inside."""
    status = next(number for kind, number in _STATUS if isinstance(error, kind))
    return Refusal(status, type(error).__name__, error.what, error.instead, error.do)
