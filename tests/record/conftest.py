"""A live gate in a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass
class LiveGateServer:
    """A running gate: its address, lake, home, and a collector's token."""

    url: str
    lake: Path
    home: Path
    token: str
    process: subprocess.Popen[bytes]


def started(place: Path, port: int) -> LiveGateServer:
    """A gate over ``place``, once it answers."""
    command = [
        sys.executable,
        str(Path(__file__).parent / "gate_server.py"),
        str(place / "lake"),
        str(place / "home"),
        str(port),
    ]
    process = subprocess.Popen(command)
    for _ in range(6000):
        with suppress(OSError):  # HTTPError is one: it is loading
            urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5).close()
            token = (place / "home" / "token").read_text()
            return LiveGateServer(f"http://127.0.0.1:{port}", place / "lake", place / "home", token, process)
        if process.poll() is not None:
            break
        time.sleep(0.05)
    process.kill()
    raise AssertionError("the gate did not open")


def free_port() -> int:
    """A port that nobody listens to now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveGateServer]:
    """A gate for the tests of one file."""
    server = started(tmp_path_factory.mktemp("gate"), free_port())
    yield server
    server.process.terminate()
    assert server.process.wait(20) in (0, -15)
