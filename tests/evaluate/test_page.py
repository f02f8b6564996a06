"""The page of an evaluation shows what was found, and needs nothing but itself."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

from volant.evaluate import evaluate
from volant.evaluate.page import drawing, page

sys.path.insert(0, str(Path(__file__).parent))

from arena import Lines, line, walker

__all__ = ["line"]


def test_the_page_of_an_ab_shows_evidence_figures_and_failures(line: Lines) -> None:
    made = evaluate(walker(0.4), "line", "walk", against=walker(0.9, 1), trials=30, runner="loop")
    html = page(made)
    HTMLParser().feed(html)
    for words in (
        "How surely one is better",
        "is worse than",
        "decided, alpha 0.05",
        "walker 0.4/0",
        "near",
        "not proven",
    ):
        assert words in html
    assert html.count("<svg") == 4
    failed = [one.hash for one, good in zip(made.trials.environments, made.trials.success, strict=True) if not good]
    assert all(name in html for name in failed)
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "")
    assert ElementTree.fromstring(drawing(made)).tag.endswith("svg")


def test_a_policy_alone_that_never_fails_has_a_page_too(line: Lines) -> None:
    made = evaluate(walker(1.0), "line", "walk", trials=3, runner="loop")
    html = page(made)
    assert "Nothing." in html
    assert html.count("<svg") == 3
    assert "never" in page(evaluate(walker(0.0), "line", "walk", trials=3, runner="loop"))
