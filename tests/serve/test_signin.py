"""Signing in and out in a real browser, on the desk and on the phone, and pages that foreign pages cannot use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("nicegui", reason="the extra `serve` is not installed")

from volant.serve.doors import Book, add_user

NOW = 1_764_000_000_000_000_000
WORDS = "correct horse battery"


def test_somebody_signs_in_looks_around_and_signs_out(
    served: Any, browser: Any, phone: dict[str, int], sound: Callable[[Any], None]
) -> None:
    book = Book.open(served.home)
    add_user(book, "grace", "reviewer", by="test", at=NOW, password=WORDS)
    book.close()
    context = browser.new_context(base_url=served.url, viewport=phone, color_scheme="dark")
    # The test server signs in who brings no session; one that opens nothing is nobody's.
    context.add_cookies([{"name": "volant_session", "value": "nobody", "url": served.url}])
    page = context.new_page()
    page.goto("/floor")
    assert page.url.endswith("/login?next=/floor")
    sound(page)
    for password, lands in (("wrong horse battery", "/login"), (WORDS, "/floor")):
        page.get_by_label("Name").fill("grace")
        page.get_by_label("Password").fill(password)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{lands}")
        if lands == "/login":
            assert page.get_by_role("alert").inner_text() == "Name or password is wrong."
    page.get_by_role("heading", level=1).wait_for()
    page.goto("/settings")
    assert "grace (reviewer) has no right to admin here." in page.inner_text("body")
    sound(page)
    session = [one for one in context.cookies() if one["name"] == "volant_session"]
    page.goto("/logout")
    with page.expect_navigation():
        page.get_by_role("button").click()
    assert "volant_session" not in {one["name"] for one in context.cookies()}
    context.add_cookies(session)
    page.goto("/floor")
    assert page.url.endswith("/login?next=/floor"), "a session that was left opens nothing"
    context.close()


def test_a_foreign_page_can_neither_post_with_our_cookie_nor_open_a_socket(served: Any, browser: Any) -> None:
    context = browser.new_context()
    page = context.new_page()
    # The same server by another name is another site, and the browser would send the test server's own cookie to both.
    foreign = served.url.replace("127.0.0.1", "localhost")
    page.goto(f"{foreign}/login")
    said = page.evaluate(
        """async (url) => {
            const post = await fetch(url + '/logout', {method: 'POST', mode: 'no-cors', credentials: 'include'})
                .then(() => 'sent', () => 'blocked');
            const socket = await new Promise((done) => {
                let made;
                try { made = new WebSocket(url.replace('http', 'ws') + '/live'); } catch { return done('blocked'); }
                made.onopen = () => done('open');
                made.onerror = () => done('refused');
            });
            return [post, socket];
        }""",
        served.url,
    )
    assert said[1] in ("refused", "blocked")
    assert said[0] == "blocked", "the page's own policy lets it speak to nobody else"
    context.close()
