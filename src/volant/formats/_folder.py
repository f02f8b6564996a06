"""Many files, one episode or more each: a broken one is named after the sound ones were read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ..core import Episode
from ..core.errors import BadInput, BadValue, Damaged, Hostile

__all__ = ["each", "inside", "numbered"]


def each(paths: Iterable[Path], read: Callable[[Path], Iterable[Episode]]) -> Iterator[Episode]:
    """The episodes of every file in turn; files that cannot be read are named together at the end."""
    lost: list[tuple[Path, BadInput]] = []
    count = 0
    for path in paths:
        count += 1
        try:
            yield from read(path)
        except (Damaged, BadValue) as error:
            lost.append((path, error))
    if len(lost) == 1:
        raise lost[0][1]
    if lost:
        path, cause = lost[0]
        raise Damaged(
            f"{len(lost)} of {count} files cannot be read, first {path.name}: {cause.what}",
            instead=f"{count - len(lost)} were read.",
            do=cause.do,
        )


def numbered(path: Path | str) -> tuple[str, int, str]:
    """A sorting key that puts ``episode_10`` after ``episode_9``."""
    name = path.stem if isinstance(path, Path) else path
    found = re.search(r"^(.*?)(\d{1,18})(\D*)$", name)
    return (found.group(1), int(found.group(2)), found.group(3)) if found else (name, -1, "")


def inside(folder: Path, name: str) -> Path:
    """A path named by metadata, refused where it leaves the folder."""
    target = (folder / name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise Hostile(f"{name!r} lies outside {folder}.", do="Metadata may only name files of its own folder.")
    return target
