"""``volant view``: one episode to look at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from ._options import as_json, opened, with_lake
from ._say import document


@click.command("view")
@click.argument("episode", metavar="ID")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The page (PAGE.html), the recording for Rerun (NAME.rrd), or a folder for both (default: here).",
)
@click.option(
    "--open/--no-open",
    "open_",
    default=None,
    help="Open what was written: in Rerun where it is installed, else in the browser. Default: Rerun, on a screen.",
)
@with_lake
@as_json
def command(episode: str, out: Path, *, open_: bool | None, lake: str | None, json: bool) -> None:
    """Look at one episode: plots, pictures and findings as a page, and for Rerun where it is installed."""
    with opened(lake) as memory:
        name = memory.find(episode)
        made = memory.view(name, out)
    if json:
        document({"id": name, "files": [str(path) for path in made]})
    else:
        for path in made:
            click.echo(str(path))
    recording = next((path for path in made if path.suffix == ".rrd"), None)
    if recording is not None and (open_ or (open_ is None and not json and _screen())):
        subprocess.Popen([sys.executable, "-m", "rerun", str(recording)], start_new_session=True)
    elif open_:
        click.launch(str(made[0]))


def _screen() -> bool:
    """Whether a person sits at a terminal with a screen beside it."""
    seen = sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return seen and sys.stdout.isatty()
