"""The pages of the wheel and of episodes, clicked and typed at, on a desk and on a phone."""

from __future__ import annotations

import re
from typing import Any


def test_the_wheel_says_how_it_turns_and_who_records_now(page: Any, served: Any, phone: Any, sound: Any) -> None:
    page.goto("/")
    page.get_by_text("66% to 87%, n = 60, Wilson 95 %, measured").wait_for()
    assert page.get_by_role("img", name="Success per turn").is_visible()
    page.get_by_text("Nobody is recording.").wait_for()
    served.floor({"session": "w1", "robot": "arm-9", "task": "fold", "light": "red", "why": "The wrist camera is dark.",
                  "recording": True, "connected": True, "seconds": 4.2})  # fmt: skip
    page.get_by_text("The wrist camera is dark.").wait_for()
    sound(page)
    page.set_viewport_size(phone)
    sound(page)
    page.get_by_role("link", name="drawer-open-v3").click()
    page.wait_for_url("**/episodes?task=drawer-open-v3")


def test_episodes_are_filtered_searched_and_walked_by_keys(page: Any, sound: Any) -> None:
    page.goto("/episodes")
    page.get_by_text("13 episodes, newest first").wait_for()
    sound(page)
    page.get_by_role("link", name="fold 2", exact=True).click()
    page.get_by_text("2 episodes, newest first").wait_for()
    page.get_by_role("link", name="task: fold").click()
    page.wait_for_url("**/episodes")
    page.keyboard.press("/")
    page.keyboard.type("tsk = 1")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("Did you mean 'task'").wait_for()
    page.get_by_role("textbox").fill("table-1")
    page.get_by_role("button", name="Search").click()
    page.get_by_text("1 episodes, newest first").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/episode/*")


def test_a_phone_shows_episodes_with_filters_below(page: Any, phone: Any, sound: Any) -> None:
    page.set_viewport_size(phone)
    page.goto("/episodes?verdict=quarantine")
    page.get_by_text("2 episodes, newest first").wait_for()
    page.get_by_text("Filters").click()
    page.locator(".v-facets summary", has_text="operator").click()
    sound(page)
    page.get_by_role("link", name=re.compile("^ann 1")).click()
    page.wait_for_url("**operator=ann**")
