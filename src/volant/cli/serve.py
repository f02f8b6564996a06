"""``volant serve``: pages, API and live intake of a lake, in one process."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ._home import with_home
from ._options import as_json, lake_place
from ._say import document, note

if TYPE_CHECKING:
    from volant.deploy.words import Shifting
    from volant.serve.run import Started


@click.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), default=7070, show_default=True, help="0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 for every network of this machine.")
@click.option("--cert", type=click.Path(path_type=Path), help="TLS: certificate chain, PEM.")
@click.option("--key", type=click.Path(path_type=Path), help="TLS: its key, PEM.")
@click.option("--oidc", type=click.Path(path_type=Path), help="TOML: the provider that signs people in.")
@click.option("--proxy", default="", metavar="ADDRESS", help="A reverse proxy whose word on addresses counts.")
@click.option("--fleet", nargs=2, metavar="CKPT WORLD/TASK", help="Robots that work beside it, for the page Watch.")
@click.option("--robots", type=click.IntRange(1, 1000), default=50, show_default=True, help="Robots of the fleet.")
@click.option("--gate", default="ensemble", show_default=True, help="When they ask: ensemble, progress, novelty, none.")
@click.option("--open", "show", is_flag=True, help="Open a browser at it.")
@with_home
@as_json
def command(
    *, lake: str | None, fleet: tuple[str, str] | None, robots: int, gate: str, show: bool, json: bool, **how: Any
) -> None:
    """Serve the lake: pages, API and live intake. The first start prints a link that makes the first admin.

    Stops at Ctrl-C or SIGTERM: nobody new is let in, episodes under way come to their end, then it leaves with 0.
    """
    from volant.core.errors import MissingPart
    from volant.serve.settings import Serving

    serving = Serving(lake=lake_place(lake), **how)
    try:
        from volant.serve.run import serve as run
    except ImportError as error:
        raise MissingPart(f"Serving needs {error.name}.", do="Install volant[serve].") from error

    def started(at: Started) -> None:
        if json:
            document({"url": at.url, "first": at.first, "version": at.prepared.version, "done": at.prepared.done})
        else:
            for line in at.prepared.done:
                note(line)
            click.echo(f"Serving {serving.lake} at {at.url}")
            if serving.in_clear:
                note("Passwords travel in clear: give --cert and --key, or put a proxy with TLS before it (--proxy).")
            if at.first:
                click.echo(f"Make the first admin at {at.first}")
        sys.stdout.flush()
        if show:
            webbrowser.open(at.first or at.url)

    run(serving, started, note, fleet=_fleet(fleet, robots, gate) if fleet else None)


def _fleet(named: tuple[str, str], robots: int, gate: str) -> tuple[bytes, str, Shifting]:
    """The fleet's policy, place and settings; refused where either is not there."""
    from volant import plug
    from volant.core.errors import NotFound
    from volant.deploy.words import Shifting

    path, place = Path(named[0]), named[1]
    plug.place(place)
    if not path.is_file():
        raise NotFound(f"There is no checkpoint at {path}.", do="`volant train` makes one.")
    return path.read_bytes(), place, Shifting(robots, gate=gate)
