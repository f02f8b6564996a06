"""Uploads by tus: the official client, a real server that is killed, wrong and doubled chunks, and a full disk."""

from __future__ import annotations

import base64
import hashlib
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tusclient.client import TusClient

from volant import Lake
from volant.video import encode

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
TUS = {"Tus-Resumable": "1.0.0"}
PART = {**TUS, "Content-Type": "application/offset+octet-stream"}


class Server:
    """A server of its own that may be killed and started again on the same port."""

    def __init__(self, place: Path, most: int = 0) -> None:
        self.lake, self.home, self.log, self.most = place / "lake", place / "home", place / "log", most
        self.home.mkdir(exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = [sys.executable, str(HERE / "served.py"), str(self.lake), str(self.home), str(self.port)]
        if self.most:  # files of at most so many KiB, as a full disk would have it
            command = ["bash", "-c", f'ulimit -f {self.most}; exec "$@"', "bash", *command]
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out)
        for _ in range(3000):
            if self.process.poll() is not None:
                break
            with suppress(OSError):
                if self.ask("GET", "/ready")[0] == 200:
                    return
            time.sleep(0.1)
        self.kill()
        pytest.fail(self.log.read_text()[-3000:])

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], Any]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        line.request(method, path, body, {"Origin": self.url, **TUS, **said})
        answer = line.getresponse()
        text = answer.read()
        line.close()
        found = json.loads(text) if answer.headers.get_content_type() == "application/json" and text else text
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, found

    def begin(self, size: int, name: str = "film.mp4", **said: str) -> str:
        words = {"filename": name, **said}
        told = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in words.items())
        status, headers, _ = self.ask("POST", "/uploads", Upload_Length=str(size), Upload_Metadata=told)
        assert status == 201
        return headers["location"]

    def patch(self, where: str, offset: int, block: bytes, **more: str) -> tuple[int, dict[str, str], Any]:
        kind = "application/offset+octet-stream"
        return self.ask("PATCH", where, block, Upload_Offset=str(offset), Content_Type=kind, **more)

    def head(self, where: str, offset: int, length: int, extra: str = "") -> bytes:
        """The beginning of a PATCH, for who then sends less than it promised."""
        lines = (f"PATCH {where} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", f"Origin: {self.url}",
                 *(f"{name}: {value}" for name, value in PART.items()), f"Upload-Offset: {offset}",
                 f"Content-Length: {length}")  # fmt: skip
        return ("\r\n".join(lines) + "\r\n" + extra + "\r\n").encode()

    def offset(self, where: str) -> int:
        status, headers, _ = self.ask("HEAD", where)
        assert status == 200
        return int(headers["upload-offset"])

    def landed(self, where: str) -> dict[str, Any]:
        for _ in range(300):
            found = self.ask("GET", where)[2]
            if found["state"] in ("landed", "refused"):
                return found
            time.sleep(0.1)
        pytest.fail(f"It does not land: {found}\n{self.log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    pytest.importorskip("nicegui", reason="the extra `serve` is not installed")
    made = Server(tmp_path_factory.mktemp("uploads"))
    yield made
    made.kill()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return filmed(tmp_path_factory.mktemp("film"), 0)


def filmed(folder: Path, seed: int) -> bytes:
    """A second and a half of noise, which packs badly."""
    rng = np.random.default_rng(seed)
    frames = [rng.integers(0, 255, (96, 128, 3)).astype(np.uint8) for _ in range(36)]
    encode(frames, folder / "film.mp4", codec="h264", fps=24)
    return (folder / "film.mp4").read_bytes()


def test_the_official_client_goes_on_after_the_server_was_killed(server, film):
    client = TusClient(f"{server.url}/uploads", {"Origin": server.url})
    said = {"filename": "../../etc/film.mp4", "task": "fold", "take": "one"}
    how: dict[str, Any] = {"chunk_size": len(film) // 9, "upload_checksum": True}
    sender = client.uploader(file_stream=io.BytesIO(film), metadata=said, **how)
    for _ in range(3):
        sender.upload_chunk()
    server.kill()
    server.start()
    assert server.offset(sender.url.removeprefix(server.url)) == sender.offset
    again = client.uploader(file_stream=io.BytesIO(film), url=sender.url, **how)
    assert again.offset == sender.offset
    again.upload()
    found = server.landed(sender.url.removeprefix(server.url))
    assert found["state"] == "landed", found
    assert [one["verdict"] for one in found["episodes"]] in (["accept"], ["review"], ["quarantine"])
    assert found["take"] == "one"
    with Lake(server.lake) as lake:
        episode = lake.episode(found["episodes"][0]["id"])
    assert (episode.origin.operator, episode.origin.collector, episode.task) == ("test", "test", "fold")
    assert len(episode["video"]) == 36
    stray = [path for path in server.home.rglob("*") if "etc" in path.parts or path.suffix == ".mp4"]
    assert stray == []


def test_a_chunk_that_is_cut_off_by_a_kill_is_kept_to_the_last_byte_or_dropped_if_unproven(server, film):
    for proof, kept in ("", True), (f"sha256 {base64.b64encode(b'x' * 32).decode()}", False):
        where = server.begin(len(film))
        assert server.patch(where, 0, film[:1000])[0] == 204
        line = socket.create_connection(("127.0.0.1", server.port))
        extra = f"Upload-Checksum: {proof}\r\n" if proof else ""
        line.sendall(server.head(where, 1000, len(film) - 1000, extra) + film[1000:9000])
        time.sleep(0.5)
        if kept:
            line.close()  # the link is cut
            time.sleep(0.3)
        server.kill()
        line.close()
        server.start()
        now = server.offset(where)
        assert now == (9000 if kept else 1000)
        assert server.patch(where, now, film[now:])[0] == 204
        assert server.landed(where)["state"] == "landed"


def test_doubled_and_disordered_chunks_change_nothing(server, film):
    where = server.begin(len(film))
    half = len(film) // 2
    assert server.patch(where, half, film[half:])[0] == 409
    assert server.patch(where, 0, film[:half])[1]["upload-offset"] == str(half)
    status, headers, said = server.patch(where, 0, film[:half])
    assert (status, headers["upload-offset"], said["error"]["kind"]) == (409, str(half), "WrongOffset")
    assert server.patch(where, half, film[half:] + b"more")[0] == 400
    rest = server.offset(where)
    assert server.patch(where, rest, film[rest:])[0] == 204
    assert server.landed(where)["state"] == "landed"
    assert server.patch(where, len(film), b"")[0] in (204, 409)


@pytest.mark.parametrize("name", ["sha1", "sha256", "sha512", "md5", "crc32c"])
def test_checksums_are_proven_before_anything_counts(server, name):
    import google_crc32c

    block = os.urandom(5000)
    right = google_crc32c.Checksum(block).digest() if name == "crc32c" else hashlib.new(name, block).digest()
    where = server.begin(10_000)
    wrong = base64.b64encode(right[::-1]).decode()
    assert server.patch(where, 0, block, Upload_Checksum=f"{name} {wrong}")[0] == 460
    assert server.offset(where) == 0
    assert server.patch(where, 0, block, Upload_Checksum=f"{name} {base64.b64encode(right).decode()}")[0] == 204
    assert server.offset(where) == 5000
    assert server.patch(where, 5000, block, Upload_Checksum="sha3 AAAA")[0] == 400
    assert server.ask("DELETE", where)[0] == 204
    assert server.ask("HEAD", where)[0] == 404


def test_two_uploads_at_once_and_one_upload_twice_at_once(server, tmp_path):
    films = [filmed(tmp_path, seed) for seed in (1, 2)]
    places = [server.begin(len(one)) for one in films]

    def send(which: int) -> None:
        while (at := server.offset(places[which])) < len(films[which]):
            server.patch(places[which], at, films[which][at : at + 20_000])

    threads = [threading.Thread(target=send, args=(i,)) for i in (0, 1, 0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    found = [server.landed(place) for place in places]
    assert [one["state"] for one in found] == ["landed", "landed"]
    with Lake(server.lake) as lake:
        frames = [len(lake.episode(one["episodes"][0]["id"])["video"]) for one in found]
    assert frames == [36, 36]
    listed = {one["id"]: one["state"] for one in server.ask("GET", "/uploads")[2]["uploads"]}
    assert all(listed[place.rpartition("/")[2]] == "landed" for place in places)


def test_a_hanging_connection_gives_way_to_a_newer_one(server, film):
    where = server.begin(len(film))
    line = socket.create_connection(("127.0.0.1", server.port))
    line.sendall(server.head(where, 0, len(film)))
    time.sleep(0.2)
    at = server.offset(where)
    assert server.patch(where, at, film[at:])[0] == 204
    line.close()
    assert server.landed(where)["state"] == "landed"


def test_what_the_protocol_asks_for_is_answered(server):
    status, headers, _ = server.ask("OPTIONS", "/uploads")
    assert (status, headers["tus-version"]) == (204, "1.0.0")
    assert {"creation-with-upload", "checksum", "termination", "expiration"} <= set(headers["tus-extension"].split(","))
    assert server.ask("POST", "/uploads", Upload_Length="5", Tus_Resumable="0.2.2")[0] == 412
    assert server.ask("POST", "/uploads")[0] == 400
    assert server.ask("POST", "/uploads", Upload_Length=str(1 << 50))[0] == 413
    assert server.ask("POST", "/uploads", Upload_Length="5", Upload_Metadata="filename !")[0] == 400
    where = server.begin(5)
    assert server.ask("PATCH", where, b"ab", Upload_Offset="0", Content_Type="text/plain")[0] == 415
    assert "upload-expires" in server.ask("HEAD", where)[1]
    assert server.ask("POST", where, X_HTTP_Method_Override="DELETE")[0] == 204
    for path in ("/uploads/../home", "/uploads/" + "0" * 32, "/uploads/%2e%2e"):
        assert server.ask("HEAD", path)[0] == 404


def test_bytes_may_come_with_the_creation_and_the_length_after_it(server, film):
    status, headers, _ = server.ask(
        "POST", "/uploads", film[:500], Upload_Defer_Length="1", Content_Type="application/offset+octet-stream",
        Upload_Metadata="filename " + base64.b64encode(b"a.mp4").decode(),
    )  # fmt: skip
    assert (status, headers["upload-offset"]) == (201, "500")
    where = headers["location"]
    assert server.ask("HEAD", where)[1]["upload-defer-length"] == "1"
    assert server.patch(where, 500, film[500:], Upload_Length=str(len(film)))[0] == 204
    assert server.landed(where)["state"] == "landed"


def test_others_uploads_are_not_there(server):
    where = server.begin(10)
    for method in ("HEAD", "GET", "DELETE"):
        assert server.ask(method, where, Cookie="test-role=collector")[0] == 404
    assert server.ask("HEAD", where, Cookie="test-role=viewer")[0] == 403
    assert server.offset(where) == 0


def test_what_nobody_can_read_is_refused_with_a_reason_and_kept(server):
    where = server.begin(9, "notes.txt")
    assert server.patch(where, 0, b"something")[0] == 204
    found = server.landed(where)
    assert found["state"] == "refused"
    assert found["why"]
    assert (server.home / "uploads" / found["id"] / "recording.txt").read_bytes() == b"something"


def test_a_full_disk_is_said_and_loses_nothing(tmp_path):
    pytest.importorskip("nicegui", reason="the extra `serve` is not installed")
    server = Server(tmp_path, most=400)
    try:
        where = server.begin(900_000)
        assert server.patch(where, 0, b"a" * 300_000)[0] == 204
        status, _, said = server.patch(where, 300_000, b"b" * 300_000)
        assert (status, said["error"]["kind"]) == (507, "DiskFull")
        assert server.offset(where) == 300_000
        server.kill()
        server.most = 0
        server.start()
        assert server.offset(where) == 300_000
        assert server.patch(where, 300_000, b"b" * 300_000)[0] == 204
    finally:
        server.kill()
