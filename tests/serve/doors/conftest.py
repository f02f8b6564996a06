"""A hall for every test that wants one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from knocking import Hall

from volant.serve.doors.users import _nobodys


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 with its least cost, so that six accounts take no half a second."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("volant.serve.doors.users.PasswordHasher", lambda: quick)
    _nobodys.cache_clear()


@pytest.fixture
def hall(tmp_path: Path, quick_hashes: None) -> Iterator[Hall]:
    """A door with accounts of every role, and a small room behind it."""
    made = Hall(tmp_path / "home")
    yield made
    made.book.close()
