"""The one application: doors around everything, then live intake, API and pages."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette

from . import health, live, metrics, uploads, watch
from .doors import Book, entrance
from .doors.door import Door
from .doors.entrance import Entrance
from .doors.limits import Limits
from .metrics import Meters
from .pages import install
from .settings import Serving

if TYPE_CHECKING:
    from .house import House

__all__ = ["application"]


def application(house: House, serving: Serving | None = None) -> Door:
    """Everything that one process serves of a house, as ASGI, behind its door; ``.leaving = True`` lets nobody in."""
    serving = serving or Serving(lake=str(house.lake), home=house.home)
    book, limits, meters = Book.open(house.home), Limits(), Meters()

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncGenerator[None]:
        for one in house.rooms:
            await one.start()
        yield
        for one in reversed(house.rooms):
            await one.stop()
        house.close()
        book.close()

    def leaving() -> bool:
        return door.leaving

    hall = Entrance(book, house.clock, serving, limits)
    rooms = [
        *entrance.routes(hall),
        *health.routes(house, leaving),
        *metrics.routes(house, meters),
        *live.routes(house),
        *uploads.routes(house),
        *watch.routes(house),
    ]
    app = Starlette(routes=rooms, lifespan=life)
    door = Door(app, book, house.clock, serving, limits, meters)
    install(app, house)
    return door
