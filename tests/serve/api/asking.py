"""The whole application over a small lake, and somebody of every role who asks it; no network between."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from aside import aside
from volant.core import Fact
from volant.lake import Store
from volant.serve import House
from volant.serve.app import application
from volant.serve.doors import ROLES, add_user, make_token
from volant.serve.floor import Station

NOW = 1_764_000_000_000_000_000
WORDS = "correct horse battery"


@dataclass
class Asker:
    """An application and a token for each role."""

    lake: Path
    home: Path

    def __post_init__(self) -> None:
        self.house = House(self.lake, self.home, clock=lambda: NOW)
        self.door = application(self.house, pages=False)
        self.door.limits.address.burst = self.door.limits.account.burst = 1e9
        self.tokens = {}
        for role in ROLES:
            add_user(self.door.book, role, role, by="test", at=NOW, password=WORDS)
            self.tokens[role] = make_token(self.door.book, role, role, by="admin", at=NOW)[1]
        self.house.floor.show([Station("s1", robot="arm-1", light="green", recording=True)])

    def ask(self, method: str, path: str, role: str = "admin", **how: Any) -> httpx.Response:
        """One request with a token of the role; nobody's where it is empty."""

        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(self.door, raise_app_exceptions=False, client=("192.0.2.1", 5000))
            headers = {"authorization": f"Bearer {self.tokens[role]}"} if role else {}
            async with httpx.AsyncClient(transport=transport, base_url="http://volant.test", headers=headers) as one:
                return await one.request(method, path, **how)

        return aside(go())

    def get(self, path: str, who: str = "admin", **params: Any) -> Any:
        """The answer to a GET that must succeed."""
        answer = self.ask("GET", path, who, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, who: str = "admin", status: int = 200, **body: Any) -> Any:
        """The answer to a POST that must end with this status."""
        answer = self.ask("POST", path, who, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def close(self) -> None:
        """Let go of everything."""
        self.house.close()
        self.door.book.close()


def told(store: Store) -> None:
    """Verdicts and a finding, as the gate would tell them."""
    ids = store.ids()
    facts = [
        Fact(one, "verdict", ("accept", "review", "quarantine")[i % 3], "gate/test@1") for i, one in enumerate(ids)
    ]
    store.tell(facts, at=NOW)
