"""The pages that people look at, live, in NiceGUI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from nicegui import ui

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from ..house import House

__all__ = ["install"]


def install(app: Starlette, house: House) -> None:
    """Put every page under the application; they come last, because they answer every path that is left."""

    @ui.page("/")
    def start() -> None:
        ui.label(f"{house.lake}")

    # NiceGUI asks for FastAPI and uses of it only what Starlette has: mount, lifespan, middleware.
    ui.run_with(cast(Any, app), title="Volant", show_welcome_message=False)
