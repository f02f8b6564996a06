"""Semantic versions of datasets: what a new version changes, and which number it must raise (row M52)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from volant.core.errors import BadValue, Refused

__all__ = ["Changes", "changes", "next_version", "parse"]

Version = tuple[int, int, int]

_SHAPE = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})")
_MEANING = ("kind", "shape", "dtype", "unit", "frame", "hz", "dims")


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between two publications: ``breaking`` can break a reader of the old one, ``growing`` cannot."""

    breaking: tuple[str, ...] = ()
    growing: tuple[str, ...] = ()

    @property
    def level(self) -> int:
        """0 where the major number must rise, 1 for the minor, 2 for the patch."""
        return 0 if self.breaking else 1 if self.growing else 2


def parse(text: str) -> Version:
    """Three whole numbers; anything else is refused."""
    found = _SHAPE.fullmatch(text.strip())
    if not found:
        raise BadValue(f"{text!r} is no version.", do="Write three numbers, such as 1.2.0.")
    return int(found[1]), int(found[2]), int(found[3])


def changes(
    before: Mapping[str, Any], after: Mapping[str, Any], ids_before: Sequence[str], ids_after: Sequence[str]
) -> Changes:
    """Compare two descriptions with ``format``, ``signals``, ``columns`` and ``licence``, and their episode ids."""
    breaking: list[str] = []
    growing: list[str] = []
    was, now = str(before["format"]).partition("@")[0], str(after["format"]).partition("@")[0]
    if was != now:
        breaking.append(f"the format was {was} and is {now}")
    elif before["format"] != after["format"]:
        breaking.append(f"the format's version was {before['format']} and is {after['format']}")
    if before["licence"] != after["licence"]:
        breaking.append(
            f"the licence was {before['licence'] or 'not stated'} and is {after['licence'] or 'not stated'}"
        )
    _fields(before["signals"], after["signals"], breaking, growing)
    for name, sort in before["columns"].items():
        if name not in after["columns"]:
            breaking.append(f"the column {name!r} is gone")
        elif after["columns"][name] != sort:
            breaking.append(f"the column {name!r} was {sort} and is {after['columns'][name]}")
    growing += [f"the column {name!r} is new" for name in after["columns"] if name not in before["columns"]]
    lost, new = set(ids_before) - set(ids_after), set(ids_after) - set(ids_before)
    if lost:
        breaking.append(f"{len(lost)} of {len(ids_before)} episodes are gone, such as {min(lost)}")
    if new:
        growing.append(f"{len(new)} episodes are new")
    return Changes(tuple(breaking), tuple(growing))


def _fields(
    before: Mapping[str, Mapping[str, Any]],
    after: Mapping[str, Mapping[str, Any]],
    breaking: list[str],
    growing: list[str],
) -> None:
    for name, meaning in before.items():
        if name not in after:
            breaking.append(f"the field {name!r} is gone")
            continue
        for part in _MEANING:
            was, now = meaning.get(part), after[name].get(part)
            if was != now:
                breaking.append(f"the {part} of {name!r} was {_said(was)} and is {_said(now)}")
    growing += [f"the field {name!r} is new" for name in after if name not in before]


def _said(value: object) -> str:
    return "not stated" if value is None else str(list(value)) if isinstance(value, tuple | list) else str(value)


def next_version(stated: str, previous: str, found: Changes) -> str:
    """The version of the new publication: the stated one where it rises far enough, else the smallest that does.

    What can break a reader is never given a number silently: the major number must be raised by a person.
    """
    old = parse(previous)
    least = [(old[0] + 1, 0, 0), (old[0], old[1] + 1, 0), (old[0], old[1], old[2] + 1)][found.level]
    if not stated:
        if found.breaking:
            raise Refused(_words(previous, found), do=f"Raise the major number with --version {_text(least)}.")
        return _text(least)
    new = parse(stated)
    if new <= old:
        raise Refused(f"Version {stated} does not follow {previous}.", do=f"Use {_text(least)} or higher.")
    if new < least and found.breaking:
        raise Refused(_words(previous, found), do=f"Raise the major number with --version {_text(least)}.")
    if new < least:
        raise Refused(
            f"Version {stated} only follows {previous} where nothing was added: {'; '.join(found.growing)}.",
            do=f"Use {_text(least)} or higher.",
        )
    return stated


def _words(previous: str, found: Changes) -> str:
    return f"What users of {previous} rely on would change: {'; '.join(found.breaking)}."


def _text(version: Version) -> str:
    return ".".join(str(number) for number in version)
