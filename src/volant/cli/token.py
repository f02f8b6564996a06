"""``volant token``: keys for machines."""

from __future__ import annotations

from pathlib import Path

import click

from ._home import accounts, me, with_home
from ._options import as_json, now
from ._say import document, moment, note, table


@click.group("token")
def command() -> None:
    """Make, list and revoke tokens: what a robot, a phone or a program comes in with.

    Each of them takes --json.
    """


@command.command("create")
@click.option("--role", required=True, help="admin, curator, reviewer, operator, collector or viewer.")
@click.option("--name", required=True, help="Where it is used, such as 'phone 3'.")
@click.option("--days", type=float, default=90.0, show_default=True, help="How long it lasts.")
@click.option("--scope", "scopes", multiple=True, help="Leave it only this right of its role (may be given twice).")
@with_home
@as_json
def create(
    *, role: str, name: str, days: float, scopes: tuple[str, ...], lake: str | None, home: Path | None, json: bool
) -> None:
    """Make a token; its secret is shown now and never again."""
    with accounts(lake, home) as book:
        from volant.serve.doors import make_token

        token, secret = make_token(book, name, role, by=me(), at=now(), days=days, scopes=scopes)
    if json:
        document({"token": token, "secret": secret})
        return
    click.echo(secret)
    note(f"Token {token.id} for {token.name}, {token.role}, until {moment(token.ends)}. It is not shown again.")


@command.command("list")
@with_home
@as_json
def listed(*, lake: str | None, home: Path | None, json: bool) -> None:
    """List every token there ever was, newest first."""
    with accounts(lake, home) as book:
        from volant.serve.doors.tokens import tokens

        found = tokens(book)
    if json:
        document({"tokens": found})
        return
    at = now()
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "role": one.role,
            "scopes": ", ".join(one.scopes) or "all of the role",
            "made": moment(one.made),
            "by": one.made_by,
            "until": moment(one.ends),
            "state": "good" if one.good(at) else "revoked" if one.revoked else "over",
        }
        for one in found
    ]
    table(rows) if rows else note("There are no tokens yet.")


@command.command("revoke")
@click.argument("id")
@with_home
@as_json
def revoked(*, id: str, lake: str | None, home: Path | None, json: bool) -> None:
    """Let a token open nothing from now on."""
    with accounts(lake, home) as book:
        from volant.serve.doors.tokens import revoke

        token = revoke(book, id, by=me(), at=now())
    document({"token": token}) if json else click.echo(f"Token {token.id} ({token.name}) is revoked.")
