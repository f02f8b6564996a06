"""What was recorded, counted by task, environment and whatever else tells episodes apart: one row a combination."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..core.errors import BadValue, suggest

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["AXES", "UNKNOWN", "Axis", "Cells", "read"]

UNKNOWN = "unknown"
"""Shown where nobody said."""

AXES = {
    "task": "the episode's task",
    "family": "fact `family`, tag `family:NAME`, else the first word of the task's name",
    "environment": "fact `environment`, else scene, fact `environment/region`, site, region",
    "object": "fact `object`, tag `object:NAME`",
    "body": "the embodiment",
    "site": "the site",
    "country": "fact `country`, tag `country:NAME`, else a region written as ISO 3166 (CH, CH-ZH)",
    "operator": "the operator",
}
"""What episodes are told apart by, and who says it: the first that is stated counts."""

_TOLD = {
    "environment": ("environment", "environment/region"),
    "object": ("object",),
    "country": ("country",),
    "family": ("family",),
}
_QUARANTINED = """SELECT subject FROM (
    SELECT subject, arg_max(value, (starts_with("by", 'person/'), added, pos)) AS value FROM judged
    WHERE key = 'verdict' AND subject IN (SELECT subject FROM judged WHERE key = 'verdict' AND value = 'quarantine')
    GROUP BY 1) WHERE value = 'quarantine'"""
"""Few among many, so that the latest verdict is looked for only where one ever said so."""

_STATED = ("task", "scene", "site", "region", "embodiment", "operator", "tags")

_DENSE = 8
"""Up to how many keys a cell are counted in a table of all keys."""

_SPLIT = re.compile(r"[-_/. ]+")

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """One way to tell episodes apart: its words, and by ``code`` which word each cell has (-1: nobody said)."""

    name: str
    words: tuple[str, ...]
    code: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Combinations that were recorded, each once in no order, with its ``episodes``; ``axes`` by name."""

    axes: dict[str, Axis]
    episodes: Ints

    @property
    def n(self) -> int:
        """Episodes in all."""
        return int(self.episodes.sum())

    def known(self, *names: str) -> npt.NDArray[np.bool_]:
        """Which cells say something on each of these axes."""
        there = np.ones(len(self.episodes), bool)
        for name in names:
            there &= self.axes[name].code >= 0
        return there

    def counts(self, *names: str, where: npt.NDArray[np.bool_] | None = None) -> tuple[Ints, tuple[Ints, ...]]:
        """Episodes of each combination on these axes, and the combination's codes, axis by axis; unknown left out."""
        some = self.known(*names) if where is None else self.known(*names) & where
        key = np.zeros(int(some.sum()), np.int64)
        for name in names:
            key = key * max(1, len(self.axes[name].words)) + self.axes[name].code[some]
        kinds, episodes = _summed(
            key, self.episodes[some], math.prod(max(1, len(self.axes[name].words)) for name in names)
        )
        codes: list[Ints] = []
        for name in reversed(names):
            kinds, code = np.divmod(kinds, max(1, len(self.axes[name].words)))
            codes.append(code)
        return episodes, tuple(reversed(codes))


def _summed(key: Ints, episodes: Ints, most: int) -> tuple[Ints, Ints]:
    """Each key that is there, in order, and the episodes of all cells that have it; keys lie below ``most``.

    Where keys are not many more than cells a table of all of them takes a quarter of the time of sorting.
    """
    if most <= max(1 << 16, _DENSE * len(key)):
        all_ = np.bincount(key, weights=episodes, minlength=most)
        kinds = np.flatnonzero(all_)
        return kinds, all_[kinds].astype(np.int64)
    kinds, place = np.unique(key, return_inverse=True)
    return kinds, np.bincount(place, weights=episodes, minlength=len(kinds)).astype(np.int64)


def read(store: Store, axes: Sequence[str] = tuple(AXES), *, version: int | None = None) -> Cells:
    """Count the lake's episodes that are not in quarantine by these axes. Raises ``BadValue`` for an unknown axis.

    DuckDB groups them, so that ten million episodes become as many rows as there are combinations: first as they are
    stated, so that what is made of their words is made once for each combination.
    """
    for name in axes:
        if name not in AXES:
            raise BadValue(f"Episodes are not told apart by {name!r}.", instead=suggest(name, AXES))
    wanted = [name for name in dict.fromkeys(["task", *axes]) if name != "family"]
    asked = {key for name in axes for key in _TOLD.get(name, ())}
    marks = ", ".join(f"'{key}'" for key in sorted(asked)) or "''"
    keys = store.sql(f"SELECT DISTINCT key FROM facts WHERE key IN ({marks})", version=version)["key"].to_pylist()
    family = ["stated"] if "family" in axes else []
    columns = [f"{_expression(name, keys)} AS {name}" for name in wanted]
    columns += [f"{_stated('family', keys)} AS stated" for _ in family]
    stated = ", ".join([*_STATED, *(f"{_alias(key)}.value AS {_alias(key)}" for key in keys)])
    joins = " ".join(_join(key) for key in keys)
    alike = f"SELECT {stated}, count(*) AS n FROM catalogued {joins} WHERE id NOT IN ({_QUARANTINED}) GROUP BY ALL"
    table = store.sql(
        f"SELECT {', '.join(columns)}, sum(n)::BIGINT AS episodes FROM ({alike}) e GROUP BY ALL", version=version
    )
    found = {name: _coded(name, table[name].combine_chunks()) for name in [*wanted, *family]}
    if family:
        found["family"] = _family(found["task"], found.pop("stated"))
    return Cells(found, table["episodes"].to_numpy().astype(np.int64))


def _join(key: str) -> str:
    alias = _alias(key)
    return (
        f"LEFT JOIN (SELECT subject, arg_max(value, (starts_with(\"by\", 'person/'), added, pos)) AS value FROM facts "
        f"WHERE key = '{key}' AND start_ns IS NULL GROUP BY 1) {alias} ON {alias}.subject = id"
    )


def _alias(key: str) -> str:
    return "f_" + key.replace("/", "_")


def _stated(name: str, keys: Sequence[str]) -> str:
    """The fact's word where one was told, else that of a tag."""
    tag = f"substr(list_filter(e.tags, lambda t: starts_with(t, '{name}:'))[1], {len(name) + 2})"
    return f"coalesce(nullif(e.{_alias(name)}, ''), {tag})" if name in keys else tag


def _expression(name: str, keys: Sequence[str]) -> str:
    if name == "environment":
        parts = [f"nullif(e.{_alias(key)}, '')" if key in keys else "NULL" for key in _TOLD["environment"]]
        return f"coalesce({parts[0]}, nullif(e.scene, ''), {parts[1]}, nullif(e.site, ''), nullif(e.region, ''))"
    if name == "country":
        iso = "CASE WHEN regexp_matches(e.region, '^[A-Z]{2}(-[A-Z0-9]{1,3})?$') THEN e.region[1:2] END"
        return f"coalesce({_stated(name, keys)}, {iso})"
    if name == "object":
        return _stated(name, keys)
    return f"nullif(e.{'embodiment' if name == 'body' else name}, '')"


def _coded(name: str, values: pa.Array) -> Axis:
    """Words in their order, and which one each cell has; nobody said where there is none or an empty one."""
    coded = values.dictionary_encode()
    known = [str(word or "") for word in coded.dictionary.to_pylist()]
    words = sorted({word for word in known if word})
    place = {word: code for code, word in enumerate(words)}
    turned = np.array([*(place.get(word, -1) for word in known), -1], np.int64)
    return Axis(name, tuple(words), turned[coded.indices.fill_null(len(known)).to_numpy(zero_copy_only=False)])


def _family(task: Axis, stated: Axis) -> Axis:
    """What was stated, else the first word of the task's name."""
    first = [_SPLIT.split(word.strip("-_/. "), maxsplit=1)[0] or word for word in task.words]
    words = sorted({*first, *stated.words})
    place = {word: code for code, word in enumerate(words)}
    of_task = np.array([*(place[word] for word in first), -1], np.int64)
    of_stated = np.array([*(place[word] for word in stated.words), -1], np.int64)
    code = np.where(stated.code >= 0, of_stated[stated.code], of_task[task.code])
    return Axis("family", tuple(words), code)
