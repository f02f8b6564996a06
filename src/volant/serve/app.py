"""The one application: doors around everything, then live intake, API and pages."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from . import api, health, live, metrics, uploads, watch
from .doors import Book, entrance, oidc
from .doors.door import Door
from .doors.entrance import Entrance
from .doors.limits import Limits
from .doors.refusal import Refusal
from .metrics import Meters
from .pages import install
from .settings import Serving

if TYPE_CHECKING:
    from .house import House

__all__ = ["application"]


def application(house: House, serving: Serving | None = None, *, pages: bool = True) -> Door:
    """Everything that one process serves of a house, as ASGI, behind its door; ``.leaving = True`` lets nobody in.

    One application of a process can have ``pages``, because NiceGUI is one; the rest may be made as often as one likes.
    """
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

    leaver = oidc.load(serving.oidc, book) if serving.oidc is not None else None
    hall = Entrance(book, house.clock, serving, limits, leaver)
    rooms = [
        *entrance.routes(hall),
        *health.routes(house, leaving),
        *metrics.routes(house, meters),
        *live.routes(house),
        *uploads.routes(house),
        *watch.routes(house, book),
        *api.routes(house, book, limits),
    ]
    app = Starlette(routes=rooms, lifespan=life, exception_handlers={500: _broken})
    door = Door(app, book, house.clock, serving, limits, meters)
    if pages:
        install(app, house, book)
    return door


async def _broken(request: Request, error: Exception) -> Response:
    """A defect of ours: said as such, without its inside; the log has the rest."""
    del request, error
    do = "Nothing acknowledged is lost. Tell an admin to look at the server's log."
    return Refusal(500, "Bug", "Sorry, this is a defect of Volant.", do=do).response()
