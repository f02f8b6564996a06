"""``volant audit``: who did what."""

from __future__ import annotations

from pathlib import Path

import click

from ._home import accounts, with_home
from ._options import as_json, limit
from ._say import document, moment, note, table


@click.command("audit")
@click.option("--verify", "check", is_flag=True, help="Make the chain of hashes again; exit 1 where it breaks.")
@limit(50)
@with_home
@as_json
def command(*, check: bool, limit: int, lake: str | None, home: Path | None, json: bool) -> None:
    """Show who did what with accounts, tokens and the served lake, newest first.

    Lines are only ever added, each hashed into the next. Keep the head that --verify prints somewhere else: who can
    write the file could make a whole new chain, but not one with that head.
    """
    with accounts(lake, home) as book:
        from volant.serve.doors.audit import entries, verify

        trail = verify(book) if check else None
        found = entries(book, limit=limit or (1 << 40)) if trail is None else []
    if trail is not None:
        if json:
            document(trail)
        elif trail.broken is None:
            click.echo(f"{trail.rows} lines, unbroken. Head: {trail.head}")
        else:
            click.echo(f"Broken at line {trail.broken.seq}: {trail.broken.why} {trail.rows} lines before it hold.")
        click.get_current_context().exit(1 if trail.broken else 0)
    if json:
        document({"entries": found})
        return
    rows = [
        {
            "line": one.seq,
            "at": moment(one.at),
            "who": one.who,
            "what": one.what,
            "about": one.about,
            "details": ", ".join(f"{key}={value}" for key, value in one.details.items() if value),
        }
        for one in found
    ]
    table(rows) if rows else note("Nothing happened yet.")
