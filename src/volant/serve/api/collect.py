"""What a collector's phone asks for, as rows of the table."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from starlette.responses import Response

from ...core.errors import Refused
from .. import collecting
from .table import Asking, Desk, Row, Short

__all__ = ["ROWS"]

_DAY = 86_400_000_000_000


class TodayAsked(Asking, frozen=True):
    """Since when, ms since 1970; a day ago unless said, and at most a day ago."""

    since: Annotated[int, msgspec.Meta(ge=0, lt=10**15)] | None = None


class Wanted(msgspec.Struct, frozen=True):
    """An order of the last plan, and whether there is a film of somebody who did it."""

    task: str
    scene: str
    count: int
    price: float
    currency: str
    filmed: bool


class Returned(msgspec.Struct, frozen=True):
    """An episode that a reviewer sent back, why, and whether that was said again after an objection."""

    id: str
    task: str
    reason: str
    final: bool


class Today(msgspec.Struct, frozen=True):
    """Orders, one's own episodes and how many were accepted, accepted seconds, and what came back."""

    orders: list[Wanted]
    n: int
    accepted: int
    seconds: float
    returned: list[Returned]


class ExampleAsked(Asking, frozen=True):
    """Whose example: a task."""

    task: Annotated[str, msgspec.Meta(max_length=500)]


class Objecting(Asking, frozen=True):
    """An objection to an episode that came back, in words."""

    id: Short
    words: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class State(msgspec.Struct, frozen=True):
    """What its case is now."""

    state: str


async def today(desk: Desk, asked: TodayAsked) -> Any:
    """Today, for who asks."""
    now = desk.house.clock()
    begun = now - _DAY if asked.since is None else asked.since * 1_000_000
    since, catalogue = max(begun, now - _DAY), desk.house.catalogue
    return await desk.house.read(lambda lake: collecting.today(lake.store, catalogue, desk.who.name, since))


async def example(desk: Desk, asked: ExampleAsked) -> Response:
    """A strip of frames."""
    picture = await desk.house.do(lambda lake: collecting.example(lake, asked.task))
    return Response(picture, media_type="image/jpeg", headers={"cache-control": "private, max-age=3600"})


async def objecting(desk: Desk, asked: Objecting) -> State:
    """An objection, by whoever recorded it, or by a curator for them."""
    if not desk.who.may("object"):  # a token of narrow scope
        raise Refused("You may not object.", do="Ask an admin for that right.")
    now, mine = desk.house.clock(), (desk.who.name, desk.who.may("curate"))
    await desk.house.do(lambda lake: collecting.objected(lake.store, asked.id, mine, asked.words, now))
    return State("todo")


ROWS = (
    Row("GET", "/collect/today", "collect", TodayAsked, Today, today, "Orders, what was accepted, what came back."),
    Row(
        "GET",
        "/collect/example",
        "collect",
        ExampleAsked,
        bytes,
        example,
        "Frames of how a task is done.",
        "image/jpeg",
    ),
    Row("POST", "/collect/object", "collect", Objecting, State, objecting, "Object to what came back."),
)
