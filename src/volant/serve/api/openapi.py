"""The API's description, made of the very rows that dispatch works by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from .beside import Beside
from .table import Row

__all__ = ["described"]


class Wrong(msgspec.Struct, frozen=True):
    """What is wrong, what exists instead, and what to do."""

    kind: str
    what: str
    instead: str
    do: str


class Refused(msgspec.Struct, frozen=True):
    """Every answer that is no 2xx."""

    error: Wrong


def described(rows: Sequence[Row], beside: Sequence[Beside], version: str) -> dict[str, Any]:
    """OpenAPI 3.1 of the table, and of what is served beside it."""
    asked = list(dict.fromkeys(row.asked for row in rows))
    answers = [row.answer for row in rows]
    schemas, components = msgspec.json.schema_components(
        [*asked, *answers, Refused], ref_template="#/components/schemas/{name}"
    )
    taking = {one: components[one.__name__] for one in asked}
    paths: dict[str, dict[str, Any]] = {}
    for row, answer in zip(rows, schemas[len(asked) : len(asked) + len(rows)], strict=True):
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, taking[row.asked], answer)
    for other in beside:
        paths.setdefault(other.path, {})[other.method.lower()] = other.operation()
    names = {one.__name__ for one in asked}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Volant", "version": version, "description": "The lake and its people, as JSON."},
        "components": {
            "schemas": {name: schema for name, schema in components.items() if name not in names},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "`volant token create` makes one."},
                "session": {"type": "apiKey", "in": "cookie", "name": "volant_session"},
            },
        },
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
    }


def _operation(row: Row, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    need = f"Needs the right `{row.right}`." if row.right else "Needs nothing but being signed in."
    refused = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refused"}}}}
    made: dict[str, Any] = {
        "operationId": row.name,
        "summary": row.does,
        "description": need,
        "responses": {
            "200": {"description": "Done.", "content": {row.kind: {"schema": answer}}},
            "4XX": {"description": "Refused, with the reason.", **refused},
            "503": {"description": "The lake does not answer now.", **refused},
        },
    }
    fields, required = asked.get("properties", {}), asked.get("required", [])
    places = dict.fromkeys(row.inside, "path") | (
        {} if row.takes_body else {name: "query" for name in fields if name not in row.inside}
    )
    if places:
        made["parameters"] = [
            {"name": name, "in": place, "required": place == "path" or name in required, "schema": fields[name]}
            for name, place in places.items()
        ]
    if row.takes_body:
        own = {name: schema for name, schema in fields.items() if name not in row.inside}
        needed = [name for name in required if name in own]
        body = {"type": "object", "properties": own, "required": needed, "additionalProperties": False}
        made["requestBody"] = {"required": bool(needed), "content": {"application/json": {"schema": body}}}
    return made
