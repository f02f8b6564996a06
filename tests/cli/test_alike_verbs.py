"""The verbs that find episodes alike, repeated and rare, as a person calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from volant.api import Lake
from volant.cli import cli
from volant.conform import generated


@pytest.fixture
def place(tmp_path: Path) -> Path:
    with Lake(tmp_path / "lake", clock=lambda: 1) as lake:
        lake.store.put(generated.episodes(3, 12), at=1)
        for name, half in (("a", "pos < 8"), ("b", "pos >= 6")):
            lake.select(f"id IN (SELECT id FROM catalogued WHERE {half})").save(tmp_path / f"{name}.sel")
    return tmp_path


def asked(place: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["--lake", str(place / "lake"), *words])
    return done.exit_code, done.stdout


def test_the_three_verbs_answer_people_and_machines(place: Path) -> None:
    code, rare = asked(place, "rare", "-k", "3", "--json")
    first = json.loads(rare)["rare"][0]["id"]
    assert code == 0 and len(json.loads(rare)["rare"]) == 3
    code, near = asked(place, "similar", first[:8], "-k", "5", "--json")
    distances = [one["distance"] for one in json.loads(near)["similar"]]
    assert code == 0 and len(distances) == 5 and distances == sorted(distances)
    for words in (["rare"], ["similar", first], ["duplicates"], ["duplicates", "--eps", "0"]):
        assert asked(place, *words)[0] == 0, words
    code, between = asked(place, "duplicates", "--between", str(place / "a.sel"), str(place / "b.sel"), "--json")
    assert code == 0 and [one["kind"] for one in json.loads(between)["leaks"]].count("same") == 2
    assert asked(place, "similar", "feed")[0] == 1
    assert asked(place, "rare", "--space", "tast")[0] == 1
