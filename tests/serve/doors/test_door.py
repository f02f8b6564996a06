"""The door lets in who may come, and nobody else; what it says when it does not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from knocking import Hall

from volant.serve.doors import ROLES, Who
from volant.serve.doors.door import right_for
from volant.serve.doors.users import change_user

OURS = {"origin": "http://volant.test"}


@pytest.mark.parametrize("path", ["/api/episodes", "/live", "/metrics", "/openapi.json", "/_nicegui_ws/socket.io/"])
def test_programs_that_nobody_let_in_get_json(hall: Hall, path: str) -> None:
    for client in (hall.client(accept="text/html"), hall.client()):
        answer = client.get(path)
        assert answer.status_code == 401
        assert answer.json()["error"].keys() == {"kind", "what", "instead", "do"}


def test_people_that_nobody_let_in_are_asked_to_sign_in(hall: Hall) -> None:
    answer = hall.client(accept="text/html,*/*").get("/episode/abc?tab=signals&x=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/episode/abc%3Ftab%3Dsignals%26x%3D1"
    assert hall.client().get("/episodes").status_code == 401
    assert hall.client(accept="text/html").post("/episodes").status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/_nicegui/3.18.0/static/%2e%2e/%2e%2e/%2e%2e/api/episodes",
        "/_nicegui/3.18.0/static/%2e%2e/%2e%2e/api",
        "/_nicegui/3.18.0/static/..\\api",
        "//_nicegui/3.18.0/static/x",
        "/login/%2e%2e/api/users",
        "/episodes/%00",
        "/%2e/episodes",
    ],
)
def test_strange_paths_lead_nowhere(hall: Hall, path: str) -> None:
    for client in (hall.client(), hall.client("admin")):
        assert client.get("http://volant.test" + path).status_code == 404


def test_only_static_files_of_the_pages_are_public(hall: Hall) -> None:
    client = hall.client()
    for path, public in (
        ("/_nicegui/3.18.0/static/nicegui.js", True),
        ("/_nicegui/3.18.0/components/abc.js", True),
        ("/_nicegui/3.18.0/dynamic_resources/abc", False),
        ("/_nicegui/client/123/upload/4", False),
        ("/_nicegui_ws/socket.io/", False),
        ("/static/x.js", False),
        ("/favicon.ico", False),
    ):
        # The room behind this door asks who it is, and has no answer for nobody: 500 says that the door was open.
        assert client.get(path).status_code == (500 if public else 401), path
    assert client.post("/_nicegui/3.18.0/static/nicegui.js", headers=OURS).status_code == 401


@pytest.mark.parametrize(
    ("path", "may"),
    [
        ("/", "admin curator reviewer operator viewer"),
        ("/episodes", "admin curator reviewer operator viewer"),
        ("/something-new", "admin curator reviewer operator viewer"),
        ("/collect", "admin curator operator collector"),
        ("/uploads/x", "admin curator operator collector"),
        ("/review", "admin curator reviewer"),
        ("/watch/live", "admin curator reviewer operator viewer"),
        ("/settings", "admin"),
        ("/metrics", "admin"),
        ("/api/anything", "admin curator reviewer operator collector viewer"),
    ],
)
def test_every_role_gets_where_it_may(hall: Hall, path: str, may: str) -> None:
    for role in hall.users:
        status = hall.client(role).get(path).status_code
        assert status == (200 if role in may.split() else 303 if path == "/" else 403), role


def test_who_only_collects_is_led_to_collecting(hall: Hall) -> None:
    answer = hall.client("collector", accept="text/html").get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/collect")


def test_metrics_are_for_admins_and_for_tokens_that_may_read(hall: Hall) -> None:
    assert hall.client(token=hall.token("viewer")).get("/metrics").status_code == 200
    assert hall.client(token=hall.token("collector")).get("/metrics").status_code == 403
    assert hall.client(token=hall.token("admin", scopes=["collect"])).get("/metrics").status_code == 403


def test_tokens_stop_when_they_are_over_and_are_not_made_up_for_by_a_cookie(hall: Hall) -> None:
    token = hall.token("viewer", days=1)
    assert hall.client(token=token).get("/episodes").json()["who"] == "viewer machine"
    assert hall.client("admin", token=token + "x").get("/episodes").status_code == 401
    assert hall.client("admin", authorization="Basic YTpi").get("/episodes").status_code == 401
    hall.later(86_400)
    answer = hall.client(token=token).get("/episodes")
    assert answer.status_code == 401
    assert "unknown, over or revoked" in answer.json()["error"]["what"]


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({}, False),
        ({"origin": "http://volant.test"}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"origin": "https://evil.test"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://volant.test:8080"}, False),
        ({"origin": "http://volant.test.evil.test"}, False),
        ({"origin": "http://["}, False),
        ({"origin": "https://evil.test", "sec-fetch-site": "same-origin"}, False),
        ({"origin": "http://volant.test/"}, False),
    ],
)
def test_a_cookie_changes_nothing_for_a_foreign_page(hall: Hall, headers: dict[str, str], passes: bool) -> None:
    client = hall.client("curator")
    for method in ("POST", "PUT", "DELETE"):
        assert client.request(method, "/episodes", headers=headers).status_code == (200 if passes else 403)
    assert client.get("/episodes", headers=headers).status_code == 200
    token = hall.client(token=hall.token("curator"))
    assert token.post("/episodes", headers=headers).status_code == 200


def test_behind_tls_a_plain_page_of_the_same_name_is_foreign(hall: Hall) -> None:
    client = hall.client("curator", scheme="https")
    assert client.post("/episodes", headers={"origin": "https://volant.test"}).status_code == 200
    assert client.post("/episodes", headers={"origin": "http://volant.test"}).status_code == 403
    assert client.get("/episodes").headers["strict-transport-security"]


@pytest.mark.parametrize(("origin", "passes"), [("http://volant.test", True), ("http://evil.test", False), ("", False)])
def test_a_socket_with_a_cookie_must_come_from_our_own_pages(hall: Hall, origin: str, passes: bool) -> None:
    came = hall.client("operator", **({"origin": origin} if origin else {})).talk("/live", ["hello"])
    if passes:
        assert came[1]["text"] == "operator: hello"
    else:
        assert came == [{"type": "websocket.close", "code": 1008, "reason": "ForeignOrigin"}]


def test_a_socket_needs_somebody_with_the_right(hall: Hall) -> None:
    for client in (hall.client(), hall.client("viewer", origin="http://volant.test"), hall.client(token="volant_x")):
        assert [message["type"] for message in client.talk("/live", ["hello"])] == ["websocket.close"]
    came = hall.client(token=hall.token("collector")).talk("/live", ["hello"])
    assert came[1]["text"] == "collector machine: hello"


def test_a_socket_ends_when_its_owner_is_shut_out(hall: Hall) -> None:
    def shut() -> None:
        change_user(hall.book, "operator", by="admin", at=hall.now, disabled=True)

    client = hall.client("operator", origin="http://volant.test")
    came = client.talk("/live", ["1", shut, "2", lambda: hall.later(6), "3", "4"])
    assert [message.get("text", message.get("code")) for message in came[1:]] == ["operator: 1", "operator: 2", 1008]


def test_too_much_is_refused_before_it_comes_and_while_it_comes(hall: Hall) -> None:
    client = hall.client(token=hall.token("curator"))
    assert client.post("/api/x", content=b"x" * 1000).json()["bytes"] == 1000

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 400

    for body in (b"x" * 1001, parts()):
        answer = client.post("/api/x", content=body)
        assert (answer.status_code, answer.json()["error"]["kind"]) == (413, "TooLarge")
    assert client.post("/uploads/x", content=b"x" * 5000).status_code == 200
    assert client.post("/uploads/x", content=b"x" * 5001).status_code == 413
    assert hall.client().post("/uploads/x", content=b"x" * 5001).status_code == 401
    assert client.post("/api/x", content=b"x", headers={"content-length": "-1"}).status_code == 413


def test_who_knocks_too_often_waits(hall: Hall) -> None:
    client = hall.client(token=hall.token("viewer"))
    answers = [client.get("/episodes") for _ in range(620)]
    assert [answer.status_code for answer in answers[:600]] == [200] * 600
    late = next(answer for answer in answers if answer.status_code == 429)
    assert late.headers["retry-after"] == "1"
    hall.later(1)
    assert client.get("/episodes").status_code == 200


def test_every_answer_carries_the_headers_that_protect(hall: Hall) -> None:
    for answer in (
        hall.client().get("/api/x"),
        hall.client("viewer").get("/episodes"),
        hall.client().get("/login"),
        hall.client("viewer").get("/settings"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
    assert "script" not in hall.client().get("/login").headers["content-security-policy"]


def test_a_server_that_leaves_takes_nothing_new(hall: Hall) -> None:
    hall.door.leaving = True
    answer = hall.client("viewer").get("/episodes")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    came = hall.client(token=hall.token("collector")).talk("/live", ["hello"])
    assert came[-1]["reason"] == "Leaving"


def test_the_door_lets_everybody_through_whom_a_page_would() -> None:
    pages = pytest.importorskip("volant.serve.pages.frame", reason="the extra `serve` is not installed").PAGES
    for place in pages.values():
        for role in ROLES:
            who = Who("x", role)
            assert who.may(right_for(place.path)) or not who.may(place.right), (place.path, role)
