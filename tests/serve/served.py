"""The server that browser tests look at, in a process of its own: ``served.py LAKE HOME PORT``.

Beside the application it answers ``POST /-/floor`` (a list of stations, as the live intake would show them), so that a
test can decide what the floor looks like. Until accounts are there, everybody is the admin ``test``, or whom the cookie
``test-role`` names.
"""

from __future__ import annotations

import json
import sys
from http.cookies import SimpleCookie
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from volant.serve import House
from volant.serve.app import application
from volant.serve.doors import Who
from volant.serve.floor import Station


class Opened:
    """Lets everybody in, and tests at the floor."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self.app, self.house = app, house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            cookies = SimpleCookie(dict(scope["headers"]).get(b"cookie", b"").decode())
            scope["who"] = Who("test", cookies["test-role"].value if "test-role" in cookies else "admin")
        if scope["type"] == "http" and scope["path"] == "/-/floor":
            body = (await receive())["body"]
            self.house.floor.show(Station(**one) for one in json.loads(body))
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self.app(scope, receive, send)


if __name__ == "__main__":
    lake, home, port = sys.argv[1:]
    house = House(lake, Path(home))
    uvicorn.run(Opened(application(house), house), host="127.0.0.1", port=int(port), log_level="warning")
