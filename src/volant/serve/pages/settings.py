"""To be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request
from nicegui import ui

from .frame import frame

if TYPE_CHECKING:
    from ..house import House

__all__ = ["install"]


def install(house: House) -> None:
    """Serve the page."""

    @ui.page("/settings")
    async def shown(request: Request) -> None:
        with frame(house, request, "settings"):
            pass
