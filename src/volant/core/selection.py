"""A dataset as a value: a question asked of the facts, frozen."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from .errors import BadValue, Damaged

__all__ = ["Selection"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which episodes, how much each weighs, and why: same hash, same batches, bit for bit.

    ``version`` is the lake version the query was asked at, ``query`` its text, ``ids`` the answer in order,
    ``weights`` one non-negative number per episode (empty means equal), ``seed`` what shuffles batches, ``why`` the
    person's reason. A selection is itself a subject of facts, named by its hash.
    """

    version: int
    query: str
    ids: tuple[str, ...]
    weights: tuple[float, ...] = ()
    seed: int = 0
    why: str = ""

    def __post_init__(self) -> None:
        if self.weights and len(self.weights) != len(self.ids):
            raise BadValue(f"{len(self.weights)} weights for {len(self.ids)} episodes.")
        if any(not weight >= 0 for weight in self.weights):
            raise BadValue("A weight is negative or not a number.", do="Use 0 to leave an episode out of batches.")
        if len(set(self.ids)) != len(self.ids):
            raise BadValue("An episode is named twice.", do="Give it a larger weight instead.")

    @property
    def digest(self) -> str:
        """Digest of the episode ids in their order."""
        return hashlib.blake2b("\n".join(self.ids).encode(), digest_size=16).hexdigest()

    @property
    def hash(self) -> str:
        """Name of the selection: digest of everything that decides its batches (not of ``why``)."""
        parts = json.dumps([self.version, self.query, self.digest, list(self.weights), self.seed])
        return hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()

    def to_json(self) -> str:
        """The canonical text: equal selections, equal bytes; one id a line, so that version control shows changes."""
        head = {"volant": _FORM, "hash": self.hash, "version": self.version, "query": self.query}
        words = {**head, "seed": self.seed, "why": self.why}
        lines = [f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in words.items()]
        lines.append(_column("ids", [json.dumps(subject) for subject in self.ids]))
        lines.append(_column("weights", [repr(float(weight)) for weight in self.weights]))
        return "{\n" + ",\n".join(lines) + "\n}\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Selection:
        """The selection that ``to_json`` wrote; its hash is made again and must agree."""
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadValue(f"This is no selection: {error}.") from error
        if not isinstance(raw, dict) or raw.get("volant") != _FORM:
            raise BadValue("This is no selection.", instead=f"Its 'volant' must say {_FORM!r}.")
        made = cls(
            _of(raw, "version", int),
            _of(raw, "query", str),
            tuple(_of({"ids": item}, "ids", str) for item in _of(raw, "ids", list)),
            tuple(float(_of({"weights": item}, "weights", int, float)) for item in _of(raw, "weights", list)),
            _of(raw, "seed", int),
            _of(raw, "why", str),
        )
        if made.hash != raw.get("hash"):
            raise Damaged(
                f"The selection was altered: it says {str(raw.get('hash'))[:8]}, its content is {made.hash[:8]}.",
                do="Select again; a selection is never edited.",
            )
        return made

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"Selection({self.hash[:8]}, {len(self.ids)} episodes, {self.query!r} at version {self.version})"


_FORM = "selection@1"


def _column(name: str, items: list[str]) -> str:
    return f' "{name}": [\n  ' + ",\n  ".join(items) + "\n ]" if items else f' "{name}": []'


def _of(raw: dict[str, Any], key: str, *sorts: type) -> Any:
    value = raw.get(key)
    if not isinstance(value, sorts) or isinstance(value, bool):
        raise BadValue(f"The selection's {key} holds {value!r:.60}.", do="Make selections with `volant select`.")
    return value
