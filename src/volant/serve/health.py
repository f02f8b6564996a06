"""Whether the process lives, and whether it takes work; anybody may ask, and learns nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ..core.errors import VolantError
from .house import House

__all__ = ["routes"]

_PATIENCE = 5.0


def routes(house: House, leaving: Callable[[], bool]) -> list[BaseRoute]:
    """/health: 200 while the process answers. /ready: 200 while it takes work and its lake answers, else 503."""

    async def health(_: Request) -> Response:
        return _said(200, "alive")

    async def ready(_: Request) -> Response:
        if leaving():
            return _said(503, "leaving")
        if house.loading:
            return _said(503, "loading")
        try:
            await asyncio.wait_for(house.do(lambda lake: lake.version), _PATIENCE)
        except (VolantError, TimeoutError):
            return _said(503, "the lake does not answer")
        return _said(200, "ready")

    return [Route("/health", health), Route("/ready", ready)]


def _said(status: int, word: str) -> Response:
    return Response(msgspec.json.encode({"state": word}), status, media_type="application/json")
