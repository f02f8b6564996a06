"""Accounts, sessions, tokens and the first admin, as they lie in the book."""

import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from volant.core.errors import BadValue, LakeCorrupt, LakeNewer, NotFound, Refused
from volant.serve.doors import RIGHTS, ROLES, Book, Who, add_user, begin, make_token
from volant.serve.doors.first import HOURS, invite, invited, welcome
from volant.serve.doors.sessions import end, end_all, session
from volant.serve.doors.tokens import bearer, revoke, tokens
from volant.serve.doors.users import change_user, set_password, sign_in, user, users

NOW = 1_764_000_000_000_000_000
HOUR = 3_600_000_000_000
WORDS = "correct horse battery"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    made = Book.open(tmp_path / "home")
    add_user(made, "Ada", "admin", by="test", at=NOW, password=WORDS)
    yield made
    made.close()


def test_the_book_is_ours_alone_and_holds_no_secret_in_clear(book: Book) -> None:
    secret = begin(book, user(book, "ada"), at=NOW, seconds=60)
    _, token = make_token(book, "phone 3", "collector", by="ada", at=NOW)
    assert stat.S_IMODE(book.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(book.path.parent.stat().st_mode) == 0o700
    book.ask("PRAGMA wal_checkpoint")
    lying = b"".join(part.read_bytes() for part in book.path.parent.iterdir())
    assert not any(word.encode() in lying for word in (secret, token, WORDS))


def test_a_password_opens_the_account_and_nothing_else_does(book: Book) -> None:
    assert sign_in(book, "ADA ", WORDS) == user(book, "ada")
    assert sign_in(book, "ada", WORDS + "x") is None
    assert sign_in(book, "nobody", WORDS) is None
    assert sign_in(book, "../ada", WORDS) is None
    add_user(book, "bob", "viewer", by="oidc", at=NOW, identity="https://id.example bob")
    assert sign_in(book, "bob", "") is None


@pytest.mark.parametrize("name", ["", "../etc", "a/b", "a@1", "a\nb", ".a", "x" * 65, "a'b"])
def test_names_are_neither_paths_nor_authors(book: Book, name: str) -> None:
    with pytest.raises(BadValue):
        add_user(book, name, "viewer", by="test", at=NOW, password=WORDS)


def test_names_may_be_of_any_script_but_exist_once(book: Book) -> None:
    assert add_user(book, "李雷", "operator", by="test", at=NOW, password=WORDS).name == "李雷"
    with pytest.raises(Refused, match="already"):
        add_user(book, "ADA", "viewer", by="test", at=NOW, password=WORDS)


@pytest.mark.parametrize("password", ["short", "x" * 20, "abababababab", "y" * 600])
def test_passwords_that_are_easy_are_refused(book: Book, password: str) -> None:
    with pytest.raises(BadValue):
        add_user(book, "eve", "viewer", by="test", at=NOW, password=password)


def test_a_session_ends_by_time_by_hand_and_with_its_account(book: Book) -> None:
    ada, eve = user(book, "ada"), add_user(book, "eve", "viewer", by="ada", at=NOW, password=WORDS)
    secret = begin(book, eve, at=NOW, seconds=3600)
    assert session(book, secret, at=NOW + HOUR - 1) == Who("eve", "viewer")
    assert session(book, secret, at=NOW + HOUR) is None
    assert session(book, secret + "x", at=NOW) is None
    end(book, secret, at=NOW)
    assert session(book, secret, at=NOW) is None
    several = [begin(book, eve, at=NOW, seconds=3600) for _ in range(3)]
    change_user(book, "eve", by="ada", at=NOW, role="reviewer")
    assert session(book, several[0], at=NOW) == Who("eve", "reviewer")
    assert end_all(book, "eve", by="ada", at=NOW) == 3
    other = begin(book, eve, at=NOW, seconds=3600)
    change_user(book, "eve", by="ada", at=NOW, disabled=True)
    assert session(book, other, at=NOW) is None
    assert sign_in(book, "eve", WORDS) is None
    change_user(book, "eve", by="ada", at=NOW, disabled=False)
    assert session(book, other, at=NOW) is None, "opening the account again brings no session back"
    mine = begin(book, ada, at=NOW, seconds=3600)
    set_password(book, "ada", "another few words", by="ada", at=NOW)
    assert session(book, mine, at=NOW) is None
    assert sign_in(book, "ada", WORDS) is None


def test_one_admin_always_stays(book: Book) -> None:
    for change in ({"role": "viewer"}, {"disabled": True}):
        with pytest.raises(Refused, match="last admin"):
            change_user(book, "ada", by="ada", at=NOW, **change)
    assert user(book, "ada").role == "admin"
    with pytest.raises(NotFound, match="ada"):
        change_user(book, "adda", by="ada", at=NOW, role="viewer")
    with pytest.raises(BadValue, match="admin"):
        change_user(book, "ada", by="ada", at=NOW, role="amdin")


def test_a_token_works_until_it_is_over_or_revoked(book: Book) -> None:
    token, secret = make_token(book, "phone 3", "collector", by="ada", at=NOW, days=1)
    assert bearer(book, secret, at=NOW) == Who("phone 3", "collector", token.id)
    assert bearer(book, secret, at=NOW + 24 * HOUR) is None
    assert bearer(book, secret[:-1], at=NOW) is None
    assert revoke(book, token.id, by="ada", at=NOW).revoked == NOW
    assert revoke(book, token.id, by="ada", at=NOW + 1).revoked == NOW
    assert bearer(book, secret, at=NOW) is None
    assert [one.id for one in tokens(book)] == [token.id]
    with pytest.raises(NotFound):
        revoke(book, "nope", by="ada", at=NOW)


def test_scopes_leave_a_token_fewer_rights_than_its_role(book: Book) -> None:
    _, secret = make_token(book, "dashboard", "admin", by="ada", at=NOW, scopes=["read"])
    who = bearer(book, secret, at=NOW)
    assert who is not None
    assert [right for right in RIGHTS if who.may(right)] == ["read"]
    with pytest.raises(BadValue, match="no right"):
        make_token(book, "phone", "collector", by="ada", at=NOW, scopes=["admin"])
    with pytest.raises(BadValue):
        make_token(book, "phone", "collector", by="ada", at=NOW, days=0)
    with pytest.raises(BadValue):
        make_token(book, "", "collector", by="ada", at=NOW)


def test_every_role_has_what_the_table_says() -> None:
    for role in ROLES:
        assert [right for right in RIGHTS if Who("x", role).may(right)] == [r for r in RIGHTS if role in RIGHTS[r]]


def test_the_first_link_makes_one_admin_once(tmp_path: Path) -> None:
    book = Book.open(tmp_path)
    old = invite(book, at=NOW)
    key = invite(book, at=NOW)
    assert not invited(book, old, at=NOW)
    assert not invited(book, key, at=NOW + int(HOURS * HOUR))
    with pytest.raises(BadValue):
        welcome(book, key, "ada", "short", at=NOW)
    assert invited(book, key, at=NOW), "a password that was refused does not use the link up"

    def come(name: str) -> str:
        try:
            return welcome(book, key, name, WORDS, at=NOW).role
        except Refused:
            return "late"

    with ThreadPoolExecutor(4) as pool:
        came = sorted(pool.map(come, ["ada", "bob", "eve", "joe"]))
    assert came == ["admin", "late", "late", "late"]
    assert len(users(book)) == 1
    assert invite(book, at=NOW) == ""
    book.close()


def test_a_newer_or_foreign_book_is_refused(tmp_path: Path) -> None:
    Book.open(tmp_path).close()
    with sqlite3.connect(tmp_path / "accounts.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(LakeNewer):
        Book.open(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    with sqlite3.connect(other / "accounts.sqlite") as db:
        db.execute("CREATE TABLE x (y)")
    with pytest.raises(LakeCorrupt):
        Book.open(other)
    (tmp_path / "third").mkdir()
    (tmp_path / "third" / "accounts.sqlite").write_bytes(b"no database " * 1000)
    with pytest.raises(LakeCorrupt):
        Book.open(tmp_path / "third")
