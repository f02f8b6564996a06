"""The pages that people look at, live, in NiceGUI."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from nicegui import app as nicegui_app
from nicegui import ui

from ...core.errors import VolantError
from ..catalogue import Wanted
from . import settings
from .cells import unseen
from .frame import wrong

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from ..catalogue import Catalogue
    from ..doors import Book
    from ..house import House

__all__ = ["install"]

MODULES = ("wheel", "episodes", "episode", "coverage", "worth", "floor", "review", "watch", "collect")
"""Each a file beside this one with ``install(house)``."""


@dataclass(eq=False)
class Warming:
    """Reads the lake into the catalogue when the house opens, so that the first page does not wait for it."""

    house: House
    _task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; the house opens meanwhile."""
        self._task = asyncio.create_task(self._read())

    async def stop(self) -> None:
        """Give up what is not done yet."""
        if self._task is not None:
            self._task.cancel()

    async def _read(self) -> None:
        with suppress(VolantError):  # whoever opens a page is told what is wrong with the lake
            await self.house.browse(_warmed)


def _warmed(catalogue: Catalogue) -> None:
    catalogue.find(Wanted())
    unseen(catalogue)


def install(app: Starlette, house: House, book: Book) -> None:
    """Put every page under the application; they come last, because they answer every path that is left."""
    for name in MODULES:
        if find_spec(f"{__package__}.{name}") is not None:
            import_module(f"{__package__}.{name}").install(house)
    settings.install(house, book)
    house.rooms.append(Warming(house))
    nicegui_app.on_page_exception(wrong)
    # NiceGUI asks for FastAPI and uses of it only what Starlette has: mount, lifespan, middleware.
    ui.run_with(
        cast(Any, app), title="Volant", show_welcome_message=False, dark=None, tailwind=False, reconnect_timeout=20.0
    )
