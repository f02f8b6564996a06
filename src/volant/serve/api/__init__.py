"""The JSON API: a table of routes, from which dispatch, rights and /openapi.json follow."""

from __future__ import annotations

from importlib.metadata import version

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ..doors import Book
from ..doors.limits import Limits
from ..house import House
from . import collect, episodes, lake, people
from .beside import BESIDE
from .dispatch import dispatched
from .openapi import described

__all__ = ["BESIDE", "ROWS", "routes"]

ROWS = (*episodes.ROWS, *lake.ROWS, *people.ROWS, *collect.ROWS)
"""Every route of the API."""


def routes(house: House, book: Book, limits: Limits) -> list[BaseRoute]:
    """Every row of the table, and /openapi.json."""
    text = msgspec.json.encode(described(ROWS, BESIDE, version("volant")), order="sorted")

    async def openapi(_: Request) -> Response:
        return Response(text, media_type="application/json")

    return [Route("/openapi.json", openapi), *dispatched(ROWS, house, book, limits)]
