"""Counting by task, body, site and operator: tallies that merge by adding."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

__all__ = ["SLICES", "added", "by_group"]

SLICES = {"task": "task", "body": "embodiment", "site": "site", "operator": "operator"}
"""The slices every figure is also shown for, and the column each one reads."""

Array = npt.NDArray[np.generic]


def by_group(table: Mapping[str, Array], sums: Mapping[str, npt.NDArray[np.float64]]) -> dict[str, Array]:
    """Sums of each column over everything (group ``""``) and over each value of each slice (``task=stack``)."""
    groups: list[npt.NDArray[np.object_]] = []
    rows: list[Array] = []
    count = len(table["id"])
    for title, column in (("", ""), *SLICES.items()):
        values = table[column].astype(str) if column else np.full(count, "")
        names, place = np.unique(values, return_inverse=True)
        labels = [f"{title}={name or 'unknown'}" if title else "" for name in names]
        groups.append(np.array(labels, dtype=object))
        rows.append(np.array([np.bincount(place, weights=v, minlength=len(names)) for v in sums.values()]).T)
    keys = np.concatenate(groups) if groups else np.zeros(0, dtype=object)
    values = np.concatenate(rows) if rows else np.zeros((0, len(sums)))
    return {"group": keys, **{name: values[:, place] for place, name in enumerate(sums)}}


def added(one: Mapping[str, Array], other: Mapping[str, Array], key: str = "group") -> dict[str, Array]:
    """Two tallies joined: rows with the same key are added."""
    keys = np.concatenate([one[key], other[key]]).astype(object)
    names, place = np.unique(keys.astype(str), return_inverse=True)
    joined: dict[str, Array] = {key: names.astype(object)}
    for column in one:
        if column != key:
            both = np.concatenate([one[column], other[column]]).astype(np.float64)
            joined[column] = np.bincount(place, weights=both, minlength=len(names))
    return joined
