"""The description says what the API does: every route is in it, and strange requests find no crack."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from asking import Asker
from hypothesis import HealthCheck, Phase, given, settings

from volant.serve.api import BESIDE, ROWS


def test_every_route_is_in_the_description(asker: Asker) -> None:
    document = asker.get("/openapi.json", "viewer")
    there = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert there == {(row.method, row.path) for row in (*ROWS, *BESIDE)}
    served = {route.path for route in asker.door.app.routes} - {"/api", "/api/{rest:path}"}  # type: ignore[attr-defined]
    assert {path for _, path in there} == served
    operation = document["paths"]["/api/episodes/{id}/signals"]["get"]
    assert [(one["name"], one["in"], one["required"]) for one in operation["parameters"]] == [
        ("id", "path", True), ("names", "query", False), ("points", "query", False)
    ]  # fmt: skip
    assert asker.ask("GET", "/openapi.json", "").status_code == 401


def test_strange_requests_find_no_crack(asker: Asker) -> None:
    schemathesis: Any = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    from schemathesis.core import NOT_SET
    from schemathesis.specs.openapi import checks as conform

    wanted = [
        schemathesis.checks.not_a_server_error,
        conform.status_code_conformance,
        conform.content_type_conformance,
        conform.response_schema_conformance,
    ]
    how = settings(
        max_examples=4, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    tried = Counter[str]()
    beside = {f"{one.method} {one.path}" for one in BESIDE}

    def ask(case: Any) -> None:
        body = {} if case.body is NOT_SET else {"json": case.body}
        answer = asker.ask(case.method, case.formatted_path, params=case.query or {}, **body)
        tried[case.operation.label] += 1
        case.validate_response(answer, checks=wanted)

    for found in schemathesis.openapi.from_dict(asker.get("/openapi.json")).get_all_operations():
        if found.ok().label in beside:  # they speak protocols of their own, and have tests of their own
            continue
        how(given(found.ok().as_strategy())(ask))()
    assert len(tried) == len(ROWS)
