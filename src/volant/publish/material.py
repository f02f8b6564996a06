"""What the lake knows of the selected episodes: columns that travel with them, and reasons to refuse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from volant.core import Selection, Value
from volant.core.errors import NotFound, Refused

if TYPE_CHECKING:
    from volant.lake import Store

__all__ = ["Looks", "Material", "gather", "one_body", "one_licence", "sound"]

_TEXT = ("task", "scene", "verdict", "outcome", "embodiment", "robot", "operator", "collector", "site", "region")
_TEXT_TOO = ("tier", "licence", "consent", "policy", "uri")
_KEYS = ("outcome", "error_cause", "restorable", "measure/*")
_SCREENED = ("screened", "verdict", "reason/*")


@dataclass(frozen=True, slots=True)
class Material:
    """The selected episodes as columns, in the selection's order.

    ``rows`` maps a column's name to one value per episode; ``facts`` maps an id to what travels beside it;
    ``reasons`` counts the episodes that each check found something in; ``screened`` names the checks that ran and
    the policies that judged.
    """

    ids: tuple[str, ...]
    rows: Mapping[str, Sequence[object]]
    facts: Mapping[str, Mapping[str, Value]]
    reasons: Mapping[str, int]
    screened: tuple[str, ...]
    policies: tuple[str, ...]

    def counts(self, column: str) -> dict[str, int]:
        """How many episodes have each value; an empty value counts as ``""``. Most frequent first."""
        tally = Counter(str(value or "") for value in self.rows[column])
        return dict(sorted(tally.items(), key=lambda item: (-item[1], item[0])))

    def total(self, column: str) -> float:
        """The sum of a column of numbers."""
        return float(sum(cast(float, value or 0) for value in self.rows[column]))


def gather(store: Store, selection: Selection) -> Material:
    """Everything known of the selected episodes at the selection's version of the lake."""
    wanted = (*_TEXT, *_TEXT_TOO, "quarantined", "seconds", "frames")
    table = store.sql(f"SELECT id, {', '.join(wanted)} FROM episodes", version=selection.version)
    place = {subject: row for row, subject in enumerate(table["id"].to_pylist())}
    missing = [subject for subject in selection.ids if subject not in place]
    if missing:
        raise NotFound(
            f"{len(missing)} of {len(selection)} selected episodes are not in this lake, such as {missing[0]}.",
            do="Publish from the lake that the selection was made in.",
        )
    order = [place[subject] for subject in selection.ids]
    taken = table.take(order)
    rows = {name: taken[name].to_pylist() for name in wanted}
    columns = _columns(store, selection, rows)
    reasons: Counter[str] = Counter()
    named: dict[str, set[str]] = {"screened": set(), "verdict": set()}
    seen: set[tuple[str, str]] = set()
    told = store.facts(subject=list(selection.ids), key=list(_SCREENED), version=selection.version)
    for subject, key, value, by in zip(told.subject, told.key, told.value, told.by, strict=True):
        if key == "screened":
            named[key].update(str(value).split())
        elif key == "verdict":
            named[key].add(by)
        elif (subject, key) not in seen:
            seen.add((subject, key))
            reasons[key.removeprefix("reason/")] += 1
    ordered = dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
    return Material(
        selection.ids, rows, columns, ordered, tuple(sorted(named["screened"])), tuple(sorted(named["verdict"]))
    )


def _columns(store: Store, selection: Selection, rows: Mapping[str, Sequence[object]]) -> dict[str, dict[str, Value]]:
    """What travels beside each episode: origin, outcome, verdict, measures and weight; the same names for all."""
    facts: dict[str, dict[str, Value]] = {subject: {"episode_id": subject} for subject in selection.ids}
    for name in (*_TEXT, *_TEXT_TOO):
        if name == "task" or not any(rows[name]):
            continue
        for subject, value in zip(selection.ids, rows[name], strict=True):
            facts[subject]["source" if name == "uri" else name] = str(value or "")
    told = store.facts(subject=list(selection.ids), key=list(_KEYS), version=selection.version)
    for subject, key, value, start, stream in zip(
        told.subject, told.key, told.value, told.start, told.stream, strict=True
    ):
        if start == -1 and not stream and not isinstance(value, tuple):
            facts[subject][key.replace("/", "_")] = value
    if selection.weights:
        for subject, weight in zip(selection.ids, selection.weights, strict=True):
            facts[subject]["weight"] = float(weight)
    _fill(facts)
    return facts


def _fill(facts: Mapping[str, dict[str, Value]]) -> None:
    """Give every episode the same columns of one type: not a number or empty text where nothing was said."""
    sorts: dict[str, set[type]] = {}
    for columns in facts.values():
        for name, value in columns.items():
            sorts.setdefault(name, set()).add(type(value))
    for name, found in sorts.items():
        whole = all(name in columns for columns in facts.values())
        if len(found) == 1 and whole:
            continue
        numbers = found <= {int, float}
        for columns in facts.values():
            said = columns.get(name)
            if numbers:
                columns[name] = float(cast(float, said)) if said is not None else float("nan")
            else:
                columns[name] = "" if said is None else str(said)


def sound(material: Material, allowed: bool) -> None:
    """Refuse quarantined episodes unless a person asked for them."""
    bad = [subject for subject, out in zip(material.ids, material.rows["quarantined"], strict=True) if out]
    if bad and not allowed:
        raise Refused(
            f"{len(bad)} of {len(material.ids)} selected episodes are quarantined, such as {bad[0]}.",
            do="Select with 'not quarantined', or publish them knowingly with --allow-quarantined.",
        )


def one_licence(material: Material, stated: str) -> str:
    """The licence of the whole: stated by a person, or the one that all episodes have; a mixture is refused."""
    if stated:
        return stated
    counts = material.counts("licence")
    if len(counts) > 1:
        told = ", ".join(f"{name or 'none stated'} ({count})" for name, count in counts.items())
        raise Refused(
            f"The selected episodes have different licences: {told}.",
            do="Select one of them with \"licence = '...'\", or name the licence of the whole with --licence.",
        )
    return next(iter(counts), "")


def one_body(material: Material, form: str, stated: str) -> str:
    """The robot that the set is of; a mixture is refused for formats that describe only one."""
    bodies = material.counts("embodiment")
    robots = material.counts("robot")
    if len(bodies) > 1:
        told = ", ".join(f"{name or 'unknown'} ({count})" for name, count in bodies.items())
        raise Refused(
            f"The format {form} describes one body, and the selected episodes have {len(bodies)}: {told}.",
            instead="The formats mcap, parquet and webdataset hold mixtures.",
            do="Select one body with \"embodiment = '...'\", or publish one set for each.",
        )
    return stated or next(iter(bodies), "") or (next(iter(robots)) if len(robots) == 1 else "")


class Looks(Mapping[tuple[str, str], npt.NDArray[np.int64]]):
    """The 3 x 256 colour counts that screening kept, fetched for some hundred episodes at a time."""

    def __init__(self, store: Store, selection: Selection, block: int = 256) -> None:
        self._store = store
        self._ids = selection.ids
        self._place = {subject: row for row, subject in enumerate(selection.ids)}
        self._block = block
        self._at = -1
        self._held: dict[tuple[str, str], npt.NDArray[np.int64]] = {}

    def __getitem__(self, key: tuple[str, str]) -> npt.NDArray[np.int64]:
        row = self._place[key[0]]
        if row // self._block != self._at:
            self._load(row // self._block)
        return self._held[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for at in range(-(-len(self._ids) // self._block)):
            self._load(at)
            yield from tuple(self._held)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        """True without counting: writers ask this once per episode, and counting reads every histogram."""
        return bool(self._ids)

    def _load(self, at: int) -> None:
        subjects = list(self._ids[at * self._block : (at + 1) * self._block])
        told = self._store.facts(subject=subjects, key="look/histogram")
        self._held = {
            (subject, stream): np.asarray(value, np.float64).astype(np.int64).reshape(3, 256)
            for subject, stream, value in zip(told.subject, told.stream, told.value, strict=True)
            if isinstance(value, tuple) and len(value) == 768
        }
        self._at = at
