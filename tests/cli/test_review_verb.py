"""The queue of people at a terminal."""

import json

from click.testing import CliRunner

from volant.cli import cli


def said(*words, code=0, lake=None):
    where = ["--lake", str(lake)] if lake else []
    result = CliRunner().invoke(cli, ["review", *words, *where, "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_an_episode_is_taken_returned_and_objected_to(lake):
    place = lake.place
    mine = ("--by", "li", "--double", "0")
    got = said("--next", *mine, lake=place)
    assert got["waiting"] == 20
    done = said("--decide", got["id"][:12], "--reject", "--reason", "cut", "--outcome", "failure", "--cause", "dropped",
                "--span", "0.1", "0.3", "--seconds", "4", *mine, lake=place)  # fmt: skip
    assert done == {"id": got["id"], "state": "returned", "ratings": 1, "wanted": 0}
    assert said(lake=place) == {"todo": 19, "in_review": 0, "accepted": 0, "returned": 1}
    assert said("--object", got["id"], "--reason", "It is whole.", "--by", "ann", lake=place)["state"] == "todo"
    assert said("--next", "--by", "bo", "--double", "0", lake=place)["objection"] == "It is whole."


def test_agreement_and_rates_have_intervals_and_methods(lake):
    first = lake.ids()[0]
    for who, word in (("a", "--accept"), ("b", "--reject")):
        said("--decide", first, word, "--reason", "idle", "--by", who, "--double", "1", lake=lake.place)
    found = said("--agreement", lake=lake.place)["estimates"]
    assert [(one["name"], one["value"], one["n"]) for one in found] == [("kappa", 0.0, 1), ("agreement", 0.0, 1)]
    assert found[1]["high"] > 0.5
    assert "Wilson" in found[1]["method"]
    assert said("--rates", lake=lake.place) == {"estimates": []}


def test_a_plan_needs_no_lake_and_prints_its_curve():
    found = said("--plan", "--aql", "0.05", "--ltpd", "0.15", "--consumer", "0.075")
    assert (found["plan"]["n"], found["plan"]["c"]) == (80, 7)
    assert found["curve"][0] == {"bad": 0.0, "passes": 1.0}
    words = CliRunner().invoke(cli, ["review", "--plan"])
    assert "Look at 110 episodes and let the lot pass where at most 3 come back." in words.output


def test_a_decision_without_a_word_is_misuse(lake):
    result = CliRunner().invoke(cli, ["review", lake.ids()[0], "--decide", "--lake", str(lake.place)])
    assert result.exit_code == 2
    assert "--accept or --reject" in result.output
