"""``volant user``: accounts of people."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ._home import accounts, me, with_home
from ._options import as_json, now
from ._say import document, moment, note, table

if TYPE_CHECKING:
    from volant.serve.doors.users import User


@click.group("user")
def command() -> None:
    """Make and change accounts of people.

    Passwords are asked for on the terminal, or read from standard input. Each of them takes --json.
    """


@command.command("add")
@click.argument("name")
@click.option("--role", required=True, help="admin, curator, reviewer, operator, collector or viewer.")
@with_home
@as_json
def added(*, name: str, role: str, lake: str | None, home: Path | None, json: bool) -> None:
    """Make an account with a password."""
    password = _password()
    with accounts(lake, home) as book:
        from volant.serve.doors import add_user

        _said(add_user(book, name, role, by=me(), at=now(), password=password), json=json)


@command.command("list")
@with_home
@as_json
def listed(*, lake: str | None, home: Path | None, json: bool) -> None:
    """List the accounts."""
    with accounts(lake, home) as book:
        from volant.serve.doors.users import users

        found = users(book)
    if json:
        document({"users": found})
        return
    rows = [
        {
            "name": one.name,
            "role": one.role,
            "state": "disabled" if one.disabled else "open",
            "signs in by": one.identity or ("password" if one.has_password else "nothing"),
            "made": moment(one.made),
        }
        for one in found
    ]
    table(rows) if rows else note("There are no accounts yet; `volant serve` prints a link for the first.")


@command.command("role")
@click.argument("name")
@click.argument("role")
@with_home
@as_json
def role_of(*, name: str, role: str, lake: str | None, home: Path | None, json: bool) -> None:
    """Give somebody another role, at once."""
    with accounts(lake, home) as book:
        from volant.serve.doors.users import change_user

        _said(change_user(book, name, by=me(), at=now(), role=role), json=json)


@command.command("disable")
@click.argument("name")
@click.option("--undo", is_flag=True, help="Open it again.")
@with_home
@as_json
def disabled(*, name: str, undo: bool, lake: str | None, home: Path | None, json: bool) -> None:
    """Shut an account: its sessions end at once. Tokens that its owner made go on; see `volant token list`."""
    with accounts(lake, home) as book:
        from volant.serve.doors.users import change_user

        _said(change_user(book, name, by=me(), at=now(), disabled=not undo), json=json)


@command.command("password")
@click.argument("name")
@with_home
@as_json
def password_of(*, name: str, lake: str | None, home: Path | None, json: bool) -> None:
    """Give somebody a new password; their sessions end."""
    password = _password()
    with accounts(lake, home) as book:
        from volant.serve.doors.users import set_password

        _said(set_password(book, name, password, by=me(), at=now()), json=json)


def _password() -> str:
    """Never from the command line, where others could read it."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _said(user: User, *, json: bool) -> None:
    if json:
        document({"user": user})
    else:
        click.echo(f"{user.name}: {user.role}{', disabled' if user.disabled else ''}")
