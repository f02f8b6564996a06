"""A real server over a small real lake, and a real browser in front of it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from browsing import DESKTOP, PHONE

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Served:
    """A running server: its address, its lake's folder, its home, and the cookies of a signed-in admin."""

    url: str
    lake: Path
    home: Path
    log: Path
    cookies: tuple[dict[str, Any], ...] = ()

    def floor(self, *stations: dict[str, Any]) -> None:
        """Let the floor show these stations, as the live intake would (fields of ``serve.floor.Station``)."""
        body = json.dumps(stations).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/-/floor", body), timeout=10).close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server over a lake of a dozen episodes, for the whole session; tests add what they need and stay apart."""
    pytest.importorskip("nicegui", reason="the extra `serve` is not installed")
    from served_lake import make

    place = tmp_path_factory.mktemp("served")
    make(place / "lake", place)
    with begun(place) as found:
        yield found


@pytest.fixture(scope="session")
def serving() -> Callable[..., AbstractContextManager[Served]]:
    """Begins further servers: ``with serving(place, ...) as served``."""
    pytest.importorskip("nicegui", reason="the extra `serve` is not installed")
    return begun


@contextmanager
def begun(place: Path, *fleet: str) -> Iterator[Served]:
    """A server over ``place/lake`` as long as the block lasts; ``fleet`` as ``served.py`` takes it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log, home = place / "server.log", place / "home"
    home.mkdir()
    with log.open("wb") as out:
        command = [sys.executable, str(HERE / "served.py"), str(place / "lake"), str(home), str(port), *fleet]
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        _awaited(url, process, log)
        yield Served(url, place / "lake", home, log)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _awaited(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until it answers: on a fresh checkout what it needs is compiled first, beside other tests that do the same."""
    for _ in range(3000):
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{url}/ready", timeout=5).close()
        except OSError:  # HTTPError is one: it is loading
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"The server did not come up:\n{log.read_text()[-3000:]}")


@pytest.fixture
def page(served: Served, browser: Any) -> Iterator[Any]:
    """A signed-in admin's page, 1280 x 800; ``page.set_viewport_size(PHONE)`` makes it a phone.

    The test fails where the page complained on its console.
    """
    context = browser.new_context(base_url=served.url, viewport=DESKTOP, reduced_motion="reduce")
    if served.cookies:
        context.add_cookies(list(served.cookies))
    made, faults = context.new_page(), list[str]()
    made.set_default_timeout(30_000)
    made.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    made.on("pageerror", lambda error: faults.append(str(error)))
    yield made
    context.close()
    assert not faults, faults


@pytest.fixture
def phone() -> dict[str, int]:
    """The size of a phone's screen, for ``page.set_viewport_size``."""
    return PHONE


@pytest.fixture
def sound() -> Callable[[Any], None]:
    """Look at a page with axe: nothing serious or critical, and no scrolling sideways."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()

    def look(page: Any) -> None:
        found = axe.run(page).response["violations"]
        grave = [
            (one["id"], [node["html"][:160] for node in one["nodes"][:3]])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert not grave, grave
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{wide} pixels too wide"

    return look
