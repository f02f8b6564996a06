"""The one application: doors around everything, then live intake, API and pages."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette

from .pages import install

if TYPE_CHECKING:
    from .house import House

__all__ = ["application"]


def application(house: House) -> Starlette:
    """Everything that one process serves of a house, as ASGI."""

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncGenerator[None]:
        yield
        house.close()

    app = Starlette(routes=[], lifespan=life)
    install(app, house)
    return app
