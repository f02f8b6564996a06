"""Every figure that the house can name has a Chinese name, and every sentence of advice is put into Chinese."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("nicegui", reason="the extra `serve` is not installed")

from volant import plug
from volant.core import Estimate
from volant.curate.need import Need
from volant.deploy.doubt import Doubt
from volant.reckon import cost, forecast, learning
from volant.serve.pages import driven, names
from volant.serve.pages.cells import figures
from volant.serve.pages.parts import estimates
from volant.serve.pages.reasons import reason_in
from volant.worth.quality import FIGURES
from volant.worth.telling import METHODS

LEDGER = Path(__file__).parents[2] / "examples" / "ledger.toml"


def every() -> set[str]:
    """What the page can show: measures, quality, methods of value, coverage, forecast with money and hours, cost."""
    ours = {name for name in plug.names("measures") if type(plug.measures()[name]).__module__.startswith("volant.")}
    rows = [{"task": f"t{i % 5}", "place": f"p{i}", "n": 1 + i % 7} for i in range(40)]
    curve = learning.of_points([(n, 1 - n**-0.4, 400.0) for n in (10, 20, 40, 80, 160, 320)], "episodes", "made")
    ahead = forecast.forecast(curve, forecast.Asked(0.95, hours=0.1, price=(5.0, 4.0, 6.0), currency="EUR"))
    book = cost.read_book(LEDGER)
    money, _ = cost.figures(book, book.results)
    made = {one.name for one in (*figures(rows), *ahead.figures, *money)}
    return ours | {one.name for one in FIGURES} | {driven.MODES} | set(METHODS) | made


def test_every_figure_of_the_house_has_a_chinese_name() -> None:
    assert every() - set(names.CHINESE) == set()
    assert all(re.search("[\u4e00-\u9fff]|KNN", name) for name in names.CHINESE.values())
    assert len(set(names.CHINESE.values())) == len(names.CHINESE)


def test_names_are_shown_in_the_language_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Estimate("value/novelty", 1.0, "distance", 3), Estimate("of a stranger", 1.0, "", 3)]
    assert "value/novelty" in estimates(rows)
    monkeypatch.setattr(names, "tongue", lambda: "zh")
    text = estimates(rows)
    assert "新颖度" in text
    assert "value/novelty" not in text
    assert "of a stranger" in text


def test_every_sentence_of_advice_is_put_into_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    said = [Need(300, 900).words, Need(300, 900, "the left shelf", 12).words, Need(1, 900).words]
    monkeypatch.setattr("volant.deploy.doubt.disagreement", lambda policy, obs: np.array([7.5]))
    said.append(Doubt(None, 1.5, 64).words({}))  # type: ignore[arg-type]
    for words in said:
        chinese = reason_in(words, "zh")
        assert re.search("[\u4e00-\u9fff]", chinese), words
        assert re.findall(r"\d[\d.]*", words.replace("95 %", "")) != []
        for number in re.findall(r"\d+(?:\.\d+)?", words):
            assert number in chinese, (words, chinese)
    assert "the left shelf" in reason_in(said[1], "zh")
