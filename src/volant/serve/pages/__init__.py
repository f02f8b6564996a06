"""The pages that people look at, live, in NiceGUI."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from nicegui import app as nicegui_app
from nicegui import ui

from . import settings
from .frame import wrong

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from ..doors import Book
    from ..house import House

__all__ = ["install"]

MODULES = ("wheel", "episodes", "episode", "coverage", "floor", "review", "watch", "collect")
"""Each a file beside this one with ``install(house)``."""


def install(app: Starlette, house: House, book: Book) -> None:
    """Put every page under the application; they come last, because they answer every path that is left."""
    for name in MODULES:
        if find_spec(f"{__package__}.{name}") is not None:
            import_module(f"{__package__}.{name}").install(house)
    settings.install(house, book)
    nicegui_app.on_page_exception(wrong)
    # NiceGUI asks for FastAPI and uses of it only what Starlette has: mount, lifespan, middleware.
    ui.run_with(
        cast(Any, app), title="Volant", show_welcome_message=False, dark=None, tailwind=False, reconnect_timeout=20.0
    )
