"""A door with one small room behind it, and people and machines that knock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from aside import aside
from volant.serve.doors import ROLES, Book, add_user, begin, entrance, make_token, oidc, who_of
from volant.serve.doors.door import Door
from volant.serve.doors.entrance import Entrance
from volant.serve.doors.limits import Limits
from volant.serve.settings import Serving

WORDS = "correct horse battery"


@dataclass
class Hall:
    """The door, its book, and a clock that tests move."""

    home: Path
    now: int = 1_764_000_000_000_000_000
    limits: Limits = field(default_factory=Limits)
    oidc: Path | None = None

    def __post_init__(self) -> None:
        self.book = Book.open(self.home)
        self.users = {role: add_user(self.book, role, role, by="test", at=self.now, password=WORDS) for role in ROLES}
        serving = Serving(home=self.home, body_bytes=1000, upload_bytes=5000)
        leaver = oidc.load(self.oidc, self.book) if self.oidc else None
        hall = Entrance(self.book, self.clock, serving, self.limits, leaver)
        rest = [Mount("/", routes=[Route("/{rest:path}", room, methods=["GET", "POST", "PUT", "DELETE"])])]
        app = Starlette(routes=[WebSocketRoute("/live", echo), *entrance.routes(hall), *rest])
        self.door = Door(app, self.book, self.clock, serving, self.limits)

    def clock(self) -> int:
        return self.now

    def later(self, seconds: float) -> None:
        self.now += int(seconds * 1e9)

    def session(self, role: str) -> str:
        return begin(self.book, self.users[role], at=self.now, seconds=3600)

    def token(self, role: str, **how: object) -> str:
        return make_token(self.book, f"{role} machine", role, by="admin", at=self.now, **how)[1]

    def client(self, role: str = "", token: str = "", scheme: str = "http", **headers: str) -> Client:
        """Somebody who knocks: signed in as a role, with a token, or nobody."""
        said = {name.replace("_", "-"): text for name, text in headers.items()}
        if token:
            said["authorization"] = f"Bearer {token}"
        client = Client(self.door, f"{scheme}://volant.test", said)
        if role:
            client.cookies.set("__Host-volant_session" if scheme == "https" else "volant_session", self.session(role))
        return client


@dataclass
class Client:
    """A browser or program, without a network between."""

    app: Any
    base: str
    headers: dict[str, str] = field(default_factory=dict)
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def request(self, method: str, path: str, **how: Any) -> httpx.Response:
        """One request; cookies are kept, redirects are not followed."""

        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=("192.0.2.1", 5000))
            how["headers"] = {"accept": "*/*", **self.headers, **how.get("headers", {})}
            async with httpx.AsyncClient(transport=transport, base_url=self.base, cookies=self.cookies) as client:
                answer = await client.request(method, path, **how)
                self.cookies = client.cookies
                return answer

        return aside(go())

    def get(self, path: str, **how: Any) -> httpx.Response:
        """GET."""
        return self.request("GET", path, **how)

    def post(self, path: str, **how: Any) -> httpx.Response:
        """POST."""
        return self.request("POST", path, **how)

    def talk(self, path: str, says: Sequence[str | Callable[[], object]] = ()) -> list[dict[str, Any]]:
        """What a WebSocket sends back while the client says its lines; what can be called is called in between."""
        lines, came = iter(says), []
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = [(b"host", b"volant.test"), *((k.encode(), v.encode()) for k, v in self.headers.items())]
        scope = {
            "type": "websocket",
            "scheme": "ws",
            "path": path,
            "query_string": b"",
            "client": ("192.0.2.1", 5000),
            "headers": [*headers, *([(b"cookie", cookies.encode())] if cookies else [])],
        }
        started = False

        async def receive() -> dict[str, Any]:
            nonlocal started
            if not started:
                started = True
                return {"type": "websocket.connect"}
            for line in lines:
                if isinstance(line, str):
                    return {"type": "websocket.receive", "text": line}
                line()
            return {"type": "websocket.disconnect", "code": 1000}

        async def send(message: dict[str, Any]) -> None:
            came.append(message)

        aside(self.app(scope, receive, send))
        return came


async def room(request: Request) -> Response:
    body = await request.body()
    who = who_of(request)
    return JSONResponse({"who": who.name, "role": who.role, "path": request.url.path, "bytes": len(body)})


async def echo(socket: WebSocket) -> None:
    who = who_of(socket)
    await socket.accept()
    try:
        while True:
            await socket.send_text(f"{who.name}: {await socket.receive_text()}")
    except WebSocketDisconnect:
        pass
