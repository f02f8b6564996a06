"""The frame of every page: who sees what, languages, looks and keys."""

from __future__ import annotations

import string
from typing import Any

import pytest

pytest.importorskip("nicegui", reason="the extra `serve` is not installed")

from volant.serve.pages.frame import PAGES
from volant.serve.pages.words import every, say


def test_every_word_is_said_in_both_languages_with_the_same_places_to_fill() -> None:
    for key, words in every().items():
        assert len(words) == 2, key
        assert all(words), key
        places = [{name for _, name, _, _ in string.Formatter().parse(word) if name} for word in words]
        assert places[0] == places[1], key


def test_a_key_names_its_table_or_the_frame() -> None:
    assert say("frame.close") == say("close") == "Close"
    assert say("close", "zh") == "关闭"
    assert say("key.go", page="Wheel") == "go to Wheel"


def test_every_page_has_its_own_letter() -> None:
    assert len({place.letter for place in PAGES.values()}) == len(PAGES)


def test_keys_lead_to_pages_and_are_listed(page: Any, sound: Any) -> None:
    page.goto("/")
    page.wait_for_selector("h1:has-text('Wheel')")
    page.keyboard.press("?")
    assert page.get_by_role("dialog").get_by_text("go to Episodes").is_visible()
    sound(page)
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className").startswith("v-skip")
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.wait_for_url("**/episodes")


def test_people_choose_language_and_look_and_browsers_keep_them(page: Any, phone: Any, sound: Any) -> None:
    page.goto("/")
    page.get_by_role("button", name="中文").click()
    page.wait_for_selector("h1:has-text('飞轮')")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    page.locator(".v-tools summary").click()
    page.get_by_role("button", name="深色").click()
    page.wait_for_selector("html[data-look=dark]")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 26)"
    page.set_viewport_size(phone)
    sound(page)


def test_a_role_sees_its_pages_only(page: Any, served: Any) -> None:
    page.context.add_cookies([{"name": "test-role", "value": "reviewer", "url": served.url}])
    page.goto("/")
    names = page.locator(".v-nav > ul > li > a").all_inner_texts()
    assert names == ["Wheel", "Episodes", "Coverage", "Worth", "Floor", "Review"]
