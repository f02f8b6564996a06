"""Settings: accounts, tokens, the gate tried and compared, tags, and the audit log."""

from __future__ import annotations

import re
from typing import Any


def test_an_admin_adds_a_user_and_changes_what_they_may(page: Any, phone: Any, sound: Any) -> None:
    page.goto("/settings")
    page.get_by_label("name", exact=True).fill("Eve")
    page.get_by_label("password (10 letters or more)").fill("short")
    page.get_by_role("button", name="Add a user").click()
    page.get_by_role("alert").get_by_text("10").wait_for()
    page.get_by_label("password (10 letters or more)").fill("correct horse battery")
    page.get_by_role("button", name="Add a user").click()
    page.get_by_text("eve may sign in as collector.").wait_for()
    page.get_by_role("button", name="Shut eve").click()
    page.get_by_text("eve: collector, shut.").wait_for()
    page.get_by_role("button", name="Shut test").click()
    page.get_by_role("alert").get_by_text("This is the last admin.").wait_for()
    sound(page)
    page.set_viewport_size(phone)
    sound(page)


def test_a_token_is_shown_once_and_revoked(page: Any, served: Any) -> None:
    page.goto("/settings?tab=tokens")
    page.get_by_label("where it is used").fill("phone 3")
    page.get_by_role("button", name="Make a token").click()
    secret = page.locator("[data-secret]").inner_text()
    assert page.request.get("/api/me", headers={"authorization": f"Bearer {secret}"}).json()["role"] == "collector"
    page.get_by_role("button", name="Revoke phone 3").click()
    page.get_by_text("phone 3: revoked").wait_for()
    assert page.request.get("/api/me", headers={"authorization": f"Bearer {secret}"}).status == 401
    page.goto("/settings?tab=audit")
    page.get_by_role("row", name=re.compile("test token.revoke")).wait_for()
    page.get_by_role("button", name="Check the whole chain").click()
    page.get_by_text(re.compile(r"All \d+ lines are as they were written")).wait_for()


def test_a_policy_is_tried_before_it_judges(page: Any, sound: Any) -> None:
    page.goto("/settings?tab=gate")
    page.get_by_label("Policy (TOML)", exact=True).fill('name = "strict"\n[checks.jerkk]\noff = true')
    page.get_by_role("button", name="Dry run").click()
    page.get_by_role("alert").get_by_text("unknown check 'jerkk'").wait_for()
    page.get_by_label("Policy (TOML)", exact=True).fill('name = "calm"\n[checks.jerk]\noff = true')
    page.get_by_role("button", name="Dry run").click()
    page.get_by_text(re.compile(r"gate/calm@1\..*verdicts differ")).wait_for()
    sound(page)
    page.get_by_role("button", name="Judge all episodes by it").click()
    page.get_by_role("dialog", name="Judge all episodes by it").get_by_text("Old ones stay in the lake").wait_for()
    page.get_by_role("button", name="Leave it").click()


def test_storage_says_what_is_held_and_names_a_version(page: Any, sound: Any) -> None:
    page.goto("/settings?tab=storage")
    page.get_by_role("row", name="first 11").wait_for()
    page.get_by_label(re.compile("name for version")).fill("first")
    page.get_by_role("button", name="Tag this version").click()
    page.locator("[role=status]").get_by_text("first").wait_for()
    sound(page)
    page.goto("/settings?tab=triggers")
    sound(page)


def test_a_viewer_is_sent_away_in_words(page: Any, served: Any) -> None:
    page.context.add_cookies([{"name": "test-role", "value": "viewer", "url": served.url}])
    answer = page.request.get("/settings")
    assert answer.status == 403
    assert "no right" in answer.text()
