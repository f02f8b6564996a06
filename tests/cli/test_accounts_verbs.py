"""``volant user``, ``token`` and ``audit`` work on the same accounts as the server."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from volant.cli import cli

pytest.importorskip("argon2", reason="the extra `serve` is not installed")
WORDS = "correct horse battery\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def run(*words: object, said: str = "") -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], input=said)


def answer(*words: object, said: str = "", code: int = 0) -> dict:
    result = run(*words, "--json", said=said)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_people_are_added_changed_and_shut_out(home: Path) -> None:
    made = answer("user", "add", "ada", "--role", "admin", "--home", home, said=WORDS)
    assert made["user"]["role"] == "admin"
    assert "correct" not in json.dumps(made)
    answer("user", "add", "eve", "--role", "viewer", "--home", home, said=WORDS)
    assert answer("user", "role", "eve", "reviewer", "--home", home)["user"]["role"] == "reviewer"
    assert answer("user", "disable", "eve", "--home", home)["user"]["disabled"]
    assert not answer("user", "disable", "eve", "--undo", "--home", home)["user"]["disabled"]
    answer("user", "password", "eve", "--home", home, said="another few words\n")
    assert [one["name"] for one in answer("user", "list", "--home", home)["users"]] == ["ada", "eve"]
    told = answer("audit", "--home", home)["entries"]
    assert [one["what"] for one in told] == [
        "user/password", "user/enable", "user/disable", "user/role", "user/add", "user/add"
    ]  # fmt: skip
    assert told[0]["who"].startswith("cli:")


@pytest.mark.parametrize(
    ("words", "said", "code", "kind"),
    [
        (("user", "add", "bob", "--role", "king"), WORDS, 1, "BadValue"),
        (("user", "add", "bob", "--role", "viewer"), "short\n", 1, "BadValue"),
        (("user", "add", "../bob", "--role", "viewer"), WORDS, 1, "BadValue"),
        (("user", "disable", "ada"), "", 1, "Refused"),
        (("user", "role", "nobody", "viewer"), "", 1, "NotFound"),
        (("user", "add", "bob"), WORDS, 2, "Misuse"),
        (("token", "create", "--role", "king", "--name", "x"), "", 1, "BadValue"),
        (("token", "create", "--role", "viewer", "--name", "x", "--scope", "admin"), "", 1, "BadValue"),
        (("token", "revoke", "nope"), "", 1, "NotFound"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    home: Path, words: tuple[str, ...], said: str, code: int, kind: str
) -> None:
    answer("user", "add", "ada", "--role", "admin", "--home", home, said=WORDS)
    assert answer(*words, "--home", home, said=said, code=code)["error"]["kind"] == kind


def test_a_token_is_shown_once(home: Path) -> None:
    made = run("token", "create", "--role", "collector", "--name", "phone 3", "--home", home)
    secret = made.stdout.strip()
    assert secret.startswith("volant_")
    listed = run("token", "list", "--home", home)
    assert secret not in listed.output
    (token,) = answer("token", "list", "--home", home)["tokens"]
    assert answer("token", "revoke", token["id"], "--home", home)["token"]["revoked"]
    assert "revoked" in run("token", "list", "--home", home).output


def test_verifying_the_audit_log_exits_with_1_where_it_was_edited(home: Path) -> None:
    answer("user", "add", "ada", "--role", "admin", "--home", home, said=WORDS)
    assert answer("audit", "--verify", "--home", home)["broken"] is None
    db = sqlite3.connect(home / "accounts.sqlite", isolation_level=None)
    db.execute("DROP TRIGGER audit_stands")
    db.execute("UPDATE audit SET who = 'eve'")
    db.close()
    assert answer("audit", "--verify", "--home", home, code=1)["broken"]["seq"] == 1
    assert "Broken at line 1" in run("audit", "--verify", "--home", home).output


def test_accounts_are_only_made_beside_a_lake_or_where_it_is_said(tmp_path: Path) -> None:
    result = run("token", "list", "--lake", tmp_path / "none")
    assert result.exit_code == 1
    assert not (tmp_path / "none").exists()
    assert run("token", "list", "--lake", "s3://bucket/lake").exit_code == 2
