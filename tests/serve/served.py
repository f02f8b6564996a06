"""The server that browser tests look at, a process: ``served.py LAKE HOME PORT [CKPT WORLD/TASK ROBOTS]``.

Beside the application it answers ``POST /-/floor`` (a list of stations, as the live intake would show them), so that a
test can decide what the floor looks like.
"""

from __future__ import annotations

import json
import sys
from http.cookies import SimpleCookie
from pathlib import Path

import uvicorn
from starlette.types import Receive, Scope, Send

from volant.deploy.gate import Threshold
from volant.deploy.words import Shifting
from volant.serve import House
from volant.serve.app import application
from volant.serve.doors import COOKIE, ROLES, add_user, begin
from volant.serve.doors.door import Door
from volant.serve.doors.users import users
from volant.serve.fleet import Fleet
from volant.serve.floor import Station
from volant.serve.straight import Straight


class Opened:
    """Signs in who is not, as ``test`` or with the role of the cookie ``test-role``; and lets tests at the floor."""

    def __init__(self, door: Door, house: House) -> None:
        self.door, self.house, self.cookies = door, house, {}
        for role in ROLES:
            name = "test" if role == "admin" else role
            known = {one.name: one for one in users(door.book)}  # the house may have been served before
            user = known.get(name) or add_user(
                door.book, name, role, by="test", at=house.clock(), identity=f"test {role}"
            )
            secret = begin(door.book, user, at=house.clock(), seconds=3600)
            self.cookies[role] = f"{COOKIE}={secret}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            said = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
            found = SimpleCookie(said.decode())
            if COOKIE not in found:
                role = found["test-role"].value if "test-role" in found else "admin"
                others = [header for header in scope["headers"] if header[0] != b"cookie"]
                cookies = b"; ".join(filter(None, (said, self.cookies[role])))
                scope = {**scope, "headers": [*others, (b"cookie", cookies)]}
        if scope["type"] == "http" and scope["path"] == "/-/floor":
            body = (await receive())["body"]
            self.house.floor.show(Station(**one) for one in json.loads(body))
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self.door(scope, receive, send)


if __name__ == "__main__":
    lake, home, port, *fleet = sys.argv[1:]
    house = House(lake, Path(home))
    if fleet:  # a checkpoint, WORLD/TASK, and how many robots; locks are short, so that tests need not wait
        how = Shifting(int(fleet[2]), gate="progress", limit=Threshold(30.5, 5.0), lease=2.0)
        house.fleet = Fleet(house, Path(fleet[0]).read_bytes(), fleet[1], how)
    uvicorn.run(Opened(application(house), house), host="127.0.0.1", port=int(port), log_level="warning", ws=Straight)
