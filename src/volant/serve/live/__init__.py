"""The open gate: sessions of robots, phones and simulators come in here and are judged as they arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import BaseRoute, WebSocketRoute

from .receiving import Receiving
from .socket import Line

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from ..house import House

__all__ = ["Receiving", "routes"]


def routes(house: House) -> list[BaseRoute]:
    """``/live``, where the wire ends (``spec/wire.md``); what it needs starts and stops with the house."""
    receiving = Receiving(house)
    house.rooms.append(receiving)

    async def live(socket: WebSocket) -> None:
        await Line(socket, receiving).serve()

    return [WebSocketRoute("/live", live)]
