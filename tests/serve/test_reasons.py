"""Reasons of checks in Chinese: by Python in every page, by the phone page's script."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nicegui", reason="the extra `serve` is not installed")

from volant import plug
from volant.curate.need import Need
from volant.serve.pages.reasons import CHINESE, reason_in

SCRIPT = Path(__file__).parents[2] / "src" / "volant" / "serve" / "pages" / "face" / "collect.js"
CHECKS = plug.checks()


def said(name: str, value: float) -> str:
    """What the gate would say."""
    return CHECKS[name].why.format(value=value, unit=CHECKS[name].unit, stream="observation.images.front", seconds=1)


def test_every_check_of_the_house_gives_its_reason_in_chinese_too() -> None:
    assert set(CHINESE) == {name for name, check in CHECKS.items() if type(check).__module__.startswith("volant.")}
    for name in CHINESE:
        for value in (0.0, 12.3456, 1e-7, 4e9, float("inf")):
            english = said(name, value)
            chinese = reason_in(english, "zh")
            assert re.search(r"[\u4e00-\u9fff]", chinese), (name, english)
            for number in re.findall(r"(?<![\w.])(?:inf\b|\d[\d.e+-]*)%?", english.replace("57.3 or 1000", "")):
                assert number.rstrip("%") in chinese, (english, chinese)
            assert ("observation.images.front" in english) == ("observation.images.front" in chinese)
            assert reason_in(f"{english} (and 3 more)", "zh") == f"{chinese}（另有 3 处）"
            assert reason_in(english, "en") == english


def test_words_that_nobody_put_into_chinese_stay_as_they_are() -> None:
    for words in ("", "The same recording lies twice in /a/b.mcap.", "observation is black: very of its pixels."):
        assert reason_in(words, "zh") == words


def test_the_phone_says_the_same(page_zh: Any) -> None:
    advice = (Need(300, 900).words, Need(300, 900, "the left shelf", 12).words, Need(1, 900).words)
    for english in (*advice, *(said(name, 12.3456) for name in CHINESE)):
        for words in (english, f"{english} (and 3 more)", "somebody's own words"):
            assert page_zh.evaluate("because", words) == reason_in(words, "zh")


@pytest.fixture(scope="module")
def page_zh(served: Any, browser: Any) -> Any:
    """A tab with what the page of collectors gave a reader of Chinese, and its one function."""
    context = browser.new_context(base_url=served.url, locale="zh-CN")
    page = context.new_page()
    page.goto("/collect")
    page.wait_for_function("window.collectReasons")
    source = SCRIPT.read_text(encoding="utf-8")
    lines = re.search(r"  const words = .*?\n  const because = .*?\n  };\n", source, re.DOTALL)
    assert lines is not None
    page.add_script_tag(
        content=f"var because = (() => {{ const W = window.collectWords; {lines[0]} return because; }})();"
    )
    yield page
    context.close()


def test_a_reviewer_reads_reasons_in_chinese(served: Any, browser: Any) -> None:
    context = browser.new_context(base_url=served.url, locale="zh-CN")
    page = context.new_page()
    page.goto("/floor")
    page.get_by_role("heading", level=1).wait_for()
    served.floor({"session": "s", "robot": "arm-zh", "light": "red", "recording": True, "connected": True,
                  "why": said("freeze", 3.5)})  # fmt: skip
    page.get_by_text("observation.images.front 的画面静止了 3.5 秒。").first.wait_for()
    served.floor()
    context.close()
