"""``volant diff``: what differs between two things of the same sort."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from volant.core import Selection
from volant.core.errors import Misuse

from ._options import as_json, limit, opened, with_lake
from ._say import document, note

if TYPE_CHECKING:
    from volant.api import Lake


@click.command("diff")
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@limit(20)
@with_lake
@as_json
def command(one: str, other: str, limit: int, lake: str | None, json: bool) -> None:
    """Show what differs between A and B: lake versions or tags, selections (.sel or hash), or publications."""
    sorts = {_sort(one), _sort(other)}
    if sorts == {"publication"}:
        found = _publications(Path(one), Path(other))
    elif "publication" in sorts:
        raise Misuse("A publication can only be compared with a publication.")
    else:
        with opened(lake) as memory:
            found = _memories(memory, one, other)
    if json:
        document({"a": one, "b": other, **found})
        return
    _print(found, limit)


def _sort(name: str) -> str:
    return "publication" if Path(name).is_dir() else "other"


def _publications(one: Path, other: Path) -> dict[str, object]:
    from volant.publish import compare

    found = compare(one, other)
    return {"kind": "publications", "breaking": found.breaking, "growing": found.growing}


def _memories(memory: Lake, one: str, other: str) -> dict[str, object]:
    before, after = memory.resolve(one), memory.resolve(other)
    if isinstance(before, int) and isinstance(after, int):
        return {"kind": "versions", "from": before, "to": after, **memory.diff(before, after)}
    first, second = (_selected(memory, side) for side in (before, after))
    was, now = set(first.ids), set(second.ids)
    changed: dict[str, object] = {
        "kind": "selections",
        "added": [subject for subject in second.ids if subject not in was],
        "removed": [subject for subject in first.ids if subject not in now],
    }
    words = {
        part: [getattr(first, part), getattr(second, part)]
        for part in ("version", "query", "seed", "why")
        if getattr(first, part) != getattr(second, part)
    }
    weighed = _weights(first), _weights(second)
    reweighed = [subject for subject in first.ids if subject in now and weighed[0][subject] != weighed[1][subject]]
    return {**changed, "reweighed": reweighed, "changed": words}


def _selected(memory: Lake, side: int | Selection) -> Selection:
    if isinstance(side, Selection):
        return side
    return Selection(side, "true", tuple(memory.store.ids(side)))


def _weights(selection: Selection) -> dict[str, float]:
    return dict(zip(selection.ids, selection.weights or (1.0,) * len(selection), strict=True))


def _print(found: dict[str, object], limit: int) -> None:
    same = True
    for name, value in found.items():
        if name in ("kind", "from", "to") or not value:
            continue
        same = False
        if isinstance(value, list | tuple):
            click.echo(f"{name}: {len(value)}")
            for item in value[: limit or len(value)]:
                click.echo(f"  {item}")
            if limit and len(value) > limit:
                note(f"  {limit} of {len(value)} {name}; use --limit to see more.")
        elif isinstance(value, dict):
            for key, item in value.items():
                told = f"{item[0]!r} -> {item[1]!r}" if isinstance(item, list) and len(item) == 2 else item
                click.echo(f"{name} {key}: {told}")
        else:
            click.echo(f"{name}: {value}")
    if same:
        click.echo("Nothing differs.")
