"""Which episodes answer a question, how many of each cell, and how much each weighs."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from volant.core import Selection
from volant.core.errors import BadValue, Refused

if TYPE_CHECKING:
    from volant.lake import Store
    from volant.lake.query import Limits

__all__ = ["Picking", "asked", "select"]

Cell = tuple[str, str]

_FULL = re.compile(r"\s*(select|with|from)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Picking:
    """How to pick among the episodes that answer the question.

    ``per_cell`` keeps at most so many of each task and scene, ``weights`` is empty or ``"uniform"`` (all equal),
    ``"cell"`` (every task and scene weighs the same in sum) or an SQL expression over the view ``episodes``, ``seed``
    decides who is kept and how batches are shuffled, ``version`` is the lake version asked (newest where ``None``).
    """

    per_cell: int | None = None
    weights: str = ""
    seed: int = 0
    why: str = ""
    version: int | None = None
    limits: Limits | None = None
    """What the question may take, where a stranger asks it."""

    def __post_init__(self) -> None:
        if self.per_cell is not None and self.per_cell < 1:
            raise BadValue(f"At most {self.per_cell} episodes of each cell leaves nothing.", do="Use 1 or more.")


def select(store: Store, question: str, how: Picking | None = None) -> Selection:
    """Freeze a question: a condition over the view ``episodes`` (empty means all), or a whole query that yields ids.

    Episodes come in the order they were added, or in the query's own. Within a cell the ones with the smallest digest
    of seed and id are kept, so that a lake that has grown changes as few of them as possible.
    """
    how = how or Picking()
    version = _told_last(store) if how.version is None else how.version
    ids = asked(store, question, version, how.limits)
    cells = _cells(store, ids, version) if how.per_cell or how.weights == "cell" else {}
    if how.per_cell:
        ids = _thinned(ids, cells, how)
    if not ids:
        raise Refused(
            f"No episode answers {question!r} at version {version}.", do="See what there is with `volant episodes`."
        )
    weights = _weights(store, ids, cells, how, version)
    return Selection(version, _told(question, how), tuple(ids), weights, how.seed, how.why)


def _told_last(store: Store) -> int:
    """The newest version that brought episodes or facts: keeping a selection or a tag changes no answer."""
    return max((commit.version for commit in store.log() if commit.what in ("put", "tell")), default=store.version)


def asked(store: Store, question: str, version: int, limits: Limits | None = None) -> list[str]:
    """Ids of the episodes that answer a condition, or a whole query, at a version, in their order."""
    if _FULL.match(question):
        table = store.sql(question, version=version, limits=limits)
        names = table.column_names
        column = "id" if "id" in names else names[0]
        ids = table.column(column).to_pylist()
        if not all(isinstance(subject, str) for subject in ids):
            raise BadValue(f"The query's column {column!r} holds no episode ids.", do="Select the column id.")
        known = _known(store, ids, version)
        strange = [subject for subject in ids if subject not in known]
        if strange:
            raise BadValue(
                f"{len(strange)} answers are no episodes, such as {strange[0]!r}.", do="Select the column id."
            )
        return list(dict.fromkeys(ids))
    condition = f"WHERE (\n{question}\n)" if question.strip() else ""
    table = store.sql(f"SELECT id FROM episodes {condition} ORDER BY added, pos", version=version, limits=limits)
    found: list[str] = table["id"].to_pylist()
    return found


def _known(store: Store, ids: Sequence[str], version: int) -> set[str]:
    if not ids:
        return set()
    return set(store.sql("SELECT id FROM episodes", version=version)["id"].to_pylist())


def _cells(store: Store, ids: Sequence[str], version: int) -> dict[str, Cell]:
    table = store.sql(
        "SELECT id, coalesce(task, '') AS task, coalesce(scene, '') AS scene FROM episodes", version=version
    )
    columns = (table[name].to_pylist() for name in ("id", "task", "scene"))
    wanted = set(ids)
    return {subject: (task, scene) for subject, task, scene in zip(*columns, strict=True) if subject in wanted}


def _thinned(ids: Sequence[str], cells: dict[str, Cell], how: Picking) -> list[str]:
    seed = how.seed.to_bytes(16, "little", signed=True)
    ranked = sorted(ids, key=lambda subject: hashlib.blake2b(subject.encode(), digest_size=16, key=seed).digest())
    taken: Counter[Cell] = Counter()
    kept = set()
    for subject in ranked:
        cell = cells[subject]
        if taken[cell] < (how.per_cell or 0):
            taken[cell] += 1
            kept.add(subject)
    return [subject for subject in ids if subject in kept]


def _weights(store: Store, ids: Sequence[str], cells: dict[str, Cell], how: Picking, version: int) -> tuple[float, ...]:
    weights = how.weights
    if weights in ("", "uniform"):
        return ()
    if weights == "cell":
        counts = Counter(cells[subject] for subject in ids)
        return tuple(1.0 / counts[cells[subject]] for subject in ids)
    asked = f"SELECT id, CAST((\n{weights}\n) AS DOUBLE) AS weight FROM episodes"
    table = store.sql(asked, version=version, limits=how.limits)
    found = dict(zip(table["id"].to_pylist(), table["weight"].to_pylist(), strict=True))
    missing = [subject for subject in ids if found.get(subject) is None]
    if missing:
        raise BadValue(
            f"The weight {weights!r} is not defined for {len(missing)} of {len(ids)} episodes, such as {missing[0]}.",
            do="Use coalesce(expression, 0) to leave them out of batches.",
        )
    made = tuple(float(found[subject]) for subject in ids)
    if not sum(made) > 0:
        raise BadValue(f"The weight {weights!r} is 0 for every episode.")
    return made


def _told(question: str, how: Picking) -> str:
    """The question with what else decided the answer."""
    parts = [" ".join(question.split()) or "true"]
    if how.per_cell:
        parts.append(f"per cell {how.per_cell}")
    if how.weights not in ("", "uniform"):
        parts.append(f"weights {how.weights}")
    return " | ".join(parts)
