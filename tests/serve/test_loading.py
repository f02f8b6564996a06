"""A server that has just begun: pages are open, robots are asked to come again until the checks are loaded."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import volant
from volant.serve import House
from volant.serve.app import application
from volant.serve.doors import Book, add_user, make_token
from volant.serve.live import Receiving
from volant.serve.straight import Straight


@contextmanager
def serving(place: Path) -> Iterator[tuple[str, str]]:
    """A server without pages in a thread: its address, and a collector's token."""
    place.mkdir()
    with closing(Book.open(place)) as book:
        add_user(book, "mei", "collector", by="test", at=time.time_ns(), identity="mei")
        _, token = make_token(book, "arm 1", "collector", by="mei", at=time.time_ns())
    door = application(House(place / "lake", place), pages=False)
    server = uvicorn.Server(uvicorn.Config(door, port=0, log_level="error", ws=Straight))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", token
    finally:
        server.should_exit = True
        thread.join(30)


def test_robots_wait_until_checks_are_loaded_and_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go, warm = threading.Event(), Receiving._warm

    def slow(self: Receiving, *args: object) -> None:
        go.wait(60)
        warm(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Receiving, "_warm", slow)
    with serving(tmp_path / "home") as (url, token):
        assert httpx.get(f"{url}/health").status_code == 200
        said = httpx.get(f"{url}/ready")
        assert (said.status_code, said.json()) == (503, {"state": "loading"})
        address, head = url.replace("http", "ws") + "/live", {"Authorization": f"Bearer {token}"}
        with connect(address, additional_headers=head) as line, pytest.raises(ConnectionClosed) as closed:
            line.recv(10)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, "loading" in closed.value.rcvd.reason) == (1013, True)
        with volant.record(url, task="fold", robot="arm-1", token=token, spool=tmp_path / "spool", timeout=240) as rec:
            for i in range(50):
                rec.log("joints", i * 20_000_000, [0.0, i / 50])
            time.sleep(0.3)
            assert rec.told.connected is False
            go.set()
        for _ in range(100):
            with volant.Lake(tmp_path / "home" / "lake") as lake:
                found = list(lake.store.episodes())
            if found:
                break
            time.sleep(0.1)
        assert [(one.task, one.frames) for one in found] == [("fold", 50)]
        assert httpx.get(f"{url}/ready").status_code == 200
