"""``volant conform``: the laws, tried on a plug-in."""

from __future__ import annotations

import sys

import click

from ._options import as_json
from ._say import document, table


@click.command("conform")
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(["formats", "checks", "measures", "policies", "runners"]),
    help="Where names are not unique.",
)
@as_json
def command(name: str, kind: str | None, json: bool) -> None:
    """Run the laws of its port for the plug-in NAME, built-in or your own; exits with 1 where one is broken."""
    from volant.core.errors import MissingPart

    group = kind or _group(name)
    try:
        from volant import conform

        results = conform.run(group, name)
    except ImportError as error:
        raise MissingPart(
            f"The laws need a package that is not here: {error.name}.", do="Install hypothesis."
        ) from error
    broken = [law for law in results if not law.passed]
    if json:
        document({"kind": group, "name": name, "ok": not broken, "laws": results})
    else:
        table([{"law": law.name, "holds": law.passed, "says": law.says, "detail": law.detail} for law in results])
        click.echo(f"{name}: {len(results) - len(broken)} of {len(results)} laws hold.")
    sys.exit(1 if broken else 0)


def _group(name: str) -> str:
    from volant import plug
    from volant.core.errors import Misuse, NotFound, suggest

    groups = [group for group in plug.GROUPS if name in plug.names(group)]
    if len(groups) > 1:
        raise Misuse(f"{name!r} names several plug-ins.", instead=f"Kinds: {', '.join(groups)}.", do="Say --kind.")
    if not groups:
        every = [known for group in plug.GROUPS for known in plug.names(group)]
        raise NotFound(f"No plug-in is called {name!r}.", instead=suggest(name, every), do="Is its package installed?")
    return groups[0]
