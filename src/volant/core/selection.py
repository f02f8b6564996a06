"""A dataset as a value: a question asked of the facts, frozen."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from .errors import BadValue

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

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"Selection({self.hash[:8]}, {len(self.ids)} episodes, {self.query!r} at version {self.version})"
