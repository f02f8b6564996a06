"""From a finished upload into the lake, through the gate, and what it says of it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from ..api import Lake
from ..core import Origin
from ..core.errors import VolantError
from .drafts import About, Draft

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["land"]


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
            path.unlink()
    return about


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
