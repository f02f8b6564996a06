"""``volant train``: from a selection to a file, and the refusals on the way."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

sys.path.insert(0, str(Path(__file__).parents[1] / "policies"))

from lessons import walks
from toy import BODY

import volant
from volant.cli import cli
from volant.core import Living, Origin, lived
from volant.core.checkpoint import header


@pytest.fixture
def lake(tmp_path: Path) -> volant.Lake:
    made = volant.Lake(tmp_path / "lake", clock=lambda: 1)
    made.store.put([lived(take, Living(BODY, Origin(), "near", "line@1")) for take in walks(8)], at=1)
    return made


def run(lake: volant.Lake, *words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], env={"VOLANT_LAKE": str(lake.place)})


def test_a_selection_becomes_a_file_and_the_same_again(lake: volant.Lake, tmp_path: Path) -> None:
    picked = lake.select()
    out = tmp_path / "made" / "walk.ckpt"
    words = (
        "train",
        "bc",
        picked.hash,
        "-o",
        out,
        "--ensemble",
        2,
        "--set",
        "steps=128",
        "--set",
        "width=32",
        "--json",
    )
    said = json.loads(run(lake, *words).stdout)
    assert (said["episodes"], said["tasks"], said["selection"]) == (8, ["walk"], picked.hash)
    assert header(out.read_bytes())["members"] == 2
    assert json.loads(run(lake, *words).stdout)["hash"] == said["hash"]
    policy = volant.train("bc", picked, ensemble=2, options={"steps": 128, "width": 32})
    assert policy.blob == out.read_bytes()
    other = run(lake, *words[:-1], "--seed", 1)
    assert other.exit_code == 1
    assert "Another policy lies at" in other.stderr


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("bd", "HASH"), 1, "No policy is called 'bd'"),
        (("bc", "feed"), 1, "no selection"),
        (("bc", "HASH", "--failures", "hide"), 1, "Failures cannot be used by 'hide'"),
        (("bc", "HASH", "--set", "wide=3"), 1, "Did you mean 'width'"),
        (("bc", "HASH", "--set", "wide"), 2, "--set NAME=VALUE"),
        (("bc", "HASH", "--minutes", "-1"), 2, "-1"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_words(
    lake: volant.Lake, words: tuple[str, ...], code: int, says: str
) -> None:
    picked = lake.select()
    result = run(lake, "train", *(picked.hash if word == "HASH" else word for word in words))
    assert (result.exit_code, says in result.stderr) == (code, True), result.stderr
