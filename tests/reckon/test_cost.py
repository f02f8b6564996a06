"""A ledger to the cent: the shipped example by hand, what must be stated, and figures as facts."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from volant.cli import cli
from volant.core import Fact
from volant.core.errors import BadValue, NotFound
from volant.lake import Store
from volant.reckon.cost import Results, figures, read_book
from volant.reckon.cost_lake import known_costs, results_of, tell
from volant.reckon.prices import cost_known

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "ledger.toml"
BY_HAND = {
    # 4 x (27,200 x 30/1095 + 0.45 kW x 352 h x 0.29 EUR x 1.08 + 1,460 x 30/365) = 4 x (745.2055 + 49.6109 + 120)
    "two-arm stations": "3659.27",
    "teleoperators": "16236.80",  # 4 x 160 x 21.50 x 1.18
    "floor lead": "3209.60",  # 80 x 34 x 1.18
    "hall": "3057.53",  # 3,100 x 12 x 30/365
    "second look at a third of the episodes": "1044.89",  # 46 x 19.25 x 1.18
    "object store": "381.11",  # 18.4 x 21 x 12 x 30/365
    "replays in simulation": "525.00",
    "engineering, a tenth": "4800.00",
}


def run(*words: object):
    return CliRunner().invoke(cli, [*map(str, words)])


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "ledger.toml"
    path.write_text('currency = "USD"\ndays = 30\n' + text)
    return path


def test_the_shipped_ledger_comes_out_to_the_cent_as_by_hand() -> None:
    book = read_book(EXAMPLE)
    assert {line.name: str(line.money) for line in book.lines} == BY_HAND
    assert book.total == Decimal("32914.20") == sum(map(Decimal, BY_HAND.values()))
    assert sum(book.sections().values()) == book.total
    made, missing = figures(book, book.results)
    found = {one.name: one for one in made}
    assert not missing
    assert found["per_raw_hour"].value == 64.22  # 32,914.20 / 512.5
    assert found["per_accepted_hour"].value == 75.66  # / (512.5 x 2,610 / 3,075) = / 435
    assert found["per_new_combination"].value == 391.84  # / 84
    assert found["per_point"].value == 1097.14  # / (100 x (41 - 23) / 60) = / 30
    assert found["per_accepted_hour"].low == pytest.approx(32914.20 / (512.5 * 0.8610), rel=1e-3)
    assert found["per_point"].low < 1097.14 < found["per_point"].high
    assert found["per_point"].how == "assumed" and found["per_accepted_hour"].n == 3075


def test_cents_do_not_drift(tmp_path: Path) -> None:
    book = read_book(written(tmp_path, '[[shared]]\nname = "coffee"\namount = 0.10\nshare = 1\n' * 3))
    assert book.total == Decimal("0.30")
    assert read_book(written(tmp_path, '[[shared]]\namount = "2.675 USD"\nshare = 1\n')).total == Decimal("2.68")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[facility]]\nper_month = "10 EUR"\n', "no rate between them is stated"),
        ('[[facility]]\nper_month = "10 DOL"\n', "no currency"),
        ('[[facility]]\nper_month = "-3 USD"\n', "0 or more"),
        ('[[facility]]\nrent = "3 USD"\n', "says 'rent'"),
        ("[[facility]]\n", "does not say 'per_month'"),
        ('[[robot]]\nprice = "1 USD"\n', "Did you mean 'robots'"),
        ("[[shared]]\namount = 5\nshare = 1.5\n", "bears 1.5"),
        ('[[shared]]\namount = 5\nshare = 1\nhow = "guessed"\n', "'guessed'"),
        ("[[shared]]\namount = 5\nshare = 1\n[results]\nraw_hours = 4\naccepted_hours = 5\n", "cannot be"),
        ("[[shared]]\namount = 5\nshare = 1\n[results]\nbefore = [5, 4]\n", "cannot be"),
        ("", "no lines"),
        ("[[", "no TOML"),
    ],
)
def test_what_cannot_be_reckoned_is_refused_by_name(tmp_path: Path, text: str, words: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(BadValue, match=words.replace("[", r"\[")):
        read_book(path)
    done = run("cost", path, "--json")
    assert done.exit_code == 1 and json.loads(done.stdout)["error"]["what"]


def test_what_nobody_knows_is_said_and_no_number_is_invented(tmp_path: Path) -> None:
    book = read_book(written(tmp_path, "[[shared]]\namount = 5\nshare = 1\n"))
    made, missing = figures(book, Results())
    assert [one.name for one in made] == ["total"] and len(missing) == 4
    worse = read_book(
        written(tmp_path, "[[shared]]\namount = 5\nshare = 1\n[results]\nbefore = [9, 10]\nafter = [8, 10]\n")
    )
    made, missing = figures(worse, worse.results)
    assert any("no per point" in line for line in missing) and "per_point" not in {one.name for one in made}
    unclear = read_book(
        written(tmp_path, "[[shared]]\namount = 5\nshare = 1\n[results]\nbefore = [8, 10]\nafter = [9, 10]\n")
    )
    point = figures(unclear, unclear.results)[0][-1]
    assert point.value == 0.5 and point.high == float("inf")


def test_the_lakes_own_hours_and_acceptance_fill_what_the_file_leaves_out(lake: Store) -> None:
    book = read_book(EXAMPLE)
    judged = [Fact(one, "verdict", ("accept", "review")[i % 4 == 0], "gate@1") for i, one in enumerate(lake.ids())]
    lake.tell(judged, at=2)
    own = results_of(lake, Results())
    row = lake.sql(
        "SELECT sum(seconds) / 3600 AS h, count(*) FILTER (verdict = 'accept') AS a FROM episodes"
    ).to_pylist()[0]
    assert float(own.raw_hours or 0) == pytest.approx(row["h"])
    assert own.acceptance is not None and own.acceptance.hits == row["a"] == 15
    stated = results_of(lake, book.results)
    assert stated.raw_hours == Decimal("512.5") and stated.how == "assumed"


def test_told_figures_are_found_by_measure_and_by_the_forecast(tmp_path: Path) -> None:
    place = tmp_path / "lake"
    with Store(place) as store:
        with pytest.raises(NotFound, match="reckoned cost"):
            known_costs(store)
        store.tell([Fact("x", "note", 1, "test@1")], at=1)
    assert run("cost", EXAMPLE, "--lake", place).exit_code == 0
    with Store(place) as store:
        tell(store, read_book(EXAMPLE), figures(read_book(EXAMPLE), read_book(EXAMPLE).results)[0], 5)
        price = cost_known(store)
        assert price is not None and (price.value, price.unit) == (75.66, "USD/hour")
        assert price.low is not None and price.low < 75.66
    done = run("measure", "cost", "--lake", place, "--json")
    found = {one["name"]: one for one in json.loads(done.stdout)["estimates"]}
    assert found["cost per_accepted_hour"]["value"] == 75.66 and found["cost per_accepted_hour"]["n"] == 3075
    assert found["cost total"]["group"] == "small site, one month"
