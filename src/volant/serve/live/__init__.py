"""The open gate: sessions of robots, phones and simulators come in here and are judged as they arrive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket

from .receiving import Receiving
from .socket import Line

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from ..house import House

__all__ = ["Receiving", "routes"]


def routes(house: House) -> list[BaseRoute]:
    """``/live``, where the wire ends (``spec/wire.md``); what it needs starts and stops with the house."""
    receiving = Receiving(house)
    house.rooms.append(receiving)

    return [WebSocketRoute("/live", _Live(receiving))]


@dataclass(frozen=True, slots=True)
class _Live:
    """The end of every wire, as plain ASGI: what is between it and the socket costs more than judging does."""

    receiving: Receiving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Line(WebSocket(scope, receive, send), self.receiving, receive, send).serve()
