"""Pages need nothing but themselves, say what is there, and never let a name become markup."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from volant import charts, intake
from volant.charts import Mark, Row
from volant.conform import generated
from volant.core import Episode, Fact, FactTable, Kind, Origin, Segment, Signal, Span, Stream
from volant.lake import Store
from volant.report import page, summarise, view
from volant.report.pictures import data_uri

EVIL = "<script>alert('x')</script>"
VOID = {"meta", "img", "br", "rect", "line", "circle", "polyline"}


class Balanced(HTMLParser):
    """Complains about tags that do not match and about anything fetched from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "href"):
                assert (value or "").startswith("data:"), f"{tag} fetches {value}"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def sound(html: str) -> str:
    parser = Balanced()
    parser.feed(html)
    assert not parser.open
    assert EVIL not in html
    return re.sub(r"<[^>]+>", " ", html)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = generated.episodes(1, 4)
    hostile = Episode(
        (Stream(Signal(EVIL, Kind.JOINT, (1,)), np.arange(9) * 10**8, np.full((9, 1), np.nan)),),
        Origin(uri=f"file:///{EVIL}", operator=EVIL),
        task=EVIL,
        segments=(Segment(Span(0, 10**8), EVIL),),
    )
    lake = Store(tmp_path / "lake")
    lake.put([*made, hostile], at=1)
    facts = FactTable()
    for place, episode in enumerate([*made, hostile]):
        bad = place in (1, 4)
        facts.row(episode.id, "verdict", "quarantine" if bad else "accept", "gate/default@1")
        if bad:
            stream = episode.streams[-1].name
            span = Span(10**8, 4 * 10**8)
            facts.add(Fact(episode.id, "reason/freeze", f"It stood still. {EVIL}", "gate/default@1", span, stream))
    facts.row(made[0].id, "measure/duration", 2.5, "measures/duration@1")
    lake.tell(facts, at=2)
    return lake


def test_report_says_what_came_in_and_what_is_wrong(store: Store) -> None:
    words = sound(page(store))
    for expected in (
        "What came in",
        "What is wrong",
        "freeze",
        "Coverage",
        "Yield",
        "Wilson",
        "Chao1",
        "60%",
        "quarantine",
    ):
        assert expected in words


def test_report_of_an_empty_lake(tmp_path: Path) -> None:
    assert "Nothing came in yet" in sound(page(Store(tmp_path / "lake")))


def test_same_lake_same_bytes(store: Store) -> None:
    assert page(store) == page(store)


def test_reasons_follow_the_latest_judgement(store: Store) -> None:
    ident = summarise(store).flagged[0].id
    intake.regate(store, intake.Policy("blind", "1", {}), at=3)
    assert ident not in {episode.id for episode in summarise(store).flagged}


def test_episode_page_shows_signals_findings_and_pictures(store: Store, tmp_path: Path) -> None:
    flagged = [episode for episode in summarise(store).flagged if EVIL not in episode.task]
    made = view(store, flagged[0].id, tmp_path / "out")
    html = made[0].read_text(encoding="utf-8")
    words = sound(html)
    for expected in (
        "Findings",
        "It stood still",
        "Signals",
        "observation.state",
        "rad",
        "Segments",
        "reach",
        "Origin",
    ):
        assert expected in words
    assert "data:image/jpeg;base64" in html


def test_hostile_names_stay_words(store: Store, tmp_path: Path) -> None:
    flagged = [episode for episode in summarise(store).flagged if EVIL in episode.task]
    sound(view(store, flagged[0].id, tmp_path / "out")[0].read_text(encoding="utf-8"))


def test_charts_of_nothing_and_of_much() -> None:
    for svg in (
        charts.bars([], title="t"),
        charts.heat([], [], np.zeros((0, 0)), title="t"),
        charts.heat([f"task {i}" for i in range(30)], [f"place {i}" for i in range(40)], np.ones((30, 40)), title="t"),
        charts.lines(np.arange(5000) / 100, np.random.default_rng(0).normal(size=(5000, 40)), [], title="t"),
        charts.lines(np.zeros(0), np.zeros((0, 2)), [Mark(0, 1, "bad", "x")], title="t"),
        charts.histogram([1.0] * 5, title="t", unit="s"),
        charts.whiskers([Row("a", 0.5), Row("b", 0.1, 0.0, 0.3)], title="t"),
    ):
        sound(svg)
        assert "nan" not in svg


def test_no_spike_is_lost_when_a_long_signal_is_drawn() -> None:
    x = np.zeros((20_000, 1))
    x[12_345] = 9.0
    drawn = charts.lines(np.arange(20_000) / 1000, x, [], title="t")
    heights = [float(y) for y in re.findall(r"[\d.]+,([\d.]+)", drawn)]
    assert min(heights) == pytest.approx(6.0)


def test_any_frame_becomes_a_picture() -> None:
    rng = np.random.default_rng(0)
    for frame in (
        rng.integers(0, 255, (40, 60, 3), dtype=np.uint8),
        rng.integers(0, 9000, (40, 60, 1), dtype=np.uint16),
    ):
        assert data_uri(frame).startswith("data:image/jpeg;base64,")
