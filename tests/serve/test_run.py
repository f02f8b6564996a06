"""The server as a process: it starts, is told to stop, is killed, and starts again."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from aside import aside
from volant.core.errors import BadInput, LakeNewer, Misuse, Refused
from volant.serve import House
from volant.serve.doors import Book, add_user, make_token
from volant.serve.floor import Station
from volant.serve.run import _Leaving, serve
from volant.serve.settings import Serving
from volant.serve.upgrade import alone, prepared

WORDS = "correct horse battery"
NOW = 1_764_000_000_000_000_000


@contextmanager
def running(lake: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], dict]]:
    """``volant serve`` on a free port, and what it said when it listened."""
    command = [sys.executable, "-m", "volant", "serve", "--lake", str(lake), "--port", "0", "--json", *more]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    try:
        said = ""
        assert process.stdout is not None
        for line in process.stdout:
            said += line
            if line == "}\n":
                break
        heard = json.loads(said)
        _ready(heard["url"])
        yield process, heard
    finally:
        process.kill()
        process.communicate()


def _ready(url: str) -> None:
    """Until robots are let in: a first server of a machine compiles its checks while it serves pages."""
    for _ in range(3000):
        if httpx.get(f"{url}/ready", verify=False, timeout=60).status_code == 200:
            return
        time.sleep(0.1)
    raise AssertionError("the server did not get ready")


def certificate(place: Path, address: str = "127.0.0.1") -> Path:
    """A certificate of an address by itself, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = place / "both.pem"
    path.write_bytes(key.private_bytes(*plain) + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_a_server_starts_with_a_link_is_killed_starts_again_and_leaves_when_told(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with running(lake, "--proxy", "127.0.0.1") as (process, said):
        assert said["done"][0].startswith("A new lake was made")
        url = said["url"]
        assert httpx.get(f"{url}/health").json() == {"state": "alive"}
        assert httpx.get(f"{url}/ready").json() == {"state": "ready"}
        data = {"key": said["first"].partition("key=")[2], "name": "ada", "password": WORDS}
        made = httpx.post(f"{url}/first", data=data, headers={"origin": url})
        assert made.status_code == 303
        data = {"name": "ada", "password": WORDS}
        outside = {"host": "volant.test", "origin": "https://volant.test", "x-forwarded-proto": "https"}
        behind = httpx.post(f"{url}/login", data=data, headers=outside)
        assert behind.headers["set-cookie"].startswith("__Host-volant_session="), "the proxy ended TLS"
        assert httpx.get(f"{url}/episodes", headers={"accept": "text/html"}).headers["location"].startswith("/login")
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    cert = certificate(tmp_path)
    with running(lake, "--cert", str(cert), "--key", str(cert)) as (process, said):
        assert said["first"] == "", "the first admin outlives a server that was killed"
        trusting = ssl.create_default_context(cafile=str(cert))
        answer = httpx.post(f"{said['url']}/login", data=data, headers={"origin": said["url"]}, verify=trusting)
        assert (answer.status_code, answer.headers["set-cookie"][:6]) == (303, "__Host")
        second = subprocess.run(
            [sys.executable, "-m", "volant", "serve", "--lake", str(lake), "--port", "0"],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert (second.returncode, "Another server" in second.stderr) == (1, True)
        os.kill(process.pid, signal.SIGTERM)
        _, told = process.communicate(timeout=20)
        assert process.returncode == 0
        assert "SIGTERM: leaving." in told
        assert "Traceback" not in told


def test_a_server_that_leaves_waits_for_episodes_under_way_but_not_forever(tmp_path: Path) -> None:
    house = House(tmp_path / "lake", tmp_path / "home")
    server, door = SimpleNamespace(should_exit=False, force_exit=False), SimpleNamespace(leaving=False)
    told: list[str] = []

    async def leave(seconds: float) -> None:
        door.leaving = server.should_exit = False
        leaving = _Leaving(server, door, house, seconds, told.append)  # type: ignore[arg-type]
        house.floor.show([Station("s1", recording=True, connected=True)])
        leaving.heard(signal.SIGTERM, None)
        assert door.leaving
        await asyncio.sleep(0.15)
        assert not server.should_exit, "the episode is under way"
        if seconds > 1:
            house.floor.show([Station("s1")])
        await asyncio.sleep(0.4)
        assert server.should_exit
        leaving.heard(signal.SIGTERM, None)
        assert server.force_exit, "who asks twice does not wait"

    aside(leave(20.0))
    aside(leave(0.3))
    assert told == [
        "SIGTERM: leaving; 1 episodes are under way.",
        "SIGTERM: leaving; 1 episodes are under way.",
        "1 episodes were still under way; their senders keep and resend them.",
    ]
    house.close()


def test_what_was_prepared_is_said_and_what_is_newer_is_refused(tmp_path: Path) -> None:
    serving = Serving(lake=str(tmp_path / "lake"))
    assert [line.split()[0] for line in prepared(serving, NOW).done] == ["A", "Accounts"]
    with alone(serving.place), pytest.raises(Refused, match="Another server"), alone(serving.place):
        pass
    book = Book.open(serving.place)
    with book.writing() as db:
        db.execute("PRAGMA user_version = 99")
    book.close()
    with pytest.raises(LakeNewer):
        prepared(serving, NOW)


def test_settings_that_cannot_be_are_refused_before_anything_is_served(tmp_path: Path) -> None:
    with pytest.raises(Misuse):
        Serving(cert=tmp_path / "c.pem")
    with pytest.raises(Misuse, match="object store"):
        Serving(lake="s3://bucket/lake")
    assert [Serving(host=host).in_clear for host in ("127.0.0.1", "0.0.0.0", "lab")] == [False, True, True]
    assert not Serving(host="0.0.0.0", proxy="10.0.0.1").in_clear
    (tmp_path / "c.pem").write_text("no certificate")
    serving = Serving(lake=str(tmp_path / "lake"), port=0, cert=tmp_path / "c.pem", key=tmp_path / "c.pem")
    with pytest.raises(BadInput, match="certificate"):
        serve(serving, lambda _: None, lambda _: None)
    with pytest.raises(Refused, match="listen"):
        serve(Serving(lake=str(tmp_path / "lake"), host="192.0.2.1"), lambda _: None, lambda _: None)


def test_metrics_tell_who_records_and_what_was_answered(tmp_path: Path) -> None:
    from volant.serve.app import application

    house = House(tmp_path / "lake", tmp_path / "home")
    door = application(house, pages=False)
    add_user(door.book, "ada", "admin", by="test", at=house.clock(), password=WORDS)
    _, secret = make_token(door.book, "prometheus", "viewer", by="ada", at=house.clock())
    house.floor.show([Station("s1", light="red", recording=True), Station("s2", light="green")])

    async def ask() -> str:
        transport = httpx.ASGITransport(door)
        async with httpx.AsyncClient(transport=transport, base_url="http://volant.test") as client:
            assert (await client.get("/metrics")).status_code == 401
            assert (await client.get("/nothing/at/all")).status_code == 401
            answer = await client.get("/metrics", headers={"authorization": f"Bearer {secret}"})
            return answer.text

    text = aside(ask())
    for line in (
        'volant_stations{light="red"} 1.0',
        "volant_stations_recording 1.0",
        "volant_lake_version 0.0",
        'volant_requests_total{area="metrics",method="GET",status="401"} 1.0',
        'volant_requests_total{area="other",method="GET",status="401"} 1.0',
    ):
        assert line in text, line
    house.close()
    door.book.close()
