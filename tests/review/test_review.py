"""A queue of people: states from facts, claims that run out, double ratings, gold, objections, rates and lots."""

import pytest

from volant.core import Fact, Span
from volant.core.errors import BadValue, NotFound, Refused
from volant.lake import Store
from volant.review import (
    Decision,
    Reviewing,
    acceptance,
    agreement,
    author,
    board,
    decide,
    gold,
    inspect_lot,
    objection,
    release,
    take,
    undo,
)
from volant.statistics.sampling import Plan

NOW = 1_700_000_100_000_000_000
MINUTE = 60_000_000_000
ONE = Reviewing(double=0.0, gold=0.0)
TWO = Reviewing(double=1.0, gold=0.0)
YES, NO = Decision(True, outcome="success", seconds=3.0), Decision(False, "cut", "failure", "dropped", seconds=5.0)


def judged(lake, **verdicts):
    ids = lake.ids()
    words = {**dict.fromkeys(range(len(ids)), "accept"), **{int(k[1:]): v for k, v in verdicts.items()}}
    lake.tell([Fact(ids[i], "verdict", word, "gate/default@1.0", at=NOW) for i, word in words.items()], at=NOW)
    return ids


def test_what_the_gate_doubts_comes_first(lake):
    ids = judged(lake, e7="review", e3="quarantine")
    order = []
    for _ in range(3):
        got = take(lake, "ann-2", ONE, NOW)
        order.append(got.subject)
        decide(lake, got.subject, "ann-2", YES, how=ONE, at=NOW)
    assert order == [ids[7], ids[3], ids[0]]


def test_a_claim_keeps_others_away_until_it_runs_out(lake):
    judged(lake)
    mine, theirs = take(lake, "li", ONE, NOW), take(lake, "bo", ONE, NOW)
    assert mine.subject != theirs.subject
    assert take(lake, "li", ONE, NOW + MINUTE).subject == mine.subject
    with pytest.raises(Refused, match="li is looking"):
        decide(lake, mine.subject, "bo", YES, how=ONE, at=NOW + MINUTE)
    late = NOW + 30 * MINUTE
    assert board(lake, NOW + MINUTE).counts()["in_review"] == 2
    assert board(lake, late).counts()["in_review"] == 0
    assert decide(lake, mine.subject, "bo", YES, how=ONE, at=late).by == "bo"


def test_two_who_ask_at_once_get_different_episodes(tmp_path, lake):
    judged(lake)
    with Store(lake.place) as other:
        got = [take(store, name, ONE, NOW).subject for name, store in (("a", lake), ("b", other), ("c", lake))]
    assert len(set(got)) == 3


def test_a_decision_moves_the_episode_and_its_verdict(lake):
    ids = judged(lake)
    case = decide(
        lake, ids[0], "li", Decision(False, "cut", "failure", "dropped", Span(0, 10**8), 4.0), how=ONE, at=NOW
    )
    assert (case.state, case.by, case.reason, case.ratings[0].seconds) == ("returned", "li", "cut", 4.0)
    row = lake.sql("SELECT verdict, outcome FROM episodes WHERE id = ?", params=[ids[0]]).to_pylist()[0]
    assert row == {"verdict": "quarantine", "outcome": "failure"}
    spans = lake.sql("SELECT value, stop_ns FROM facts WHERE key = 'error_cause' AND subject = ?", params=[ids[0]])
    assert spans.to_pylist() == [{"value": "dropped", "stop_ns": 10**8}]
    assert board(lake, NOW).counts() == {"todo": 19, "in_review": 0, "accepted": 0, "returned": 1}


def test_what_a_person_decided_outlives_the_gate(lake):
    ids = judged(lake)
    decide(lake, ids[0], "li", NO, how=ONE, at=NOW)
    lake.tell([Fact(ids[0], "verdict", "accept", "gate/default@2.0", at=NOW)], at=NOW)
    assert lake.catalogue().to_pylist()[0]["verdict"] == "quarantine"


def test_a_return_needs_a_reason_and_words_that_exist():
    with pytest.raises(BadValue, match="without a reason"):
        Decision(False)
    with pytest.raises(BadValue, match="No outcome"):
        Decision(True, outcome="sucess")


def test_two_raters_who_differ_want_a_third(lake):
    ids = judged(lake)
    assert decide(lake, ids[0], "a", YES, how=TWO, at=NOW).state == "todo"
    assert board(lake, NOW).counts()["in_review"] == 1
    with pytest.raises(Refused, match="rated"):
        decide(lake, ids[0], "a", YES, how=TWO, at=NOW)
    assert take(lake, "b", TWO, NOW).subject == ids[0]
    assert decide(lake, ids[0], "b", NO, how=TWO, at=NOW).state == "todo"
    assert decide(lake, ids[0], "c", NO, how=TWO, at=NOW).state == "returned"
    found = agreement(board(lake, NOW))
    assert [(one.group, one.value, one.n) for one in found.raw] == [("a with b", 0.0, 1)]


def test_the_seed_chooses_what_is_rated_double_and_audited(lake):
    ids = judged(lake)
    how = Reviewing(seed=3, double=0.3, audit=0.2)
    double = [subject for subject in ids if how.raters(subject) == 2]
    assert double == [subject for subject in ids if how.raters(subject) == 2]
    assert 0 < len(double) < len(ids)
    audited, got = {subject for subject in ids if how.audited(subject)}, set()
    alone = Reviewing(seed=3, double=0.0, gold=0.0, audit=0.2)
    while (one := take(lake, "li", alone, NOW)) is not None:
        got.add(one.subject)
        decide(lake, one.subject, "li", YES, how=alone, at=NOW)
    assert got == audited


def test_gold_looks_like_work_and_decides_nothing(lake):
    ids = judged(lake)
    gold(lake, ids[5], "cy", "reject", at=NOW)
    got = take(lake, "li", Reviewing(double=0.0, gold=1.0), NOW)
    assert got.subject == ids[5]
    assert not hasattr(got, "gold")
    assert decide(lake, ids[5], "li", YES, how=ONE, at=NOW).state == "todo"
    assert lake.catalogue().to_pylist()[5]["verdict"] == "accept"
    found = agreement(board(lake, NOW)).gold
    assert [(one.group, one.value, one.n) for one in found] == [("li", 0.0, 1)]
    assert found[0].high == pytest.approx(0.793, abs=1e-3)
    assert take(lake, "li", Reviewing(double=0.0, gold=1.0), NOW).subject != ids[5]


def test_nobody_reviews_what_they_recorded(lake):
    ids = judged(lake)
    assert take(lake, "ann", ONE, NOW) is None
    with pytest.raises(Refused, match="recorded"):
        decide(lake, ids[0], "ann", YES, how=ONE, at=NOW)


def test_an_objection_goes_to_somebody_else_and_is_heard_once(lake):
    ids = judged(lake)
    decide(lake, ids[0], "li", NO, how=ONE, at=NOW)
    assert objection(lake, ids[0], "ann", "The lid was closed before.", at=NOW).state == "todo"
    assert take(lake, "li", ONE, NOW).subject != ids[0]
    got = take(lake, "bo", ONE, NOW)
    assert (got.subject, got.objection, got.reason) == (ids[0], "The lid was closed before.", "cut")
    assert decide(lake, ids[0], "bo", NO, how=ONE, at=NOW).state == "returned"
    with pytest.raises(Refused, match="second person"):
        objection(lake, ids[0], "ann", "No!", at=NOW)
    with pytest.raises(Refused, match="not returned"):
        objection(lake, ids[1], "ann", "But", at=NOW)


def test_a_rating_is_taken_back_and_the_verdict_with_it(lake):
    ids = judged(lake)
    decide(lake, ids[0], "li", NO, how=ONE, at=NOW)
    case = undo(lake, ids[0], "li", how=ONE, at=NOW)
    assert (case.state, case.ratings) == ("todo", [])
    assert lake.catalogue().to_pylist()[0]["verdict"] == "accept"
    assert take(lake, "li", ONE, NOW).subject == ids[0]
    release(lake, ids[0], "li", NOW)
    assert take(lake, "bo", ONE, NOW).subject == ids[0]
    with pytest.raises(Refused, match="nothing of yours"):
        undo(lake, ids[1], "li", how=ONE, at=NOW)


def test_kappa_is_counted_over_pairs_of_raters(lake):
    ids = judged(lake)
    for i, subject in enumerate(ids[:12]):
        decide(lake, subject, "a", NO if i % 3 == 0 else YES, how=TWO, at=NOW)
        decide(lake, subject, "b", NO if i % 3 == 0 or i == 1 else YES, how=TWO, at=NOW)
    found = agreement(board(lake, NOW))
    # Four returned by both, one by b alone, seven by none: po 11/12, pe (4*5 + 8*7) / 144.
    pe = (4 * 5 + 8 * 7) / 144
    assert found.kappa[0].value == pytest.approx((11 / 12 - pe) / (1 - pe))
    assert found.kappa[0].low < found.kappa[0].value < found.kappa[0].high
    assert found.raw[0].value == pytest.approx(11 / 12)
    assert {one.group: one.value for one in found.pace} == {"a": 3.0, "b": 3.0}


def test_every_stage_has_an_acceptance_rate_of_its_own(lake):
    ids = judged(lake, e0="review", e1="quarantine")
    for i, subject in enumerate(ids[:4]):
        decide(lake, subject, "li", NO if i == 0 else YES, how=ONE, at=NOW)
    taught = [Fact(subject, "taught", "good" if i < 6 else "bad", "train@1") for i, subject in enumerate(ids[:8])]
    tried = [
        Fact("good", "evaluation/success_low", 0.7, "evaluate@1"),
        Fact("bad", "evaluation/success_low", 0.1, "evaluate@1"),
    ]
    lake.tell([*taught, *tried], at=NOW)
    rates = {one.group: (one.value, one.n) for one in acceptance(lake, at=NOW)}
    assert rates == {"automatic": (18 / 20, 20), "human": (3 / 4, 4), "policy-validated": (6 / 8, 8)}
    assert all(one.low < one.value < one.high and one.method for one in acceptance(lake, at=NOW))


def test_a_lot_passes_or_is_refused_by_its_sample(lake):
    ids = judged(lake)
    plan = Plan(5, 1, 20, 0.05, 0.4, 0.1, 0.1)
    first = inspect_lot(lake, ids, plan, seed=1)
    assert (first.verdict, len(first.left)) == ("open", 5)
    assert first == inspect_lot(lake, ids[::-1], plan, seed=1)
    for i, subject in enumerate(first.left):
        decide(lake, subject, "li", NO if i == 0 else YES, how=ONE, at=NOW)
    assert inspect_lot(lake, ids, plan, seed=1).verdict == "pass"
    undo(lake, first.left[1], "li", how=ONE, at=NOW)
    decide(lake, first.left[1], "li", NO, how=ONE, at=NOW)
    assert inspect_lot(lake, ids, plan, seed=1).verdict == "refuse"


def test_strange_names_and_episodes_are_refused(lake):
    assert author("Li Wei / shift 2") == "person/Li-Wei-shift-2@1"
    with pytest.raises(BadValue, match="no name"):
        author(" / ")
    with pytest.raises(NotFound, match="no episode"):
        decide(lake, "ab" * 32, "li", YES, how=ONE, at=NOW)
