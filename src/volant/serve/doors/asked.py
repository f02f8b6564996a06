"""What the door reads of a request before anything else does, as one value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from .limits import network
from .sessions import COOKIE

__all__ = ["Asked", "asked_of", "cookie_name", "landing"]

_STATIC = re.compile(r"/_nicegui/[0-9][0-9A-Za-z.]*/(static|libraries|components|resources|esm)/")
_PUBLIC = frozenset({"/login", "/logout", "/first", "/health", "/ready", "/oidc/start", "/oidc/back"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MACHINES = ("/api/", "/live", "/uploads", "/metrics", "/openapi.json", "/_nicegui")


@dataclass(frozen=True, slots=True)
class Asked:
    """Method (``WS`` for a WebSocket), path, where from, and with which credentials.

    ``origin`` and ``site`` are what a browser says of the page that asks, empty where it says nothing; ``session`` is
    the cookie's secret, ``bearer`` the token's; ``scheme`` another way of ``Authorization``, which opens nothing.
    """

    method: str
    path: str
    host: str
    address: str
    secure: bool
    html: bool
    origin: str = ""
    site: str = ""
    session: str = ""
    bearer: str = ""
    scheme: str = ""
    question: str = ""

    @property
    def strange(self) -> bool:
        """Whether the path has parts that mean one thing to us and another to a file system."""
        return any(part in ("..", ".") for part in self.path.split("/")) or any(
            mark in self.path for mark in ("//", "\\", "\0")
        )

    @property
    def static(self) -> bool:
        """Whether it asks for one of NiceGUI's own files, the same for everybody."""
        return self.method in ("GET", "HEAD") and _STATIC.match(self.path) is not None

    @property
    def public(self) -> bool:
        """Whether nobody needs to be signed in for it."""
        return self.method != "WS" and not self.strange and (self.path in _PUBLIC or self.static)

    @property
    def machine(self) -> bool:
        """Whether the answer is for a program, which cannot read a sign-in page."""
        return self.path.startswith(_MACHINES) or not self.html

    @property
    def changes(self) -> bool:
        """Whether it may change anything."""
        return self.method not in _SAFE

    @property
    def ours(self) -> bool:
        """Whether one of our own pages asks, as far as the browser says; a browser that says nothing is not believed.

        ``Origin`` must name the very host that was asked, and no plain page may speak to an encrypted one.
        """
        if self.origin:
            scheme, there = _place(self.origin)
            return bool(there) and there == _host(self.host, scheme) and (scheme == "https" or not self.secure)
        return self.site == "same-origin"


def asked_of(scope: Mapping[str, Any]) -> Asked:
    """What a scope of ASGI says. A header that comes twice counts as absent, and so does one that is no text."""
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        headers[name] = b"" if name in headers and name != b"cookie" else headers.get(name, b"") + value + b";"
    said = {name: value[:-1].decode("latin-1") for name, value in headers.items()}
    scheme = str(scope.get("scheme", "http"))
    secure = scheme in ("https", "wss")
    kind, _, credentials = said.get(b"authorization", "").strip().partition(" ")
    client = scope.get("client")
    return Asked(
        method="WS" if scope["type"] == "websocket" else str(scope["method"]),
        path=str(scope["path"]),
        host=said.get(b"host", ""),
        address=network(str(client[0])) if client else "",
        secure=secure,
        html="text/html" in said.get(b"accept", ""),
        origin=said.get(b"origin", ""),
        site=said.get(b"sec-fetch-site", ""),
        session=_cookie(said.get(b"cookie", ""), cookie_name(secure)),
        bearer=credentials.strip() if kind.lower() == "bearer" else "",
        scheme="" if kind.lower() == "bearer" else kind,
        question=scope.get("query_string", b"").decode("latin-1"),
    )


def cookie_name(secure: bool) -> str:
    """What the session's cookie is called; with TLS by a name that only this very host can set."""
    return f"__Host-{COOKIE}" if secure else COOKIE


def landing(wanted: str) -> str:
    """Where to go after signing in: a path of ours, whatever was asked for."""
    if not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted:
        return "/"
    if len(wanted) > 2000 or not wanted.isprintable():
        return "/"
    return quote(wanted, safe="/?&=%:@!$'()*+,;~-._#")


def _cookie(text: str, name: str) -> str:
    """The first cookie of a name. Not by the standard library's parser: that gives up at a neighbour's odd cookie."""
    for part in text.split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return ""


def _place(origin: str) -> tuple[str, str]:
    """Scheme and ``host:port`` of an origin; empty where it is opaque (``null``) or no origin."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return "", ""
    if parts.scheme not in ("http", "https") or parts.path or parts.query:
        return "", ""
    return parts.scheme, _host(parts.netloc, parts.scheme)


def _host(host: str, scheme: str) -> str:
    name, colon, port = host.lower().rpartition(":")
    if not colon or "]" in port:
        return f"{host.lower()}:{443 if scheme == 'https' else 80}"
    return f"{name}:{port}"
