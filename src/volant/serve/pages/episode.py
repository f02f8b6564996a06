"""One episode: pictures and signals on one clock, what was found and said, where it came from and what it taught."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request
from nicegui import ui

from .frame import frame

if TYPE_CHECKING:
    from ..house import House

__all__ = ["install"]


def install(house: House) -> None:
    """Serve the pages of episodes."""

    @ui.page("/episode/{name}")
    async def episode(request: Request, name: str) -> None:
        with frame(house, request, "episodes", title=name[:8]):
            pass
