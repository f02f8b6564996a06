"""Every route of the table for every role: who may, gets an answer; who may not, is told so; nobody gets neither."""

from __future__ import annotations

from typing import Any

import pytest
from asking import WORDS, Asker

from volant.serve.api import BESIDE, ROWS
from volant.serve.doors import RIGHTS, ROLES, Who


def sample(asker: Asker, name: str) -> dict[str, Any]:
    """What a sound request to a row carries: parts of its path, and its body."""
    subject = asker.get("/api/episodes", limit=1)["episodes"][0]["id"]
    bodies = {
        "post_facts": {"facts": [{"subject": subject, "key": "person/note", "value": "fine"}]},
        "post_sql": {"query": "SELECT 1 AS one"},
        "post_selections": {"question": "task = 'push'"},
        "post_me_password": {"old": WORDS, "new": WORDS + " staple"},
        "post_users": {"name": "new", "role": "viewer", "password": WORDS},
        "patch_users_name": {"role": "viewer"},
        "post_tokens": {"name": "phone", "role": "collector"},
        "post_collect_object": {"id": subject, "words": "It was fine."},
    }
    paths = {
        "patch_users_name": "viewer",
        "delete_tokens_id": "gone",
        "get_selections_hash": "gone",
    }
    return {"json": bodies.get(name), "part": paths.get(name, subject)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_route_lets_in_who_has_its_right_and_nobody_else(asker: Asker, row: Any) -> None:
    how = sample(asker, row.name)
    path = row.path
    for field in row.inside:
        path = path.replace(f"{{{field}}}", how["part"])
    body = {"json": how["json"]} if how["json"] is not None else {}
    nobody = asker.ask(row.method, path, "", **body)
    assert nobody.status_code == 401
    assert nobody.json()["error"]["kind"] == "SignIn"
    for role in ROLES:
        answer = asker.ask(row.method, path, role, **body)
        may = not row.right or Who("x", role).may(row.right)
        assert (answer.status_code not in (401, 403)) == may, f"{role}: {answer.text}"
        assert answer.status_code < 500, answer.text
        if not may:
            assert answer.json()["error"]["kind"] == "NoRight"


@pytest.mark.parametrize("row", [one for one in BESIDE if "101" not in one.answers], ids=lambda row: row.name)
def test_what_is_served_beside_the_table_asks_for_the_right_that_it_says(asker: Asker, row: Any) -> None:
    path = row.path.replace("{id}", "nothing")
    nobody = asker.ask(row.method, path, "")
    if row.right is None:
        assert '"SignIn"' not in nobody.text and nobody.status_code < 500
        return
    assert nobody.status_code == 401 and (row.method == "HEAD" or nobody.json()["error"]["kind"] == "SignIn")
    for role in ROLES:
        answer = asker.ask(row.method, path, role)
        may = not row.right or Who("x", role).may(row.right)
        assert (answer.status_code != 403) == may, f"{role}: {answer.text}"
        assert answer.status_code != 401 and answer.status_code < 500, answer.text


def test_the_table_names_rights_that_exist_and_each_path_and_method_once() -> None:
    assert {row.right for row in ROWS} <= {"", *RIGHTS}
    assert len({(row.method, row.path) for row in ROWS}) == len(ROWS)
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_what_has_no_row_has_no_answer(asker: Asker) -> None:
    for method, path, status in (
        ("GET", "/api/nothing", 404),
        ("GET", "/api", 404),
        ("POST", "/api/episodes", 405),
        ("DELETE", "/api/facts", 405),
        ("GET", "/api/episodes/a/b/c", 404),
        ("PUT", "/api/users/admin", 405),
    ):
        answer = asker.ask(method, path)
        assert answer.status_code == status, path
        assert answer.json()["error"]["what"]
