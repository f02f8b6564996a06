"""The live gate as a process of its own, behind its real door: ``gate_server.py LAKE HOME PORT``.

``HOME/token`` holds the token of a collector, made at the first start.
"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import uvicorn

from volant.serve.app import application
from volant.serve.doors import Book, add_user, make_token
from volant.serve.doors.door import Door
from volant.serve.house import House
from volant.serve.straight import Straight


def app(house: House) -> Door:
    """What a server serves, without its pages."""
    with closing(Book.open(house.home)) as book:
        if not (house.home / "token").exists():
            add_user(book, "mei", "collector", by="test", at=house.clock(), identity="mei")
            _, secret = make_token(book, "phone 3", "collector", by="mei", at=house.clock())
            (house.home / "token").write_text(secret)
    return application(house, pages=False)


def serve(lake: str, home: str, port: int) -> None:
    """Until somebody ends it."""
    Path(home).mkdir(parents=True, exist_ok=True)
    uvicorn.run(app(House(lake, Path(home))), host="127.0.0.1", port=port, log_level="warning", ws=Straight,
                ws_max_size=16 << 20, ws_per_message_deflate=False)  # fmt: skip


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], int(sys.argv[3]))
