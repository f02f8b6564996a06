"""What is served beside the table: routes that speak a protocol of their own, and how the description tells of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["BESIDE", "Beside"]


@dataclass(frozen=True, slots=True)
class Beside:
    """A route in words: ``right`` is what it needs (None: nobody has to sign in), ``takes`` its headers or parameters.

    ``takes`` are (name, place, required, words); ``answers`` statuses with their words; ``kind`` what comes back.
    """

    method: str
    path: str
    right: str | None
    does: str
    answers: dict[str, str]
    takes: tuple[tuple[str, str, bool, str], ...] = ()
    body: str = ""
    kind: str = ""

    @property
    def name(self) -> str:
        """What the description calls it: ``patch_uploads_id``."""
        return "_".join((self.method.lower(), *self.path.strip("/").replace("{", "").replace("}", "").split("/")))

    def operation(self) -> dict[str, Any]:
        """The route as OpenAPI tells of it."""
        need = "Open to everybody." if self.right is None else f"Needs the right `{self.right}`."
        made: dict[str, Any] = {
            "operationId": self.name,
            "summary": self.does,
            "description": need if self.right != "" else "Needs nothing but being signed in.",
            "responses": {status: self._answer(status, words) for status, words in self.answers.items()},
            "parameters": [
                {"name": name, "in": place, "required": must, "schema": {"type": "string"}, "description": words}
                for name, place, must, words in self.takes
            ],
        }
        if self.right is None:
            made["security"] = []
        if self.body:
            made["requestBody"] = {"content": {self.body: {"schema": {"type": "string", "format": "binary"}}}}
        return made

    def _answer(self, status: str, words: str) -> dict[str, Any]:
        return {"description": words, **({"content": {self.kind: {}}} if self.kind and status == "200" else {})}


_ID = ("id", "path", True, "The upload's own name.")
_TUS = ("Tus-Resumable", "header", True, "1.0.0")
_OFFSET = ("Upload-Offset", "header", True, "Where these bytes begin.")
_SUM = ("Upload-Checksum", "header", False, "An algorithm and the chunk's digest in base64.")
_SIZED = (
    ("Upload-Length", "header", False, "Bytes of the whole; or say Upload-Defer-Length: 1."),
    ("Upload-Defer-Length", "header", False, "1 where the length is said later."),
    ("Upload-Metadata", "header", False, "filename, task, origin, ... each with its value in base64."),
)
_NOT = {"400": "It makes no sense; the reason.", "412": "Another version of tus."}
_GONE = {"404": "There is no such upload of yours."}
_CHUNK = "application/offset+octet-stream"
_KEY = ("key", "query", False, "The key of the first link.")
_NEXT = ("next", "query", False, "Where to go afterwards.")
_FORM = "application/x-www-form-urlencoded"
_PAGE = {"200": "A page.", "303": "Go on there."}

BESIDE = (
    Beside(
        "GET",
        "/uploads",
        "collect",
        "Your uploads of the last day.",
        {"200": "The newest first."},
        kind="application/json",
    ),
    Beside(
        "POST",
        "/uploads",
        "collect",
        "Begin an upload (tus 1.0.0).",
        {"201": "It is at Location.", **_NOT, "413": "Too large.", "429": "Too many are unfinished."},
        (_TUS, *_SIZED, _SUM),
        _CHUNK,
    ),
    Beside("OPTIONS", "/uploads", "collect", "What of tus is spoken here.", {"204": "In its headers."}),
    Beside(
        "GET",
        "/uploads/{id}",
        "collect",
        "What became of an upload.",
        {"200": "With the verdict and its reasons.", **_GONE},
        (_ID,),
        kind="application/json",
    ),
    Beside(
        "HEAD",
        "/uploads/{id}",
        "collect",
        "How far an upload is.",
        {"200": "In Upload-Offset.", **_NOT, **_GONE},
        (_ID, _TUS),
    ),
    Beside(
        "PATCH",
        "/uploads/{id}",
        "collect",
        "More bytes of an upload.",
        {
            "204": "They are on disk.",
            **_NOT,
            **_GONE,
            "409": "It goes on elsewhere.",
            "413": "Too large.",
            "415": "Another content type.",
            "460": "The checksum differs.",
            "507": "The disk is full.",
        },
        (_ID, _TUS, _OFFSET, _SUM),
        _CHUNK,
    ),
    Beside(
        "DELETE",
        "/uploads/{id}",
        "collect",
        "Give an upload up.",
        {"204": "It is gone.", **_NOT, **_GONE, "409": "It is landing."},
        (_ID, _TUS),
    ),
    Beside("OPTIONS", "/uploads/{id}", "collect", "What of tus is spoken here.", {"204": "In its headers."}, (_ID,)),
    Beside("GET", "/live", "collect", "A WebSocket that speaks the wire (spec/wire.md).", {"101": "The wire begins."}),
    Beside("GET", "/watch/live", "read", "A WebSocket: the fleet as it changes.", {"101": "It begins."}),
    Beside(
        "GET", "/watch/steer", "operate", "A WebSocket: steer a robot that one has taken over.", {"101": "It begins."}
    ),
    Beside("GET", "/health", None, "Whether the process lives.", {"200": "It does."}),
    Beside(
        "GET",
        "/ready",
        None,
        "Whether it takes in new work.",
        {"200": "It does.", "503": "It is leaving, or cannot write."},
    ),
    Beside(
        "GET",
        "/metrics",
        "read",
        "Figures for Prometheus; for a token or an admin.",
        {"200": "In its text format."},
        kind="text/plain",
    ),
    Beside("GET", "/openapi.json", "", "This description.", {"200": "OpenAPI 3.1."}, kind="application/json"),
    Beside("GET", "/login", None, "Where people sign in.", _PAGE, (_NEXT,)),
    Beside(
        "POST",
        "/login",
        None,
        "Sign in by name and password.",
        {"303": "Signed in.", "401": "Wrong.", "429": "Too many tries."},
        (_NEXT,),
        _FORM,
    ),
    Beside("GET", "/logout", None, "Where people sign out.", _PAGE),
    Beside("POST", "/logout", None, "Sign out.", {"303": "Signed out."}),
    Beside("GET", "/first", None, "Where the first admin comes in.", _PAGE, (_KEY,)),
    Beside(
        "POST",
        "/first",
        None,
        "Make the first admin.",
        {"303": "Signed in.", "401": "The key opens nothing."},
        (_KEY,),
        _FORM,
    ),
)
"""Every route that is no row of the table. With single sign-on two more lead there and back (docs/serve.md)."""
