"""The queue by keyboard and by thumb."""

from __future__ import annotations

from typing import Any

import pytest

from volant import Lake
from volant.core import Fact
from volant.review import board

pytestmark = pytest.mark.slow


def shown(page: Any) -> str:
    page.wait_for_selector("[data-review]")
    return str(page.get_attribute("[data-review]", "data-review"))


def press(page: Any, key: str, after: str) -> str:
    """Press a key and wait until another episode lies there."""
    page.keyboard.press(key)
    page.wait_for_function("was => document.querySelector('[data-review]')?.dataset.review !== was", arg=after)
    return shown(page)


def test_an_episode_is_accepted_returned_and_taken_back_by_keys(page: Any, served: Any, sound: Any) -> None:
    with Lake(served.lake) as lake:
        before = lake.episodes().select(["id", "verdict", "outcome"]).to_pylist()
    page.goto("/review")
    first = shown(page)
    sound(page)
    assert page.locator(".r-film").first.get_attribute("data-frames")
    assert page.locator(".r-plot svg").count() == 2
    page.keyboard.press("o")
    page.get_by_text("How did the task end?").wait_for()
    page.keyboard.press("3")
    page.get_by_text("Why did it fail?").wait_for()
    page.keyboard.press("1")
    page.get_by_role("button", name="Cause: dropped").wait_for()
    page.keyboard.press("[")
    page.get_by_text("failing span 0.0 to").wait_for()
    second = press(page, "a", first)
    page.get_by_text(f"Accepted {first[:8]}").wait_for()
    page.keyboard.press("r")
    page.get_by_text("Why does it go back?").wait_for()
    sound(page)
    page.get_by_label("In your own words").fill("The table was moved.")
    page.get_by_label("In your own words").press("Enter")
    page.wait_for_function("was => document.querySelector('[data-review]')?.dataset.review !== was", arg=second)
    third = shown(page)
    with Lake(served.lake) as lake:
        now = board(lake.store, 0)
        assert {c.subject: (c.state, c.reason) for c in now.cases.values() if c.state != "todo"} == {
            first: ("accepted", ""),
            second: ("returned", "The table was moved."),
        }
        told = lake.store.facts(subject=first, key=["outcome", "error_cause"])
        assert [str(one.value) for one in told if one.by == "person/test@1"] == ["failure", "dropped"]
        assert all(one.span for one in told if one.key == "error_cause")
    assert 0 < now.cases[first].ratings[0].seconds < 60
    assert press(page, "u", third) == second
    assert press(page, "u", second) == first
    with Lake(served.lake) as lake:
        assert board(lake.store, 0).counts()["accepted"] == 0
        assert [row["verdict"] for row in lake.episodes().to_pylist()] == [row["verdict"] or "review" for row in before]
        lake.tell(
            [Fact(first, "outcome", next(r["outcome"] for r in before if r["id"] == first) or "", "person/test@1")]
        )


def test_a_thumb_can_review_and_curators_see_figures(page: Any, phone: Any, sound: Any) -> None:
    page.set_viewport_size(phone)
    page.goto("/review")
    one = shown(page)
    page.get_by_role("button", name="Return").click()
    page.get_by_role("button", name="A signal is missing or wrong").wait_for()
    sound(page)
    page.get_by_role("button", name="Return").click()
    page.get_by_role("button", name="Skip").click()
    page.wait_for_function("was => document.querySelector('[data-review]')?.dataset.review !== was", arg=one)
    page.get_by_label("bad share that should not, %").fill("15")
    page.get_by_label("bad share that should pass, %").fill("5")
    page.get_by_label("bad share that should pass, %").press("Tab")
    page.get_by_text("Look at 77,").wait_for()
    page.get_by_text("automatic").wait_for()


def test_who_may_not_curate_sees_no_figures_of_others(page: Any, served: Any) -> None:
    page.context.add_cookies([{"name": "test-role", "value": "reviewer", "url": served.url}])
    page.goto("/review")
    shown(page)
    assert page.get_by_text("How well people agree").count() == 0
