"""The audit log only grows, and says where somebody changed it."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from volant.serve.doors import Book, add_user, make_token, noted
from volant.serve.doors.audit import entries, verify

NOW = 1_764_000_000_000_000_000


def filled(home: Path) -> Book:
    book = Book.open(home)
    add_user(book, "ada", "admin", by="test", at=NOW, password="correct horse battery")
    make_token(book, "phone 3", "collector", by="ada", at=NOW + 1)
    for number in range(8):
        noted(book, "ada", "facts/tell", f"e{number}", NOW + 2 + number, key="outcome")
    return book


def test_deeds_are_on_record_newest_first(tmp_path: Path) -> None:
    book = filled(tmp_path)
    every = entries(book)
    assert [entry.seq for entry in every] == list(range(10, 0, -1))
    assert every[-1].what == "user/add"
    assert every[-2].details == {"name": "phone 3", "role": "collector", "scopes": ""}
    assert [entry.seq for entry in entries(book, limit=2, before=4)] == [3, 2]
    found = verify(book)
    assert (found.rows, found.broken, len(found.head)) == (10, None, 32)
    book.close()


def test_the_database_itself_refuses_to_rewrite(tmp_path: Path) -> None:
    filled(tmp_path).close()
    db = sqlite3.connect(tmp_path / "accounts.sqlite")
    for statement in ("UPDATE audit SET who = 'eve'", "DELETE FROM audit"):
        with pytest.raises(sqlite3.IntegrityError, match="only grows"):
            db.execute(statement)
    db.close()


@pytest.mark.parametrize(
    ("tamper", "at"),
    [
        (lambda db: db.execute("UPDATE audit SET who = 'eve' WHERE seq = 4"), 4),
        (lambda db: db.execute("UPDATE audit SET at = at + 1 WHERE seq = 1"), 1),
        (lambda db: db.execute("UPDATE audit SET details = '{}' WHERE seq = 10"), 10),
        (lambda db: db.execute("DELETE FROM audit WHERE seq = 6"), 6),
        (lambda db: db.execute("DELETE FROM audit WHERE seq >= 9"), 9),
        (lambda db: db.execute("UPDATE audit SET chain = zeroblob(16) WHERE seq = 7"), 7),
        (lambda db: db.execute("INSERT INTO audit VALUES (11, 1, 'eve', 'x', 'y', '{}', zeroblob(16))"), 11),
    ],
)
def test_tampering_is_noticed_at_the_row_where_it_happened(
    tmp_path: Path, tamper: Callable[[sqlite3.Connection], object], at: int
) -> None:
    filled(tmp_path).close()
    db = sqlite3.connect(tmp_path / "accounts.sqlite", isolation_level=None)
    db.execute("DROP TRIGGER audit_stays")
    db.execute("DROP TRIGGER audit_stands")
    tamper(db)
    db.close()
    book = Book.open(tmp_path)
    broken = verify(book).broken
    assert broken is not None
    assert broken.seq == at
    book.close()
