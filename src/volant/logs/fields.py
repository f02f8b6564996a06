"""One topic as columns: numbers, texts and what has no fixed shape."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .decode import Ns
from .layout import Group, Leaf

__all__ = ["Fields", "Spot", "from_groups", "from_rows"]

Array = npt.NDArray[np.generic]
Owner = tuple[tuple[str, str], ...]

_INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Spot:
    """What a column is: its path, number type, whether it is a list, and which message fields it lies in."""

    path: str
    type: str
    many: bool = False
    dynamic: bool = False
    sub: tuple[str, ...] = ()
    owner: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Fields:
    """``n`` messages of a topic as columns, in the order of the messages.

    ``numbers``: ``[n, count]`` where every message has the same count. ``ragged``: little-endian bytes per message
    where the count differs. ``words``: one text per message. ``trees``: JSON of the parts that have another shape in
    every message. ``notes`` says in words what could not become a plain column.
    """

    n: int
    numbers: dict[str, tuple[Spot, Array]] = field(default_factory=dict)
    ragged: dict[str, tuple[Spot, Array]] = field(default_factory=dict)
    words: dict[str, Array] = field(default_factory=dict)
    trees: dict[str, Array] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def _spot(leaf: Leaf) -> Spot:
    return Spot(leaf.path, leaf.type, leaf.many, leaf.dynamic, leaf.sub, leaf.owner)


def from_groups(groups: Sequence[Group], n: int) -> Fields:
    """Columns of all readable messages of one topic; ``n`` counts them and ``rows`` of the groups run to ``n``."""
    made = Fields(n)
    leaves = [{leaf.path: leaf for leaf in group.template.leaves} for group in groups]
    words = [{word.path: word for word in group.template.words} for group in groups]
    loose: dict[str, None] = {}
    for path in _in_order(leaves):
        here = [place.get(path) for place in leaves]
        first = next(leaf for leaf in here if leaf)
        if all(leaf and leaf.count == first.count for leaf in here):
            made.numbers[path] = (_spot(first), _column(groups, here, n))
        elif all(leaf and leaf.dynamic for leaf in here) and "[" not in path:
            made.ragged[path] = (_spot(first), _bytes(groups, here, n))
        else:
            loose[path.split("[", 1)[0]] = None
    for path in _in_order(words):
        if all(path in place for place in words):
            column = np.empty(n, object)
            for group, place in zip(groups, words, strict=True):
                column[group.rows] = group.text(place[path])
            made.words[path] = column
        else:
            loose[path.split("[", 1)[0]] = None
    for root in loose:
        _drop_below(made, root)
        made.trees[root] = _trees(groups, root, n)
    return made


def _in_order(places: Sequence[Mapping[str, object]]) -> list[str]:
    known: dict[str, None] = {}
    for place in places:
        known.update(dict.fromkeys(place))
    return list(known)


def _drop_below(made: Fields, root: str) -> None:
    for columns in (made.numbers, made.ragged, made.words):
        for path in [path for path in columns if path.startswith(root + "[")]:
            del columns[path]


def _column(groups: Sequence[Group], here: Sequence[Leaf | None], n: int) -> Array:
    column: Array | None = None
    for group, leaf in zip(groups, here, strict=True):
        if leaf is None:
            continue
        block = group.column(leaf)
        if column is None:
            if len(groups) == 1 and (np.diff(group.rows) == 1).all():
                return block
            column = np.empty((n, leaf.count), block.dtype)
        column[group.rows] = block
    return column if column is not None else np.empty((n, 0))


def _bytes(groups: Sequence[Group], here: Sequence[Leaf | None], n: int) -> Array:
    column = np.empty(n, object)
    for group, leaf in zip(groups, here, strict=True):
        if leaf is None:
            continue
        block = group.column(leaf)
        for row, values in zip(group.rows.tolist(), block, strict=True):
            column[row] = values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
    return column


def _trees(groups: Sequence[Group], root: str, n: int) -> Array:
    """One JSON text per message of everything below ``root``."""
    column = np.empty(n, object)
    for group in groups:
        flat: list[dict[str, object]] = [{} for _ in group.rows]
        for leaf in group.template.leaves:
            if leaf.path.startswith(root + "["):
                for row, values in zip(flat, group.column(leaf).tolist(), strict=True):
                    row[leaf.path] = values if leaf.many else values[0]
            elif leaf.path == root:
                for row, values in zip(flat, group.column(leaf).tolist(), strict=True):
                    wide = len(leaf.sub)
                    elements = [values[i : i + wide] for i in range(0, len(values), wide)] if wide else []
                    row |= {f"{root}[{i}].{name}": v for i, e in enumerate(elements)
                            for name, v in zip(leaf.sub, e, strict=True)} if wide else {root: values}  # fmt: skip
        for word in group.template.words:
            if word.path.startswith(root + "["):
                for row, text in zip(flat, group.text(word), strict=True):
                    row[word.path] = text
        for place, row in zip(group.rows.tolist(), flat, strict=True):
            column[place] = json.dumps(row.get(root, _nested(row, root)), separators=(",", ":"), ensure_ascii=False)
    return column


def _nested(flat: Mapping[str, object], root: str) -> object:
    """A tree from paths such as ``status[0].values[1].key``, without its root."""
    top: dict[str, object] = {}
    for path, value in flat.items():
        steps: list[str] = []
        for step in path[len(root) :].split("."):
            name = step.split("[", 1)[0]
            steps += [name] if name else []
            steps += _INDEX.findall(step)
        here = top
        for step in steps[:-1]:
            inner = here.setdefault(step, {})
            if not isinstance(inner, dict):
                break
            here = inner
        here[steps[-1]] = value
    return _lists(top)


def _lists(tree: object) -> object:
    if not isinstance(tree, dict):
        return tree
    inner = {key: _lists(value) for key, value in tree.items()}
    if all(key.startswith("[") for key in inner):
        return list(inner.values())
    return inner


def from_rows(rows: Sequence[Mapping[str, object]], owners: Mapping[str, Owner] | None = None) -> Fields:
    """Columns of messages that came as flat paths to values (JSON, Protobuf): numbers, flags, texts, lists of numbers.

    A path that is not in every message, or has another type in some, is kept as JSON. Whole numbers stay whole where
    they fit 64 bits.
    """
    made, owned = Fields(len(rows)), owners or {}
    paths: dict[str, None] = {}
    for row in rows:
        paths.update(dict.fromkeys(row))
    for path in paths:
        spot = Spot(path, "float64", owner=owned.get(path, ()))
        values: list[Any] = [row.get(path) for row in rows]
        kinds = {type(value) for value in values}
        if kinds == {str}:
            made.words[path] = _objects(values)
        elif kinds == {bytes}:
            made.ragged[path] = (replace(spot, type="uint8", many=True, dynamic=True), _objects(values))
        elif kinds == {Ns}:
            made.numbers[path] = (replace(spot, type="time"), np.array(values, np.int64)[:, None])
        elif kinds == {bool}:
            made.numbers[path] = (replace(spot, type="bool"), np.array(values, np.bool_)[:, None])
        elif kinds == {int} and all(-(1 << 63) <= value < 1 << 63 for value in values):
            made.numbers[path] = (replace(spot, type="int64"), np.array(values, np.int64)[:, None])
        elif kinds <= {int, float} and all(abs(value) <= 1 << 53 for value in values if type(value) is int):
            made.numbers[path] = (spot, np.array(values, np.float64)[:, None])
        elif kinds == {tuple} and len({len(value) for value in values}) == 1:
            made.numbers[path] = (replace(spot, many=True, dynamic=True), np.array(values, np.float64))
        elif kinds != {type(None)}:
            made.trees[path] = _objects([json.dumps(_plain(value)) for value in values])
    return made


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _objects(values: Sequence[object]) -> Array:
    column = np.empty(len(values), object)
    column[:] = values
    return column
