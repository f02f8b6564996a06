"""What a person says of a batch of recordings, as a TOML file: where they come from, and what the body can do."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path

from ..core import Embodiment, Joint, Origin
from ..core.errors import BadValue, NotFound, suggest

__all__ = ["load_origin", "parse_origin"]

_TEXT = tuple(field.name for field in fields(Origin) if field.name not in ("parents", "recorded_at", "uri"))
_KEYS = (*_TEXT, "parents", "recorded_at", "bodies")
_LARGEST = 1 << 20


def load_origin(path: Path) -> tuple[Origin, dict[str, Embodiment]]:
    """Origin and bodies from a TOML file; every misspelt key is refused with what was probably meant."""
    try:
        with path.open("rb") as file:
            blob = file.read(_LARGEST + 1)
        text = blob.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(f"The origin file {path} cannot be read: {error}.") from error
    if len(blob) > _LARGEST:
        raise BadValue(f"{path} is too large to describe an origin.")
    return parse_origin(text, str(path))


def parse_origin(text: str, where: str = "origin") -> tuple[Origin, dict[str, Embodiment]]:
    """The same from TOML text: origin's fields at the top, and ``[bodies.NAME.joints.JOINT]`` with unit and limits."""
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadValue(f"{where} is no TOML: {error}.") from error
    _known(raw, _KEYS, where)
    said = {key: _text(raw[key], f"{where}: {key}") for key in _TEXT if key in raw}
    parents = raw.get("parents", [])
    if not isinstance(parents, list) or not all(isinstance(parent, str) for parent in parents):
        raise BadValue(f"{where}: parents holds {parents!r:.60}.", do="Write a list of episode ids.")
    at = _moment(raw.get("recorded_at", 0), where)
    bodies = raw.get("bodies", {})
    if not isinstance(bodies, dict):
        raise BadValue(f"{where}: bodies is no table.", do="Write [bodies.NAME.joints.JOINT].")
    found = {name: _body(name, body, f"{where}: bodies.{name}") for name, body in bodies.items()}
    return Origin(**said, parents=tuple(parents), recorded_at=at), found


def _body(name: str, raw: object, where: str) -> Embodiment:
    if not isinstance(raw, dict):
        raise BadValue(f"{where} is no table.", do="Write [bodies.NAME.joints.JOINT].")
    _known(raw, ("joints",), where)
    joints = raw.get("joints", {})
    if not isinstance(joints, dict):
        raise BadValue(f"{where}.joints is no table.", do="Write [bodies.NAME.joints.JOINT].")
    return Embodiment(name, tuple(_joint(joint, said, f"{where}.joints.{joint}") for joint, said in joints.items()))


def _joint(name: str, raw: object, where: str) -> Joint:
    if not isinstance(raw, dict):
        raise BadValue(f"{where} is no table.", do="Write unit, low, high and speed.")
    _known(raw, ("unit", "low", "high", "speed"), where)
    if "unit" not in raw:
        raise BadValue(f"{where} has no unit.", do='Write unit = "rad" (or "m", "deg" ...).')
    limits = {key: _number(raw[key], f"{where}.{key}") for key in ("low", "high", "speed") if key in raw}
    return Joint(name, _text(raw["unit"], f"{where}.unit"), **limits)


def _known(raw: Mapping[str, object], keys: Iterable[str], where: str) -> None:
    known = tuple(keys)
    for key in raw:
        if key not in known:
            raise BadValue(f"{where}: nothing is called {key!r}.", instead=suggest(key, known))


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise BadValue(f"{where} holds {value!r:.60}.", do="Write text in quotes.")
    return value


def _number(value: object, where: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or math.isnan(value):
        raise BadValue(f"{where} holds {value!r:.60}.", do="Write a number.")
    return float(value)


def _moment(value: object, where: str) -> int:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise BadValue(f"{where}: recorded_at has no time zone.", do="Write it as 2026-01-31T12:00:00Z.")
        return int(value.timestamp()) * 10**9 + value.microsecond * 1000
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return value
    raise BadValue(f"{where}: recorded_at holds {value!r:.60}.", do="Write 2026-01-31T12:00:00Z, or ns since 1970.")
