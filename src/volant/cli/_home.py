"""The folder of accounts that a verb and the server work on, found in the same way by both."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ._options import lake_place, with_lake

if TYPE_CHECKING:
    from volant.serve.doors import Book

__all__ = ["accounts", "home_place", "me", "with_home"]

Wrapped = TypeVar("Wrapped", bound=Callable[..., Any])


def with_home(function: Wrapped) -> Wrapped:
    """``--lake`` and ``--home``."""
    option = click.option(
        "--home", type=click.Path(path_type=Path), help="Folder of accounts (default: LAKE/serve; needed for s3://...)."
    )
    return with_lake(option(function))


def home_place(lake: str | None, home: Path | None) -> Path:
    """The folder; the same rule as the server's."""
    from volant.serve.settings import Serving

    return Serving(lake=lake_place(lake), home=home).place


@contextmanager
def accounts(lake: str | None, home: Path | None) -> Generator[Book]:
    """The accounts, opened. Refused where a lake's own folder would be made before the lake is."""
    from volant.core.errors import MissingPart, NotFound

    place = home_place(lake, home)
    if home is None and not place.parent.is_dir():
        raise NotFound(f"There is no lake at {place.parent}.", do="`volant serve` makes one; or name it with --lake.")
    try:
        from volant.serve.doors import Book
    except ImportError as error:
        raise MissingPart(f"Accounts need {error.name}.", do="Install volant[serve].") from error
    book = Book.open(place)
    try:
        yield book
    finally:
        book.close()


def me() -> str:
    """Who types, for the audit log: the system's user, marked as one at the command line."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"cli:{os.getuid()}"
