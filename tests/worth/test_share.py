"""Contributions: shares add up to one, the planted contributor comes first, a pool is paid to its last cent."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from volant.cli import cli
from volant.core import Episode, Fact
from volant.core.errors import BadValue, NotFound, Refused
from volant.lake import Store
from volant.worth import share
from volant.worth.geography import apart, geography, read_use
from volant.worth.pay import read_rule, statements, written
from volant.worth.share import NOBODY, contributions, divided, payout
from volant.worth.space import signed
from volant.worth.telling import tell

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PEOPLE = ("ann", "bob", "cid")
WIDTH = 4


@pytest.fixture
def shared(tmp_path: Path, make_episode: Callable[..., Episode]) -> Store:
    """Ann's succeed where rollouts do, Bob's are copies of one failure, Cid's lie far off; and twelve rollouts."""
    store, rng = Store(tmp_path / "shared"), np.random.default_rng(5)
    episodes, points = [], []
    for number in range(42):
        person, made = PEOPLE[number % 3], make_episode(number)
        if number < 30:
            origin = replace(made.origin, operator=person, site=f"site {number % 2}", region=("KE", "US")[number % 2])
            points.append(
                {"ann": rng.normal(0, 1, WIDTH), "bob": np.zeros(WIDTH), "cid": np.full(WIDTH, 30.0 + number)}[person]
            )
        else:
            origin = replace(made.origin, operator="", policy="policy-1", tier="autonomous")
            points.append(rng.normal(0, 1, WIDTH))
        good = person != "bob" if number < 30 else number % 4
        said = (Fact("", "outcome", "success" if good else "failure", "made@1"),)
        episodes.append(replace(made, origin=origin, said=said))
    store.put(episodes, at=1)
    facts = [Fact(one.id, "verdict", "accept", "gate@1") for one in episodes]
    store.tell(facts, at=2)
    rows = np.zeros((42, 64), np.float32)
    from volant import plug

    rows = np.zeros((42, plug.embedding("motion").width), np.float32)
    rows[:, :WIDTH] = np.asarray(points)
    store.tell_vectors([one.id for one in episodes], "embedding/motion", rows, signed("motion"), at=3)
    return store


def test_parts_add_up_whatever_the_weights() -> None:
    assert divided([1, 1, 1], 100) == [34, 33, 33]
    assert divided([Fraction(1, 3), 0.0, -2.0], 7) == [7, 0, 0]
    assert divided([0, 0], 5) == [0, 0]
    weights = np.random.default_rng(1).exponential(1, 997).tolist()
    assert sum(divided(weights)) == 1_000_000


def test_the_contributor_whose_data_decides_what_policies_do_comes_first(shared: Store) -> None:
    found = contributions(shared)
    assert found.method == "shapley" and found.rows[0].name == "ann"
    assert sum(row.share for row in found.rows) == 1 and found.rows[0].share > Decimal("0.5")
    assert sum(row.episodes for row in found.rows) == 30  # rollouts are nobody's contribution
    assert found.rows[0].low is not None and found.rows[0].low <= float(found.rows[0].share) <= found.rows[0].high


def test_by_novelty_copies_are_worth_nothing(shared: Store) -> None:
    rows = {row.name: row for row in contributions(shared, method="novelty").rows}
    assert rows["bob"].share == 0 and rows["bob"].novelty == 0
    assert sum(row.share for row in rows.values()) == 1


def test_told_values_of_sources_are_used_with_their_interval(shared: Store) -> None:
    told = {"ann": (0.1, 0.05, 0.15), "bob": (0.3, 0.2, 0.4), "cid": (-0.1, -0.2, 0.0)}
    facts = []
    for name, (value, low, high) in told.items():
        for tail, one in (("", value), ("/low", low), ("/high", high)):
            facts.append(Fact(f"source:operator={name}", f"value/probes{tail}", one, "worth/probes@1"))
    shared.tell(facts, at=4)
    found = contributions(shared, method="probes")
    assert [row.name for row in found.rows] == ["bob", "ann", "cid"]
    assert [str(row.share) for row in found.rows] == ["0.75", "0.25", "0"]
    assert found.rows[0].low == pytest.approx(0.5) and any("below 0" in line for line in found.said)
    assert contributions(shared).method == "value/probes"


def test_payout_tells_the_sums_that_shares_are_made_of_and_telling_them_changes_no_share(shared: Store) -> None:
    before = contributions(shared, "operator")
    assert before.method == "shapley"
    sums = {one.group: one for one in payout(shared, "operator", "source:operator=")}
    whole = sum(max(0.0, one.value) for one in sums.values())
    for row in before.rows:
        one = sums[f"source:operator={row.name}"]
        assert float(row.share) == pytest.approx(max(0.0, one.value) / whole, abs=1e-6)
        assert one.n == row.episodes and one.low <= one.value <= one.high
    tell(shared, {"shapley": tuple(sums.values())}, at=9)
    after = contributions(shared, "operator")
    assert (after.method, after.rows) == (before.method, before.rows)


def test_of_many_rollouts_some_are_asked_evenly_spread(shared: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(share, "_ASKED", 11)
    assert contributions(shared).method == "shapley"
    monkeypatch.setattr(share, "_ASKED", 4)
    assert contributions(shared).method != "shapley"  # too few outcomes to say anything


def test_what_cannot_be_shared_is_refused(shared: Store, lake: Store) -> None:
    with pytest.raises(BadValue, match="planet"):
        contributions(shared, "planet")
    with pytest.raises(NotFound, match="no values by 'probes'"):
        contributions(shared, method="probes")
    with pytest.raises(NotFound, match="Nobody has any value by hours"):
        contributions(lake)  # nothing is judged there
    for store in (shared, lake):
        store.close()


def test_a_pool_is_paid_to_its_last_cent_and_nobody_falls_below_the_floor(shared: Store) -> None:
    rule = read_rule(EXAMPLES / "pay.toml")
    paid = statements(contributions(shared), rule)
    assert sum(one.pool for one in paid) == rule.pool == Decimal("1000.00")
    assert all(one.total >= rule.floor and one.total == one.fixed + one.pool + one.top_up for one in paid)
    text = written(paid[0])
    assert "ann" in text and str(paid[0].total) in text and rule.hash in text
    assert written(statements(contributions(shared), rule)[0]) == text


def test_who_is_not_named_is_not_paid(shared: Store, make_episode: Callable[..., Episode], tmp_path: Path) -> None:
    rule, made = read_rule(EXAMPLES / "pay.toml"), make_episode(99)
    nameless = replace(made, origin=replace(made.origin, operator=""))
    with Store(tmp_path / "nameless") as store:
        store.put([nameless], at=1)
        store.tell([Fact(nameless.id, "verdict", "accept", "gate@1")], at=2)
        found = contributions(store)
        assert found.rows[0].name == NOBODY and found.method == "hours"
        with pytest.raises(Refused, match="cannot be divided"):
            statements(found, rule)


def test_who_took_over_from_a_policy_brought_something(shared: Store, make_episode: Callable[..., Episode]) -> None:
    made = make_episode(77)
    taken = replace(made, origin=replace(made.origin, operator="dee", policy="policy-1", tier="intervention"))
    shared.put([taken], at=5)
    shared.tell([Fact(taken.id, "verdict", "accept", "gate@1")], at=6)
    rows = {row.name: row for row in contributions(shared, method="hours").rows}
    assert rows["dee"].episodes == 1 and rows["dee"].share > 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('currency = "USD"\nfloor = "5 EUR"\n', "no rate"),
        ('currency = "USD"\nfloor = 0.001\n', "to the cent"),
        ('currency = "USD"\n', "pays nothing"),
        ('currency = "dollars"\nfloor = 5\n', "State a currency"),
        ('currency = "USD"\nflor = 5\n', "Did you mean 'floor'"),
        ('currency = "USD"\n[pool]\namount = 5\nby = "luck"\n', "by 'luck'"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "pay.toml"
    path.write_text(text)
    with pytest.raises(BadValue, match=words):
        read_rule(path)


def test_giving_stands_beside_getting(shared: Store, tmp_path: Path) -> None:
    found = geography(contributions(shared, "country"), read_use(EXAMPLES / "deployment.toml"))
    by_name = {one.name: one for one in found}
    assert found[0].name == "KE" and by_name["KE"].use == 0 and by_name["KE"].fed < 0
    assert by_name["DE"].use == pytest.approx(0.25) and by_name["DE"].value == 0
    assert sum(one.use for one in found) == pytest.approx(1) and 0.4 < apart(found) <= 1
    path = tmp_path / "use.toml"
    path.write_text("[use]\nUS = -1\n")
    with pytest.raises(BadValue, match="no weight"):
        read_use(path)


def test_the_verb_shows_shares_pay_and_geography(shared: Store, tmp_path: Path) -> None:
    place, out = shared.place, tmp_path / "statements"
    words = [
        "share",
        "--lake",
        place,
        "--pay",
        str(EXAMPLES / "pay.toml"),
        "--deployment",
        str(EXAMPLES / "deployment.toml"),
    ]
    done = CliRunner().invoke(cli, [*words, "-o", str(out), "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert [one["by"] for one in found["shares"]] == ["collector", "site", "country"]
    assert sum(Decimal(row["share"]) for row in found["shares"][1]["rows"]) == 1
    assert sum(Decimal(one["pool"]) for one in found["pay"]) == 1000 and found["apart"] > 0.4
    assert len(list(out.glob("*.txt"))) == len(found["pay"]) == 3
    assert json.loads((out / "0001.json").read_text())["total"] == found["pay"][0]["total"]
    plain = CliRunner().invoke(cli, ["share", "--lake", place])
    assert plain.exit_code == 0 and "ann" in plain.stdout and "KNN-Shapley" in plain.output
    assert CliRunner().invoke(cli, ["share", "--lake", place, "-o", str(out)]).exit_code == 2
