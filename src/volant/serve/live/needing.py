"""What collectors hear about whether it is needed: the lake's beginnings, known here and refreshed now and then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ... import plug
from ...core import Obs, Policy
from ...core.errors import VolantError
from ...curate.need import BEGINNING, Known, beginning, describe, known, pending
from ...deploy.doubt import Doubt, doubt
from ...intake.take import Take

if TYPE_CHECKING:
    from ...api import Lake
    from ..house import House

__all__ = ["Needing"]

_LOG = logging.getLogger("volant.serve.live")
PORTION = 32
"""Episodes that are described at a time while nobody records anything new."""
AGAIN = 60_000_000_000
"""Time after which what is known is read again, where the lake has changed, ns."""


@dataclass(eq=False)
class Needing:
    """Advice for takes under way: one line each, made once, half a second after they began."""

    house: House
    _known: Known = field(default_factory=lambda: Known(-1))
    _read: int = 0
    _doubt: Doubt | None = None
    _policy: str = ""
    _unsure: dict[str, str] = field(default_factory=dict)
    _said: dict[tuple[str, str], str] = field(default_factory=dict)

    async def refresh(self) -> bool:
        """Describe some episodes that nobody described, and read what is known where that changed; whether any was."""
        at = self.house.clock()
        old = self._known if at - self._read < AGAIN else None

        def work(lake: Lake) -> tuple[Known, bool]:
            new = describe(lake.store, pending(lake.store, PORTION), at=at) > 0
            return (old or known(lake.store)), new

        self._known, more = await self.house.do(work)
        self._read = self._read if old else at
        await self.house.do(self._doubting)
        return more

    def _doubting(self, lake: Lake) -> None:
        """Open the policy that HOME/policy.ckpt holds, where it is new, and learn what is usual for it."""
        path = self.house.home / "policy.ckpt"
        try:
            blob = path.read_bytes() if path.is_file() else b""
            policy = plug.policy(blob) if blob else None
            if policy is not None and policy.hash != self._policy:
                self._doubt, self._policy = _usual(lake, policy), policy.hash
        except (VolantError, OSError) as error:
            _LOG.error("The policy %s is not asked: %s", path, error)

    async def ask(self, takes: Iterable[Take]) -> None:
        """Let the policy look at the newest moment of each take that it can see: in a thread, while others go on."""
        asked, seen = self._doubt, {}
        if asked is None:
            return
        for take in takes:
            columns = {one.declared.signal.name: one for one in take.columns.values() if not one.declared.codec}
            if asked.knows([one.declared.signal for one in columns.values()]):
                seen[take.session] = {one.name: columns[one.name].last()[None] for one in asked.policy.observations}
        self._unsure = await asyncio.to_thread(_words, asked, seen) if seen else {}

    def advice(self, take: Take | None) -> str:
        """One line about the take, empty while there is nothing to say."""
        if take is None:
            return ""
        key = (take.session, take.name)
        if key not in self._said:
            if take.last - take.begun < BEGINNING:
                return ""
            columns = [
                (one.declared.signal, np.array(one.t, np.int64), one.numbers())
                for one in take.columns.values()
                if not one.declared.codec
            ]
            body = take.origin.get("embodiment", "")
            found = self._known.need(
                str(take.said.get("task") or ""), body, beginning(columns), str(take.said.get("scene") or "")
            )
            self._said = {k: v for k, v in self._said.items() if k[0] != take.session}
            self._said[key] = found.words
        return self._unsure.get(take.session) or self._said[key]


def _words(asked: Doubt, seen: Mapping[str, Obs]) -> dict[str, str]:
    return {session: asked.words(obs) for session, obs in seen.items()}


def _usual(lake: Lake, policy: Policy) -> Doubt:
    """What is usual for a policy among the newest episodes that were accepted."""
    rows = lake.store.sql("SELECT id FROM episodes WHERE accepted ORDER BY added DESC, pos DESC LIMIT 64")
    return doubt(policy, [lake.store.episode(str(one)) for one in rows["id"].to_pylist()])
