"""From a finished upload into the lake, through the gate, and what it says of it."""

from __future__ import annotations

import shutil
import tarfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ..api import Lake
from ..core import Origin
from ..core.errors import Damaged, VolantError
from .drafts import About, Draft

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["land", "unpacked"]

_PARTS = ("take.json", "motion.json", "video.webm", "video.mp4")


def land(lake: Lake, draft: Draft) -> About:
    """Add an upload's recording to the lake by its uploader; again after a crash it adds nothing twice.

    A recording that nobody can read is kept beside the reason, ``refused``; one that landed is in the lake alone.
    """
    about = draft.about()
    if about.state != "received":
        return about
    path = draft.data(about)
    said = about.said
    operator = said.get("operator", "") if about.token else ""
    origin = Origin(
        operator=operator or about.who, collector=about.who, tier=said.get("tier", ""), site=said.get("site", "")
    )
    try:
        path = unpacked(path)
        done = lake.add(path, origin=origin, task=said.get("task", "")[:200])
    except VolantError as error:
        about = msgspec.structs.replace(about, state="refused", why=str(error))
    else:
        found = _found(lake.store, draft.folder.name)
        why = "; ".join(refusal.why for refusal in done.refused)
        if not found and not why:
            why = "No format knows this kind of file." if done.ignored else "It holds no episode."
        about = msgspec.structs.replace(about, state="landed" if found else "refused", why=why, episodes=found)
    draft.tell(about)
    if about.state == "landed" and not about.why:
        with suppress(OSError):
            draft.data(about).unlink()
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    return about


def unpacked(path: Path) -> Path:
    """A phone's take (a tar of the files that we know by name) as a folder; anything else as it is.

    Nothing in it decides where something is written, and nothing else of it is looked at. Raises ``Damaged``.
    """
    if path.suffix != ".take" or not path.is_file():
        return path
    folder = path.with_name("take")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                held = tar.extractfile(member) if member.isfile() and member.name in _PARTS else None
                if held is not None:
                    with held, (folder / member.name).open("wb") as out:
                        shutil.copyfileobj(held, out)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Damaged(f"The take cannot be unpacked: {error}.") from error
    return folder


def _found(store: Store, mark: str) -> list[dict[str, object]]:
    """Episodes that came from, or were seen again in, an upload: id, verdict, seconds, and reasons in words."""
    rows: list[dict[str, object]] = store.sql(
        """SELECT id, coalesce(verdict, '') AS verdict, seconds FROM episodes
        WHERE contains(uri, ?) OR id IN (SELECT subject FROM facts WHERE key = 'origin/also' AND contains(value, ?))
        ORDER BY added, pos""",
        params=[mark, mark],
    ).to_pylist()
    told = store.facts(subject=[str(row["id"]) for row in rows], key="reason/*")
    for row in rows:
        row["reasons"] = [
            str(why) for subject, why in zip(told.subject, told.value, strict=True) if subject == row["id"]
        ]
    return rows
