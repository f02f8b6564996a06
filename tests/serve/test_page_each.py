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


def test_an_episode_moves_film_and_signals_by_one_cursor(page: Any, sound: Any, tmp_path: Any) -> None:
    page.goto("/episodes?task=fold&verdict=quarantine")
    page.locator(".v-item").click()
    page.wait_for_url("**/episode/*")
    page.wait_for_function("document.querySelector('video')?.readyState >= 2")
    page.get_by_role("button", name="1.00 – 1.50 s").first.click()
    page.wait_for_function("Math.abs(document.querySelector('video').currentTime - 1) < 0.05")
    assert page.locator("[data-clock]").inner_text() == "1.00 s"
    at = page.evaluate("getComputedStyle(document.querySelector('[data-stage]')).getPropertyValue('--at')")
    assert abs(float(at) - 1 / 1.98) < 0.01
    page.locator("body").click(position={"x": 640, "y": 100})
    page.keyboard.press("ArrowRight")
    assert page.locator("[data-clock]").inner_text() == "1.50 s"
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelector('video').paused === false || document.querySelector('video').ended")
    page.wait_for_function("document.querySelector('[data-clock]').textContent === '1.98 s'")
    assert page.get_by_role("button", name="The arm stood still for 0.5 s., 1.00 s").is_visible()
    sound(page)
    page.keyboard.press("n")
    page.wait_for_function("document.querySelector('h1')?.textContent === 'stack'")


def test_raw_pictures_are_shown_frame_by_frame_on_a_phone(page: Any, phone: Any, sound: Any) -> None:
    page.set_viewport_size(phone)
    page.goto("/episodes?task=stack")
    page.locator(".v-item").first.click()
    page.wait_for_function("document.querySelector('img[data-still]')?.naturalWidth > 0")
    page.locator("[data-bar]").fill("0.5")
    page.wait_for_function("document.querySelector('img[data-still]').src.endsWith('/10.jpg')")
    sound(page)


def test_films_are_sent_by_ranges_and_strange_ones_refused_in_words(served: Any, page: Any) -> None:
    page.goto("/episodes?task=fold")
    link = page.locator(".v-item").first.get_attribute("href")
    part = page.request.get(f"{link}/film/2.mp4", headers={"range": "bytes=0-99"})
    assert (part.status, len(part.body()), part.headers["content-type"]) == (206, 100, "video/mp4")
    assert page.request.get(f"{link}/film/0.mp4").status == 404
    assert "no camera number 9" in page.request.get(f"{link}/still/9/0.jpg").text()
    assert page.request.get(f"{link}/still/2/50.jpg").status == 404
    assert page.request.get(f"{link}/episode.rrd").status in (200, 501)
    page.goto("/episode/ffffffff")
    page.get_by_role("alert").get_by_text("holds no episode").wait_for()


def test_alike_episodes_are_found_once_they_are_described(page: Any) -> None:
    page.goto("/episodes?task=reach-v3")
    page.locator(".v-item").first.click()
    page.get_by_role("link", name="Find alike").click()
    page.get_by_role("alert").get_by_text("no likeness vector yet").wait_for()
    page.get_by_role("button", name="Describe").click()
    page.get_by_text("Nearest first among").wait_for()
    assert page.locator(".v-item").count() == 7
    assert "distance" in page.locator(".v-item").first.inner_text()


def test_coverage_says_what_was_missed_and_what_a_cell_is_worth(page: Any, phone: Any, sound: Any) -> None:
    page.goto("/coverage")
    page.get_by_text("10 to 125, n = 11, Chao1 lower bound; 95 % log-normal").wait_for()
    page.get_by_role("row", name="drawer-open-v3 left 0 12 840 +3.10 +3.69").wait_for()
    page.get_by_role("link", name="success", exact=True).click()
    page.get_by_role("link", name=re.compile("stack in unknown: 1 of 3 succeeded, 6% to 79%")).wait_for()
    sound(page)
    page.set_viewport_size(phone)
    sound(page)
    page.get_by_role("link", name=re.compile("fold in table-1")).click()
    page.get_by_text("1 episodes, newest first").wait_for()


def test_worth_says_what_cells_sources_and_hours_are_worth(page: Any, phone: Any, sound: Any) -> None:
    page.goto("/worth")
    page.get_by_text("combinations seen").wait_for()
    page.get_by_role("row", name="fold/table-0 +0.031 +0.021 – +0.041").wait_for()
    page.get_by_role("row", name="operator=ann +0.012 +0.002 – +0.022").wait_for()
    page.get_by_text("85.50 USD").wait_for()
    page.get_by_role("row", name=re.compile(r"novelty 0\.3 .* 2 measured: mean")).wait_for()
    page.locator(".tile", has_text="repeat an earlier one").get_by_text("50%", exact=True).wait_for()
    page.get_by_role("row", name=re.compile(r"operator careful 8 ")).wait_for()
    page.get_by_role("row", name=re.compile(r"stalls 0\.1\d* share .* 1\d time at rest")).wait_for()
    page.get_by_text("Fewer than two operators are named.").wait_for()
    sound(page)
    page.set_viewport_size(phone)
    sound(page)
    page.goto("/coverage")
    page.get_by_role("row", name="fold/table-0 +0.031 +0.021 – +0.041").wait_for()


def test_the_floor_shows_lights_live_a_shift_and_yield(page: Any, served: Any, phone: Any, sound: Any) -> None:
    page.goto("/floor")
    page.get_by_role("heading", name="Stations").wait_for()
    served.floor({"session": "f1", "robot": "arm-7", "light": "amber", "why": "Joint 3 lags by 80 ms.",
                  "advice": "Try the left shelf.", "recording": True, "connected": True, "seconds": 3.0})  # fmt: skip
    page.get_by_text("Joint 3 lags by 80 ms.").wait_for()
    page.get_by_text("wanted: Try the left shelf.").wait_for()
    page.get_by_role("row", name=re.compile(r"careful 8 88% 53% – 98%")).wait_for()
    page.get_by_label("accepted episodes").fill("40")
    page.get_by_role("button", name="Begin a shift now").click()
    page.wait_for_url("**/floor?since=shift")
    page.get_by_text("40 in 8 hours; ").wait_for()
    page.get_by_text("No episode was judged in this time.").wait_for()
    sound(page)
    page.set_viewport_size(phone)
    sound(page)
