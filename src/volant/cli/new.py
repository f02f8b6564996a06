"""``volant new``: a plug-in of one's own, working from the first minute."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from string import Template

import click

from volant.core.errors import BadValue, Refused

from ._options import as_json
from ._say import document

KINDS = ("format", "check", "measure", "embedding")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_TEMPLATES = Path(__file__).parent / "templates"


@click.command("new")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="Where to write (default: ./NAME).")
@as_json
def command(kind: str, name: str, folder: Path | None, json: bool) -> None:
    """Write a plug-in (format, check, measure, embedding): a file that works, its tests, and its entry-point line.

    It passes the laws as it is: change it step by step, and run its tests after each.
    """
    written = write(kind, name, folder or Path(name.replace("-", "_")))
    if json:
        document({"kind": kind, "name": name.replace("-", "_"), "files": [str(path) for path in written]})
        return
    for path in written:
        click.echo(str(path))
    where = written[0].parent
    click.echo(f"Next: pip install -e {where} && volant conform {name.replace('-', '_')}")


def write(kind: str, name: str, folder: Path) -> list[Path]:
    """The plug-in's files in ``folder``; nothing that exists is written over."""
    plain = name.replace("-", "_")
    if not _NAME.fullmatch(plain) or keyword.iskeyword(plain):
        raise BadValue(f"{name!r} cannot name a plug-in.", do="Use small letters, digits and underscores.")
    module = f"volant_{plain}"
    words = {
        "name": plain,
        "Name": "".join(part.capitalize() for part in plain.split("_")),
        "module": module,
        "package": module.replace("_", "-"),
        "kind": kind,
        "group": f"{kind}s",
    }
    goals = {
        f"{module}.py": f"{kind}.py.txt",
        f"test_{plain}.py": f"{kind}_test.py.txt",
        "pyproject.toml": "pyproject.toml.txt",
    }
    paths = [folder / goal for goal in goals]
    there = [path for path in paths if path.exists()]
    if there:
        raise Refused(f"{there[0]} is already there.", do="Choose another name or --dir.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, template in zip(paths, goals.values(), strict=True):
            text = Template((_TEMPLATES / template).read_text(encoding="utf-8")).substitute(words)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused(f"{folder} cannot be written: {error.strerror or error}.") from error
    return paths
