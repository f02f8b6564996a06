"""Real processes that are told to stop in the middle of their work: they end in words, and nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from volant.core import Selection, Writing
from volant.core.errors import NotFound
from volant.formats.robomimic import Robomimic
from volant.lake import Store

pytestmark = pytest.mark.slow


def begun(*words: object, lake: Path) -> subprocess.Popen[str]:
    """A command line at work."""
    command = [sys.executable, "-m", "volant", *map(str, words), "--lake", str(lake)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def stopped(work: subprocess.Popen[str], when: Callable[[], bool], number: int) -> tuple[int, str, str]:
    """Send a signal once something can be seen; exit code, stdout and stderr."""
    until = time.monotonic() + 300  # the first screening on a machine compiles
    while not when():
        assert work.poll() is None, work.communicate()
        assert time.monotonic() < until
        time.sleep(0.002)
    work.send_signal(number)
    out, err = work.communicate(timeout=60)
    assert "Traceback" not in err
    return work.returncode, out, err


def commits(place: Path) -> int:
    try:
        with Store(place, create=False) as store:
            return store.version
    except NotFound:
        return 0


def test_adding_stops_in_words_and_goes_on_later(tmp_path: Path, make_episode) -> None:
    home, files = tmp_path / "lake", tmp_path / "files"
    files.mkdir()
    for i in range(40):
        Robomimic().write([make_episode(2 * i), make_episode(2 * i + 1)], files / f"{i:02d}.hdf5", Writing(robot="arm"))
    code, out, err = stopped(begun("add", files, lake=home), lambda: commits(home) > 1, signal.SIGTERM)
    assert (code, out) == (143, "")
    assert "Stopped: " in err
    assert "again goes on from there" in err
    with Store(home, create=False) as store:
        kept = len(store.ids())
        assert 0 < kept < 80
        assert store.verify().ok
    again = subprocess.run(
        [sys.executable, "-m", "volant", "add", files, "--lake", home, "--json"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert again.returncode == 0, again.stderr
    assert len(json.loads(again.stdout)["added"]) + kept == 80


def test_publishing_stops_in_words_and_leaves_nothing(tmp_path: Path, make_episode) -> None:
    home, out = tmp_path / "lake", tmp_path / "out"
    with Store(home) as store:
        episodes = [make_episode(i) for i in range(800)]
        store.put(episodes, at=1)
        chosen = Selection(store.version, "", tuple(episode.id for episode in episodes))
        store.keep(chosen)
    work = begun("publish", chosen.hash[:12], out, "--json", lake=home)
    code, said, err = stopped(work, lambda: any(tmp_path.glob(".out.*.part/data/data")), signal.SIGTERM)
    assert code == 143
    assert json.loads(said)["error"]["kind"] == "Interrupted"
    assert f"{out} was not made" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lake"]
    with Store(home, create=False) as store:
        assert not len(store.facts(key="publication/*"))


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_second_signal_does_not_break_the_clean_up(tmp_path: Path, name: str, code: int) -> None:
    if signal.getsignal(getattr(signal, name)) is signal.SIG_IGN:
        pytest.skip(f"{name} is ignored where these tests run")
    program = (
        f"import os, signal, time, volant.api as api\nnumber = signal.{name}\n"
        "from volant.cli import main\n"
        "def stop(*a, **k):\n"
        "    try:\n"
        "        os.kill(os.getpid(), number); time.sleep(5)\n"
        "    finally:\n"
        "        os.kill(os.getpid(), number); time.sleep(0.01); open('cleaned', 'w').close()\n"
        "api.Lake.add = stop\n"
        "import sys; sys.argv = ['volant', 'add', '.']\nmain()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert "Stopped before anything was added" in done.stderr
    assert (tmp_path / "cleaned").exists()


def test_a_signal_that_the_caller_ignores_stays_ignored(tmp_path: Path) -> None:
    command = f"trap '' HUP; {sys.executable} -c \"import os, signal; from volant.cli import _stop; _stop.listen(); "
    command += 'os.kill(os.getpid(), signal.SIGHUP); print(1)"'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.stdout == "1\n"
