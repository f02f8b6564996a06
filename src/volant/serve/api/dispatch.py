"""From a request to a row of the table and back: parameters checked, rights asked for, errors in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ...core.errors import BadValue, VolantError
from ..doors import Book, who_of
from ..doors.asked import asked_of
from ..doors.limits import Limits
from ..doors.refusal import Refusal, refusal_of
from ..house import House
from .table import Desk, Row

__all__ = ["dispatched", "taken"]


def dispatched(rows: Sequence[Row], house: House, book: Book, limits: Limits) -> list[BaseRoute]:
    """A route for every path of the table, and one that answers for every other path under /api."""
    paths: dict[str, dict[str, Row]] = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method] = row

    def answering(methods: Mapping[str, Row]) -> Any:
        async def answer(request: Request) -> Response:
            row = methods.get("GET" if request.method == "HEAD" else request.method)
            if row is None:
                allowed = ", ".join(sorted(methods))
                return Refusal(
                    405,
                    "BadMethod",
                    f"This path does not answer {request.method}.",
                    f"It answers {allowed}.",
                    headers={"allow": allowed},
                ).response()
            return await _answered(row, request, house, book, limits)

        return answer

    every = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
    known = [Route(path, answering(methods), methods=every) for path, methods in paths.items()]
    return [*known, *(Route(path, _nowhere, methods=every) for path in ("/api", "/api/{rest:path}"))]


async def _answered(row: Row, request: Request, house: House, book: Book, limits: Limits) -> Response:
    who = who_of(request)
    if row.right and not who.may(row.right):
        what = f"{who.name} ({who.role}) has no right to {row.right} here."
        return Refusal(403, "NoRight", what, do="Ask an admin for it.").response()
    try:
        asked = taken(row, request.path_params, request.query_params.multi_items(), await request.body())
        desk = Desk(house, book, limits, who, asked_of(request.scope).address)
        found = await row.handler(desk, asked)
    except VolantError as error:
        return refusal_of(error).response()
    return found if isinstance(found, Response) else Response(_ENCODER.encode(found), 200, None, "application/json")


def taken(row: Row, path: Mapping[str, Any], query: Sequence[tuple[str, str]], body: bytes) -> Any:
    """What a row takes, from where it takes it. Raises ``BadValue`` for what is missing, unknown, doubled or wrong."""
    fields = [one.encode_name for one in msgspec.structs.fields(row.asked)]
    open_ = [name for name in fields if name not in row.inside]
    if row.takes_body:
        _refuse_unknown([name for name, _ in query], [])
        said = _decoded(body)
        _refuse_unknown(list(said), open_)
        strict = True
    else:
        _refuse_unknown([name for name, _ in query], open_)
        said = dict(query)
        if len(said) < len(query):
            raise BadValue("A parameter is given twice.", do="Give each once.")
        strict = False
    try:
        return msgspec.convert({**said, **path}, row.asked, strict=strict)
    except msgspec.ValidationError as error:
        raise BadValue(f"{error}.", instead=f"Parameters: {', '.join(fields)}." if fields else "") from error


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadValue(f"The body is no JSON: {error}.") from error
    if not isinstance(found, dict):
        raise BadValue("The body is no JSON object.")
    return found


def _refuse_unknown(given: Sequence[str], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            instead = f"Known: {', '.join(known)}." if known else "There are none here."
            raise BadValue(f"There is no parameter {name[:60]!r}.", instead=instead)


async def _nowhere(request: Request) -> Response:
    del request
    return Refusal(404, "NotFound", "The API has no such path.", do="See /openapi.json.").response()


def _plain(value: object) -> object:
    """What msgspec does not know by itself: numpy's numbers and arrays."""
    listed = getattr(value, "tolist", None)
    if callable(listed):
        return listed()
    raise NotImplementedError(type(value).__name__)


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)
