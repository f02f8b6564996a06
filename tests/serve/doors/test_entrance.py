"""Signing in and out, guessing passwords, and the first admin's link."""

from __future__ import annotations

import pytest
from knocking import WORDS, Hall

from volant.serve.doors.asked import landing
from volant.serve.doors.audit import entries
from volant.serve.doors.first import invite
from volant.serve.doors.limits import Turnstile, network

OURS = {"origin": "http://volant.test"}


def test_name_and_password_give_a_cookie_that_opens(hall: Hall) -> None:
    client = hall.client()
    assert client.get("/login?next=/floor").status_code == 200
    answer = client.post("/login", data={"name": "Viewer", "password": WORDS, "next": "/floor"}, headers=OURS)
    assert (answer.status_code, answer.headers["location"]) == (303, "/floor")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    assert client.get("/floor").json()["who"] == "viewer"
    assert client.get("/login?next=/floor").headers["location"] == "/floor"
    assert client.get("/logout").status_code == 200, "reading the page signs nobody out"
    assert client.get("/floor").status_code == 200
    assert client.post("/logout", headers=OURS).status_code == 303
    assert client.get("/floor").status_code == 401


def test_with_tls_the_cookie_is_secure_and_of_this_host_alone(hall: Hall) -> None:
    data = {"name": "viewer", "password": WORDS}
    answer = hall.client(scheme="https").post("/login", data=data, headers={"origin": "https://volant.test"})
    assert answer.headers["set-cookie"].startswith("__Host-volant_session=")
    assert "Secure" in answer.headers["set-cookie"]


def test_a_foreign_page_cannot_sign_anybody_in_or_out(hall: Hall) -> None:
    data = {"name": "viewer", "password": WORDS}
    for origin in ("http://evil.test", "null", ""):
        headers = {"origin": origin} if origin else {}
        assert hall.client().post("/login", data=data, headers=headers).status_code == 403
        assert hall.client("viewer").post("/logout", headers=headers).status_code == 403


def test_a_session_is_over_when_its_time_is(hall: Hall) -> None:
    client = hall.client("viewer")
    assert client.get("/floor").status_code == 200
    hall.later(3600)
    assert client.get("/floor").status_code == 401


def test_guessing_passwords_is_slow_for_one_name(hall: Hall) -> None:
    client = hall.client()

    def guess(password: str) -> int:
        return client.post("/login", data={"name": "admin", "password": password}, headers=OURS).status_code

    assert [guess(f"wrong {number}") for number in range(10)] == [401] * 8 + [429] * 2
    assert guess(WORDS) == 429, "the right one is not tried either"
    hall.later(60)
    assert [guess(word) for word in ("wrong", WORDS, "wrong", WORDS)] == [401, 303, 401, 429]
    told = [entry for entry in entries(hall.book) if entry.what == "session/refused"]
    assert len(told) == 10
    assert told[0].about == "admin"


def test_guessing_names_is_slow_for_one_address(hall: Hall) -> None:
    client = hall.client()
    data = [{"name": f"user{number}", "password": WORDS} for number in range(40)]
    answers = [client.post("/login", data=one, headers=OURS) for one in data]
    assert [answer.status_code for answer in answers] == [401] * 30 + [429] * 10
    assert int(answers[-1].headers["retry-after"]) == 2


def test_signing_in_rightly_uses_no_tries_up(hall: Hall) -> None:
    client = hall.client()
    data = {"name": "viewer", "password": WORDS}
    assert {client.post("/login", data=data, headers=OURS).status_code for _ in range(12)} == {303}


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"name=a", b"a=1&" * 50, b"x" * 900, b"name=\0&password=%00"])
def test_forms_that_are_none_are_wrong_passwords(hall: Hall, body: bytes) -> None:
    headers = {**OURS, "content-type": "application/x-www-form-urlencoded"}
    assert hall.client().post("/login", content=body, headers=headers).status_code == 401


def test_what_was_typed_is_never_html(hall: Hall) -> None:
    page = hall.client().get('/login?next=/"><script>alert(1)</script>').text
    assert "<script" not in page
    assert hall.client().get('/first?key="><script>').text.count("<script") == 0


@pytest.mark.parametrize(
    ("wanted", "lands"),
    [
        ("/episodes?where=a%20b", "/episodes?where=a%20b"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
        ("https://evil.test", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nset-cookie: x=y", "/"),
        ("", "/"),
        ("/" + "x" * 3000, "/"),
    ],
)
def test_signing_in_leads_to_our_own_paths_only(wanted: str, lands: str) -> None:
    assert landing(wanted) == lands


def test_the_first_link_makes_an_admin_who_is_signed_in(hall: Hall) -> None:
    with hall.book.writing() as db:
        db.execute("DELETE FROM users")
    key = invite(hall.book, at=hall.now)
    client = hall.client()
    assert "<form" in client.get(f"/first?key={key}").text
    data = {"key": key, "name": "ada", "password": "short"}
    assert client.post("/first", data=data, headers=OURS).status_code == 400
    data["password"] = WORDS
    assert client.post("/first", data=data).status_code == 403
    assert client.post("/first", data=data, headers=OURS).status_code == 303
    assert client.get("/settings").json() == {"who": "ada", "role": "admin", "path": "/settings", "bytes": 0}
    assert hall.client().get(f"/first?key={key}").status_code == 403
    assert hall.client().post("/first", data=data, headers=OURS).status_code == 403
    assert client.get("/first").status_code == 403


def test_the_pages_speak_chinese_to_who_reads_it(hall: Hall) -> None:
    assert "登录" in hall.client(accept_language="zh-CN,zh;q=0.9").get("/login").text


def test_buckets_fill_with_time_and_never_beyond() -> None:
    turnstile = Turnstile(rate=2, burst=3)
    assert [turnstile.take("a", 0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert turnstile.take("b", 0) == 0
    assert turnstile.take("a", 500_000_000) == 0
    assert turnstile.take("a", 400_000_000) > 0, "a clock that jumps back fills nothing"
    assert [turnstile.take("a", 10**12) for _ in range(4)][-1] > 0


def test_an_address_counts_as_the_network_that_one_house_has() -> None:
    assert network("192.0.2.7") == "192.0.2.7"
    assert network("::ffff:192.0.2.7") == "192.0.2.7"
    assert network("2001:db8:1:2:3::4") == network("2001:db8:1:2::9") != network("2001:db8:1:3::9")
    assert network("unix:") == ""
