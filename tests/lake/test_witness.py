"""A byte that flips in SQLite's log takes acknowledged commits with it: the witness knows, and everybody is told."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from lake_made import make

from volant.core import Fact
from volant.core.errors import LakeCorrupt
from volant.lake import Store
from volant.lake.witness import Witness

HERE = Path(__file__).parent

KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[2])
from lake_made import make
from volant.core import Fact
from volant.lake import Store
with Store(sys.argv[1]) as store:
    for i in range(12):
        receipt = store.put([make(i)], [Fact("x", "a/b", i, "c@1")], at=i + 1)
        print(receipt.version, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake whose writer was killed after twelve acknowledged commits: all of them still lie in SQLite's log."""
    root = tmp_path_factory.mktemp("killed") / "lake"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(root), str(HERE)], capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert done.stdout.split()[-1] == "12"
    assert (root / "manifest.sqlite-wal").stat().st_size > 100_000
    return root


def flipped(root: Path, out: Path, at: int) -> Path:
    copy = shutil.copytree(root, out)
    data = bytearray((copy / "manifest.sqlite-wal").read_bytes())
    data[at] ^= 0x10
    (copy / "manifest.sqlite-wal").write_bytes(data)
    return copy


def test_a_killed_writer_loses_nothing_and_raises_no_alarm(killed: Path, tmp_path: Path) -> None:
    with Store(shutil.copytree(killed, tmp_path / "lake")) as store:
        assert store.version == 12
        assert store.verify(deep=True).ok


def test_a_flipped_byte_anywhere_in_the_log_is_noticed_or_harmless(killed: Path, tmp_path: Path) -> None:
    size = (killed / "manifest.sqlite-wal").stat().st_size
    said = []
    for place in (5, 40, size - 9, *np.random.default_rng(3).integers(0, size, 12).tolist()):
        root = flipped(killed, tmp_path / str(place), place)
        try:
            with Store(root, create=False) as store:
                assert store.version == 12
                assert store.verify(deep=True).ok
        except LakeCorrupt as error:
            said.append(str(error))
    assert len(said) >= 12
    assert all("was acknowledged" in text for text in said)


def test_the_loss_is_said_kept_and_can_be_accepted(killed: Path, tmp_path: Path) -> None:
    size = (killed / "manifest.sqlite-wal").stat().st_size
    root = flipped(killed, tmp_path / "lake", size * 2 // 3)
    log = (root / "manifest.sqlite-wal").read_bytes()
    for _ in range(2):
        with pytest.raises(LakeCorrupt, match=r"Version 12 was acknowledged, the lake holds \d+\..*wal-lost-12"):
            Store(root)
    assert (root / "manifest.sqlite-wal-lost-12").read_bytes() == log
    command = [sys.executable, "-m", "volant", "--lake", str(root), "verify", "--json"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert "was acknowledged" in json.loads(told.stdout)["problems"][0]["what"]
    with Store(root, rescue=True) as store:
        left = len(list(store.episodes()))
        assert 0 < left == store.version < 12
        with pytest.raises(LakeCorrupt):
            store.put([make(77)], at=1)
    accepted = subprocess.run([*command, "--accept-loss"], capture_output=True, text=True, check=False)
    assert (accepted.returncode, json.loads(accepted.stdout)["ok"]) == (0, True)
    with Store(root) as store:
        last = store.log()[-1]
        assert (last.what, last.counts) == ("loss", {"acknowledged": 12, "held": left})
        store.put([make(77)], at=1)
        assert store.verify(deep=True).ok


def test_a_manifest_that_is_gone_or_older_is_noticed(tmp_path: Path) -> None:
    root = tmp_path / "lake"
    with Store(root) as store:
        store.put([make(1)], at=1)
    older = (root / "manifest.sqlite").read_bytes()
    with Store(root) as store:
        store.put([make(2)], at=2)
    (root / "manifest.sqlite").write_bytes(older)
    with pytest.raises(LakeCorrupt, match="Version 2 was acknowledged, the lake holds 1"):
        Store(root)
    (root / "manifest.sqlite").write_bytes(b"")
    for create in (True, False):
        with pytest.raises(LakeCorrupt, match="manifest is gone"):
            Store(root, create=create)
    with Store(root, create=False, rescue=True) as store:
        assert next(problem.what for problem in store.verify().problems).endswith("the lake holds 0.")
        (root / "manifest.sqlite").unlink()
    (root / "manifest.sqlite-witness").unlink()
    with Store(root) as store:
        assert store.version == 0
        store.put([make(3)], at=1)
    other = tmp_path / "other"
    with Store(other) as store:
        store.put([make(4)], at=1)
    shutil.copy(other / "manifest.sqlite", root / "manifest.sqlite")
    with pytest.raises(LakeCorrupt, match="not the one that was acknowledged"):
        Store(root)


def test_a_witness_keeps_the_newest_whoever_writes_last(tmp_path: Path) -> None:
    one, other = Witness(tmp_path / "w"), Witness(tmp_path / "w")
    assert one.last() == (0, "")
    for version in range(1, 200):
        (one if version % 2 else other).say(version, f"{version:032x}")
    one.say(150, f"{150:032x}")
    assert other.last() == (199, f"{199:032x}")
    one.close()
    other.close()
    data = bytearray((tmp_path / "w").read_bytes())
    assert len(data) == 4096
    data[199 % 128 * 32] ^= 1
    (tmp_path / "w").write_bytes(data)
    assert Witness(tmp_path / "w").last()[0] == 198
    (tmp_path / "w").write_bytes(os.urandom(777))
    assert Witness(tmp_path / "w").last() == (0, "")


def test_a_lake_that_is_opened_twice_in_a_process_keeps_its_log_from_others(tmp_path):
    """Closing a file drops all POSIX locks that the process holds on it: another process then removed the log."""
    place = tmp_path / "lake"
    ask = [
        sys.executable,
        "-c",
        "import sys; from volant.lake import Store\nwith Store(sys.argv[1]) as s: print(s.version)",
    ]
    with Store(place) as one, Store(place):
        one.tell([Fact("s", "k", 0, "test@1")], at=1)
        with Store(place):
            subprocess.run([*ask, str(place)], check=True, capture_output=True)
        for value in range(1, 4):
            one.tell([Fact("s", "k", value, "test@1")], at=1)
        assert subprocess.run([*ask, str(place)], check=True, capture_output=True, text=True).stdout == "4\n"
    with Store(place) as again:
        assert again.facts(key="k").value == [0, 1, 2, 3]
