"""The two machines of docs/serve.md: a robot with a network of its own, and a cable that is pulled while it records."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from test_run import certificate, running

from volant import Lake

IP = shutil.which("ip", path="/usr/sbin:/sbin:/usr/bin:/bin")
SERVER, ROBOT = "10.231.7.1", "10.231.7.2"
PROGRAM = """
import os, sys, time, numpy as np, volant
with volant.record(sys.argv[1], task="fold", robot="arm-4", spool=sys.argv[2], timeout=120) as rec:
    for i in range(400):
        rec.log("joints", time.time_ns(), np.full(7, i / 400, np.float32))
        time.sleep(0.01)
        if i == 100:
            print("recording", flush=True)
print(rec.stored)
"""


def ip(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(IP), *words], capture_output=True, text=True, check=False)


@contextmanager
def cable() -> Iterator[tuple[str, str]]:
    """A network of its own and a cable to it: their names. Skips where this machine lets nobody make one."""
    name = f"volant{os.getpid() % 10_000}"
    if IP is None or ip("netns", "add", name).returncode:
        pytest.skip("no networks of their own can be made here")
    here, there = f"{name}a", f"{name}b"
    try:
        if ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name).returncode:
            pytest.skip("no cable can be made here")
        ip("addr", "add", f"{SERVER}/30", "dev", here)
        ip("link", "set", here, "up")
        ip("-n", name, "addr", "add", f"{ROBOT}/30", "dev", there)
        ip("-n", name, "link", "set", there, "up")
        yield name, here
    finally:
        ip("netns", "del", name)
        ip("link", "del", here)


def test_a_robot_on_another_machine_records_through_a_pulled_cable(tmp_path: Path) -> None:
    lake, cert = tmp_path / "lake", certificate(tmp_path, SERVER)
    with (
        cable() as (robot, link),
        running(lake, "--host", "0.0.0.0", "--cert", str(cert), "--key", str(cert)) as (_, said),
    ):
        volant = [sys.executable, "-m", "volant", "token", "create", "--lake", str(lake), "--role", "collector"]
        made = subprocess.run([*volant, "--name", "cell 4", "--json"], capture_output=True, text=True, check=True)
        url = f"https://{SERVER}:{said['url'].rpartition(':')[2]}"
        program = subprocess.Popen(
            [str(IP), "netns", "exec", robot, sys.executable, "-c", PROGRAM, url, str(tmp_path / "spool")],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "SSL_CERT_FILE": str(cert), "VOLANT_TOKEN": json.loads(made.stdout)["secret"]},
        )
        assert program.stdout is not None
        assert program.stdout.readline() == "recording\n"
        ip("link", "set", link, "down")
        time.sleep(1.5)
        ip("link", "set", link, "up")
        told, _ = program.communicate(timeout=180)
        assert program.returncode == 0, told
        assert "'verdict'" in told
    with Lake(lake) as memory:
        (episode,) = memory.store.episodes()
        assert (episode.frames, episode.origin.robot) == (400, "arm-4")
