"""The proxy of docs/serve.md, word for word, in front of the server: a real nginx, where one is installed."""

from __future__ import annotations

import io
import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from test_run import WORDS, certificate, running

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
DOCS = Path(__file__).parents[2] / "docs" / "serve.md"
MAIN = """daemon off; master_process off; pid {place}/pid; error_log {place}/error.log;
events {{}}
http {{
access_log off;
client_body_temp_path {place}/body; proxy_temp_path {place}/proxy;
fastcgi_temp_path {place}/fast; uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
{block}
}}
"""
ROBOT = """
import sys, time, numpy as np, volant
url, token = sys.argv[1:]
with volant.record(url, task="fold", robot="arm-3", token=token) as rec:
    for i in range(60):
        rec.log("joints", time.time_ns(), np.full(7, i / 60, np.float32))
        time.sleep(0.02)
"""


@contextmanager
def nginx(place: Path, upstream: str, cert: Path) -> Iterator[str]:
    """The documented block on a free port, its names replaced by ours."""
    [block] = re.findall(r"```nginx\n(.*?)```", DOCS.read_text(), re.DOTALL)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for old, new in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/volant.pem", str(cert)),
        ("/etc/ssl/volant.key", str(cert)),
        ("http://127.0.0.1:7070", upstream),
    ):
        assert old in block
        block = block.replace(old, new)
    (place / "nginx.conf").write_text(MAIN.format(place=place, block=block))
    assert NGINX is not None
    process = subprocess.Popen([NGINX, "-p", str(place), "-c", str(place / "nginx.conf")], stderr=subprocess.PIPE)
    try:
        for _ in range(600):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None, process.communicate()[1].decode()
            time.sleep(0.05)
        yield f"https://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=10)


def told(*words: str) -> Any:
    """What a verb says as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "volant", *words, "--json"], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_robots_uploads_and_people_come_through_the_proxy_of_the_docs(
    tmp_path: Path, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tusclient.client import TusClient

    lake, cert = tmp_path / "lake", certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(cert))
    with running(lake, "--proxy", "127.0.0.1") as (_, said), nginx(tmp_path, said["url"], cert) as url:
        key = said["first"].partition("key=")[2]
        context = browser.new_context(ignore_https_errors=True)
        page = context.new_page()
        page.goto(f"{url}/first?key={key}")
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill(WORDS)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.goto(f"{url}/episodes")
        page.get_by_role("heading", level=1).wait_for()
        token = told("token", "create", "--lake", str(lake), "--role", "collector", "--name", "cell 4")["secret"]
        robot = [sys.executable, "-c", ROBOT, url, token]
        env = {"SSL_CERT_FILE": str(cert), "PATH": "/usr/bin", "HOME": str(tmp_path)}
        done = subprocess.run(robot, capture_output=True, text=True, check=False, timeout=60, env=env)
        assert done.returncode == 0, done.stderr
        film = io.BytesIO(b"t,x\n" + b"".join(b"%f,%d\n" % (i / 50, i % 7) for i in range(40_000)))
        client = TusClient(f"{url}/uploads", {"Origin": url, "Authorization": f"Bearer {token}"})
        client.uploader(file_stream=film, chunk_size=200_000, metadata={"filename": "film.csv"}).upload()
        for _ in range(300):
            episodes = told("episodes", "--lake", str(lake))["episodes"]
            if len(episodes) == 2:
                break
            time.sleep(0.2)
        assert len(episodes) == 2, episodes
        page.reload()
        page.get_by_text("fold").first.wait_for()
        context.close()
