"""The gate turns scores into facts, and facts into verdicts, the same whichever way samples come."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from volant.core import Batch, Columns, Episode, Fact, FactTable, Kind, Reach, Signal, Sketch, Stream, Verdict
from volant.core.errors import BadValue, NotFound
from volant.intake import DEFAULT, Gate, Policy, Rule, compare, judge, load, parse, verdict_facts
from volant.intake.gate import MOST, excursions
from volant.intake.judge import telling
from volant.video import Stills


class High:
    """Score: the first value itself."""

    name, version, unit, floor, limit, verdict = "high", "1", "m", 1.0, 3.0, Verdict.REVIEW
    why, reach = "{stream} reached {value:.1f} {unit} for {seconds:.1f} s", Reach()

    def applies(self, signal: Signal) -> bool:
        return signal.kind == Kind.JOINT

    def scores(self, columns: Columns) -> np.ndarray:
        return np.maximum(columns.x[:, 0], 0).astype(np.float32)


class Apart:
    """Score: distance between the first values of two streams."""

    name, version, unit, floor, limit, verdict = "apart", "1", "m", 0.5, 2.0, Verdict.QUARANTINE
    why, reach = "{stream} is {value:.1f} {unit} away", Reach()

    def pairs(self, signals: Sequence[Signal]) -> list[tuple[str, str]]:
        names = {signal.name for signal in signals}
        return [("q", "p")] if {"q", "p"} <= names else []

    def pair_scores(self, first: Columns, second: Columns) -> np.ndarray:
        return np.abs(first.x[:, 0] - second.x[:, 0]).astype(np.float32)


class Short:
    """An episode of fewer than five samples."""

    name, version, unit, floor, limit, verdict = "short", "1", "samples", 0.0, 0.5, Verdict.QUARANTINE
    why = "only {value:.0f} {unit}"

    def findings(self, batch: Batch) -> Iterator[Fact]:
        for episode in batch:
            if episode.frames < 5:
                yield Fact(episode.id, "check/short", 1.0, "checks/short@1")
                yield Fact(episode.id, "why/short", f"It has {episode.frames} samples.", "checks/short@1")


class Twin:
    """Two episodes with the same sum."""

    name, version, unit, floor, limit, verdict = "twin", "1", "1", 0.0, 0.5, Verdict.REVIEW
    why = "has a twin"

    def sketches(self, batch: Batch) -> list[Sketch]:
        return [Sketch(episode.id, episode.task, (float(episode["q"].values.sum()),)) for episode in batch]

    def compare(self, sketches: Sequence[Sketch]) -> list[Fact]:
        values = [sketch.values for sketch in sketches]
        return [
            Fact(sketch.subject, "check/twin", 1.0, "checks/twin@1")
            for sketch in sketches
            if values.count(sketch.values) > 1
        ]


CHECKS = {check.name: check for check in (High(), Apart(), Short(), Twin())}


def episode(values: list[float], other: list[float] | None = None, task: str = "t", start: int = 0) -> Episode:
    t = np.arange(len(values), dtype=np.int64) * 10**8 + start
    streams = [Stream(Signal("q", Kind.JOINT, (1,), hz=10.0), t, np.array(values, dtype=np.float64)[:, None])]
    if other is not None:
        streams.append(Stream(Signal("p", Kind.STATE, (1,)), t, np.array(other, dtype=np.float64)[:, None]))
    return Episode(tuple(streams), task=task)


def judged(episodes: list[Episode], policy: Policy = DEFAULT) -> dict[str, str]:
    facts = Gate(CHECKS).screen(episodes)
    facts.extend(compare(facts, CHECKS))
    found = judge(facts, policy, CHECKS, [e.id for e in episodes])
    return {subject: judgement.verdict.value for subject, judgement in found.items()}


def test_peaks_and_excursions_become_facts() -> None:
    made = episode([0, 2, 4, 2, 0, 0, 1.5, 0])
    facts = [fact for fact in Gate(CHECKS).screen([made]) if fact.key == "check/high"]
    whole = [fact for fact in facts if fact.span is None]
    parts = [(fact.value, fact.span.start, fact.span.stop) for fact in facts if fact.span]
    assert [fact.value for fact in whole] == [4.0]
    assert parts == [(4.0, 10**8, 3 * 10**8 + 1), (1.5, 6 * 10**8, 6 * 10**8 + 1)]
    assert {fact.by for fact in facts} == {"checks/high@1"}


def test_each_check_leads_to_its_verdict_with_words() -> None:
    made = [episode([0] * 6), episode([0, 5, 5, 0, 0, 0]), episode([0.1] * 6, [9.0] * 6), episode([0.2])]
    assert list(judged(made).values()) == ["accept", "review", "quarantine", "quarantine"]
    facts = Gate(CHECKS).screen(made)
    found = judge(facts, Policy(), CHECKS)
    assert found[made[1].id].findings[0].why == "q reached 5.0 m for 0.1 s"
    assert found[made[3].id].findings[0].why == "It has 1 samples."
    words = {fact.key: fact.value for fact in verdict_facts(found.values(), Policy()) if fact.subject == made[1].id}
    assert words == {"verdict": "review", "reason/high": "q reached 5.0 m for 0.1 s"}


def test_set_checks_compare_sketches_from_facts() -> None:
    made = [episode([1, 0, 0, 0, 0]), episode([0, 1, 0, 0, 0]), episode([0.5] * 5)]
    assert list(judged(made).values()) == ["review", "review", "accept"]


def test_what_is_telling_leads_to_the_same_judgements_and_holds_no_peaks() -> None:
    made = [episode([0] * 6), episode([0, 5, 5, 0, 0, 0]), episode([1, 4, 0, 0, 0, 0], [9.0] * 6), episode([0.2])]
    facts = Gate(CHECKS).screen(made)
    kept = telling(facts, CHECKS)
    keys = {(fact.key, fact.span is None) for fact in kept}
    assert ("check/high", True) not in keys and ("check/high", False) in keys and ("screened", True) not in keys
    assert len(kept) < len(facts)
    assert list(compare(kept, CHECKS)) == list(compare(facts, CHECKS))
    for table in (facts, kept):
        table.extend(compare(facts, CHECKS))
    subjects = [e.id for e in made]
    assert judge(kept, DEFAULT, CHECKS, subjects) == judge(facts, DEFAULT, CHECKS, subjects)


def test_policy_rules_change_limit_duration_verdict_and_presence() -> None:
    made = [episode([0, 5, 5, 0, 0, 0])]
    ident = made[0].id
    assert judged(made, Policy(rules={"high": Rule(limit=6)})) == {ident: "accept"}
    assert judged(made, Policy(rules={"high": Rule(least=0.5)})) == {ident: "accept"}
    assert judged(made, Policy(rules={"high": Rule(verdict=Verdict.QUARANTINE)})) == {ident: "quarantine"}
    assert judged(made, Policy(rules={"high": Rule(off=True)})) == {ident: "accept"}


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])  # other work shares the cores
@given(
    st.lists(st.lists(st.floats(-5, 10, width=32), min_size=5, max_size=30), min_size=1, max_size=6, unique_by=tuple)
)
def test_batches_and_single_episodes_are_judged_alike(values: list[list[float]]) -> None:
    made = [episode(row, start=place) for place, row in enumerate(values)]
    together = Gate(CHECKS).screen(made)
    alone = FactTable()
    for one in made:
        alone.extend(Gate(CHECKS).screen([one]))
    assert sorted(map(repr, together)) == sorted(map(repr, alone))


@given(st.lists(st.floats(0, 4, width=32), max_size=60), st.lists(st.integers(0, 60), max_size=5))
def test_excursions_are_maximal_and_stay_inside_runs(values: list[float], marks: list[int]) -> None:
    scores = np.array(values, dtype=np.float32)
    cuts = np.array(sorted({0, len(values), *(m for m in marks if m < len(values))}), dtype=np.int64)
    runs, first, last = excursions(scores, cuts, 2.0)
    covered = np.zeros(len(values), dtype=bool)
    for run, a, b in zip(runs.tolist(), first.tolist(), last.tolist(), strict=True):
        assert cuts[run] <= a <= b < cuts[run + 1]
        assert (scores[a : b + 1] > 2.0).all()
        assert a == cuts[run] or scores[a - 1] <= 2.0
        covered[a : b + 1] = True
    assert (covered == (scores > 2.0)).all()


def test_a_restless_stream_keeps_its_highest_excursions() -> None:
    values = [x for i in range(200) for x in (0.0, 1.5 + i / 100)]
    facts = [fact for fact in Gate(CHECKS).screen([episode(values)]) if fact.key == "check/high" and fact.span]
    assert len(facts) == MOST
    assert max(fact.value for fact in facts) == pytest.approx(3.49)
    assert min(fact.value for fact in facts) > 2.8


def test_policy_files_are_read_and_refused_with_words(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text('name = "strict"\nversion = 2\n[checks.high]\nlimit = 2.0\nverdict = "quarantine"\n')
    policy = load(path).validate(CHECKS)
    assert policy.rules["high"] == Rule(2.0, 0.0, Verdict.QUARANTINE)
    assert policy.author.startswith("gate/strict@2.")
    assert load(None).author != policy.author
    for text, words in [
        ("[checks.high]\nlimt = 2", "limt"),
        ("[checks.high]\nverdict = 'kill'", "quarantine"),
        ("nonsense", "no gate policy"),
        ("x = " + "[" * 9_000, "no gate policy"),
        ("x = " + "9" * 9_000, "no gate policy"),
        ("[checks.high]\nleast = -1", "impossible"),
    ]:
        with pytest.raises(BadValue, match=words):
            parse(text)
    with pytest.raises(NotFound, match="Did you mean 'high'"):
        parse("[checks.hihg]\nlimit = 2").validate(CHECKS)
    with pytest.raises(BadValue, match="remembered only above 1"):
        parse("[checks.high]\nlimit = 0.5").validate(CHECKS)
    with pytest.raises(NotFound, match="cannot be read"):
        load(tmp_path / "absent.toml")
    with pytest.raises(BadValue, match="too large"):
        load(Path("/dev/zero"))


def test_a_later_statement_supersedes_an_earlier_one() -> None:
    told = FactTable()
    for value in (1.0, 0.0):
        told.row("s", "check/twin", value, "checks/twin@1")
    assert judge(told, DEFAULT, CHECKS)["s"].verdict == Verdict.ACCEPT
    told.row("s", "check/twin", 1.0, "checks/twin@1")
    found = judge(told, DEFAULT, CHECKS)["s"]
    assert (found.verdict, len(found.findings)) == (Verdict.REVIEW, 1)


def test_pictures_are_read_once_for_verdict_and_name() -> None:
    asked: list[int] = []
    blobs = [imagecodecs.jpeg_encode(np.full((32, 40, 3), 4 * i, np.uint8)) for i in range(50)]

    def load(i: int) -> bytes:
        asked.append(i)
        return blobs[i]

    def filmed(load: Callable[[int], bytes]) -> Episode:
        signal = Signal("camera", Kind.IMAGE, (32, 40, 3), "uint8", "1")
        return Episode((Stream(signal, np.arange(50) * 33_000_000, Stills(load, 50, "jpeg", (32, 40, 3))),))

    made = filmed(load)
    assert list(Gate({"high": High()}).screen([made]))
    assert made.named and sorted(asked) == list(range(50))
    assert made.id == filmed(blobs.__getitem__).id
