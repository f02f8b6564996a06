"""The live gate as a process of its own, behind its real door: ``gate_server.py LAKE HOME PORT``.

``HOME/token`` holds the token of a collector, made at the first start.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from volant.serve.doors import Book, add_user, make_token
from volant.serve.doors.door import Door
from volant.serve.doors.limits import Limits
from volant.serve.house import House
from volant.serve.live import routes
from volant.serve.settings import Serving


def app(house: House) -> Door:
    """Door and live intake, without pages."""

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncGenerator[None]:
        for room in house.rooms:
            await room.start()
        yield
        for room in house.rooms:
            await room.stop()
        house.close()

    book, serving = Book.open(house.home), Serving(lake=str(house.lake), home=house.home)
    if not (house.home / "token").exists():
        add_user(book, "mei", "collector", by="test", at=house.clock(), identity="mei")
        _, secret = make_token(book, "phone 3", "collector", by="mei", at=house.clock())
        (house.home / "token").write_text(secret)
    return Door(Starlette(routes=routes(house), lifespan=life), book, house.clock, serving, Limits())


def serve(lake: str, home: str, port: int) -> None:
    """Until somebody ends it."""
    Path(home).mkdir(parents=True, exist_ok=True)
    uvicorn.run(app(House(lake, Path(home))), host="127.0.0.1", port=port, log_level="warning", ws_max_size=16 << 20,
                ws_per_message_deflate=False)  # fmt: skip


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], int(sys.argv[3]))
