"""Where there is nothing yet, pages say what to do; names that would be markup stay words."""

from __future__ import annotations

import pytest

pytest.importorskip("nicegui", reason="the extra `serve` is not installed")

from volant.core import Estimate
from volant.core.errors import BadValue
from volant.report.worth import Worth as Told
from volant.serve.catalogue import FACETS, Found, Wanted
from volant.serve.floor import Station
from volant.serve.pages import coverage, episodes, floor, lights, wheel, worth

EVIL = "<script>alert('x')</script>"
NOTHING = Found((), 0, dict.fromkeys(FACETS, ()), 0, 0)


def test_every_page_of_an_empty_lake_says_what_to_do() -> None:
    assert "volant add" in wheel.drawn(wheel.Shown({}, 0, 0.0, 0, 0, None, ()))[0]
    assert "volant turn" in wheel.drawn(wheel.Shown({}, 3, 9.0, 0, 1, None, ()))[1]
    assert "volant add" in episodes.drawn(Wanted(), NOTHING)
    assert "Take away a filter" in episodes.drawn(Wanted((("task", "fold"),)), NOTHING)
    assert "volant add" in coverage.drawn(coverage.Shown((), (), coverage.Worth()), "count")
    assert "volant add" in worth.drawn(worth.Shown((), Told()))
    seen = wheel_figures(({"task": "fold", "place": "t", "n": 3},))
    asked = worth.drawn(worth.Shown(seen, Told(), doubts=("No curve yet.",)))
    for command in ("volant measure novelty", "volant measure value", "volant cost LEDGER", "volant forecast"):
        assert command in asked
    assert "No curve yet." in asked
    assert "volant record" in floor.board(())
    assert "begins one" in floor.drawn_shift(None, (), 0)
    assert "longer time" in floor.drawn_yield({"robot": [], "operator": []}, "day", shifted=False)


def test_names_stay_words() -> None:
    station = Station("s", robot=EVIL, operator=EVIL, task=EVIL, why=EVIL, advice=EVIL, recording=True)
    row = dict.fromkeys(("id", "task", "scene", "operator", "site", "embodiment", "verdict", "outcome"), EVIL)
    wanted = Wanted((("task", EVIL),), EVIL)
    found = Found(({**row, "seconds": 1.0},), 1, dict.fromkeys(FACETS, ((EVIL, 1),)), 0, 0)
    cells = ({"task": EVIL, "place": EVIL, "n": 3, "ended": 2, "good": 1},)
    priced = Estimate(EVIL, 1.0, EVIL, 3, 0.5, 2.0, "measured", EVIL, EVIL)
    worthy = Told((priced,), (1, 2), (priced,), (priced,), (priced,))
    who = (("operator", ({"name": EVIL, "n": 3, "hours": 1.0, "judged": 2, "good": 1},)),)
    for html in (
        worth.drawn(worth.Shown(wheel_figures(cells), worthy, who, (priced,), (EVIL,))),
        floor.board((station,)),
        lights.recording((station,)),
        episodes.drawn(wanted, found),
        episodes.drawn(wanted, BadValue(EVIL)),
        coverage.drawn(coverage.Shown(cells, wheel_figures(cells), coverage.Worth()), "success"),
        floor.drawn_yield({"robot": [floor.Yield(EVIL, 3, 1, 2.0, ((EVIL, 2),))]}, "all", shifted=False),
    ):
        assert "<script" not in html
        assert "script" in html


def wheel_figures(cells: tuple[dict[str, object], ...]) -> tuple:
    """What was not seen, of these combinations."""
    from volant.serve.pages.cells import figures

    return figures(cells)


def test_a_plain_word_is_no_condition_and_a_condition_is_no_word() -> None:
    assert episodes.meant(Wanted(where="table-1")).word == "table-1"
    for condition in ("NOT quarantined", "seconds > 3", "accepted", "task = 'fold'"):
        assert episodes.meant(Wanted(where=condition)).where == condition


def test_an_address_that_makes_no_sense_is_passed_over() -> None:
    asked = episodes.wanted_of([("task", "fold"), ("nonsense", "1"), ("before", "x"), ("after", "9" * 40)])
    assert asked == Wanted((("task", "fold"),))
