"""What earlier recordings left behind, sent when the link is there again."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ..core.errors import BadInput, NotFound, Refused
from .link import Link, Told
from .outbox import Outbox

__all__ = ["Synced", "hold", "left", "place", "sync"]


@dataclass(slots=True)
class Synced:
    """What came of it: files that are wholly in the lake now, those that are not and why, and episodes by verdict."""

    done: list[Path] = field(default_factory=list)
    waiting: dict[Path, str] = field(default_factory=dict)
    stored: dict[str, dict[str, Any]] = field(default_factory=dict)


def place(folder: str | Path | None) -> Path:
    """The folder of spools, made where it is not there: the one named, $VOLANT_SPOOL, or the user's state folder."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    found = Path(folder or os.environ.get("VOLANT_SPOOL") or Path(state) / "volant" / "spool").expanduser()
    try:
        found.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Refused(
            f"Recordings cannot be spooled to {found}: {error.strerror or error}.", do="Name another folder."
        ) from error
    return found


def hold(path: Path) -> IO[bytes]:
    """Mark a spool as being written, until the file that is returned is closed or the process ends."""
    file = path.with_suffix(".lock").open("wb")
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return file


def left(folder: str | Path | None = None) -> list[Path]:
    """Spools that no living process writes, oldest first."""
    found = []
    for path in sorted(place(folder).glob("*.mcap"), key=lambda one: (one.stat().st_mtime_ns, one.name)):
        try:
            hold(path).close()
        except OSError:
            continue
        found.append(path)
    return found


def sync(
    folder: str | Path | None,
    url: str,
    *,
    token: str = "",
    timeout: float = 600.0,
    clock: Callable[[], int] = time.time_ns,
    heard: Callable[[Told], object] = bool,
) -> Synced:
    """Send every spool of a folder that no living process writes; each goes when the server has all of it.

    An episode that was never ended, because its process was killed, ends as ``aborted``.
    """
    result = Synced()
    if folder is not None and not Path(folder).is_dir():
        raise NotFound(f"There is no folder at {folder}.")
    for path in left(folder):
        with hold(path):
            try:
                box, episodes = Outbox.of(path)
            except BadInput as error:
                result.waiting[path] = error.what
                continue
            link = Link(url, box, token or os.environ.get("VOLANT_TOKEN", ""), path.stem, clock, heard)
            link.start()
            whole = link.finish(episodes, timeout)
            result.stored |= link.stored
            if whole and not box.waiting:
                path.unlink()
                result.done.append(path)
            else:
                result.waiting[path] = str(link.refused or link.told.trouble or "the server has not answered in time")
        path.with_suffix(".lock").unlink(missing_ok=True)
    return result
