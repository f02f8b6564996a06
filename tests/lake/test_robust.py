"""Real processes: two writers, kill -9 at any moment, a full disk, no permission. Nothing acknowledged is lost."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lake_made import make

from volant.core.errors import NotFound
from volant.lake import Store

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent


def worker(place: Path | str, what: str, first: int, count: int) -> subprocess.Popen[str]:
    call = [sys.executable, str(HERE / "lake_worker.py"), str(place), what, str(first), str(count)]
    return subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_writers_lose_and_double_nothing(tmp_path: Path) -> None:
    root = tmp_path / "lake"
    Store(root).close()
    both = [worker(root, "small", 0, 40), worker(root, "small", 40, 40)]
    said = []
    for one in both:
        out, err = one.communicate(timeout=300)
        assert one.returncode == 0, err
        said += [line.split() for line in out.splitlines()[1:]]
    with Store(root) as store:
        ids = [episode.id for episode in store.episodes()]
        assert sorted(ids) == sorted(name for line in said for name in line)
        assert len(set(ids)) == 80
        assert [commit.what for commit in store.log()].count("put") == 80
        assert sorted(fact.value for fact in store.facts(key="worker/n")) == list(range(80))
        assert store.verify(deep=True).ok


def test_two_writers_of_the_same_episodes_store_them_once(tmp_path: Path) -> None:
    root = tmp_path / "lake"
    Store(root).close()
    both = [worker(root, "small", 0, 15), worker(root, "small", 0, 15)]
    added = []
    for one in both:
        out, err = one.communicate(timeout=300)
        assert one.returncode == 0, err
        added += [name for line in out.splitlines()[1:] for name in line.split()]
    assert len(added) == len(set(added)) == 15
    with Store(root) as store:
        assert len(store.facts(key="worker/n")) == 15
        assert store.verify(deep=True).ok


@pytest.mark.parametrize("what", ["large", "seal", "compact"])
def test_kill_at_any_moment_loses_nothing_acknowledged(tmp_path: Path, what: str) -> None:
    luck = random.Random(what)
    root = tmp_path / "lake"
    acknowledged: set[str] = set()
    for trial in range(5):
        one = worker(root, what, 100 * trial, 100)
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n", one.communicate()[1]
        time.sleep(luck.uniform(0.02, 0.6))
        one.send_signal(signal.SIGKILL)
        out = one.communicate(timeout=60)[0]
        # A line that was cut off was not acknowledged.
        acknowledged |= {name for line in out.splitlines(keepends=True) if line.endswith("\n") for name in line.split()}
        with Store(root) as store:
            ids = [episode.id for episode in store.episodes()]
            assert len(ids) == len(set(ids))
            assert acknowledged <= set(ids)
            assert store.verify().ok
    with Store(root) as store:
        store.clean()
        report = store.verify(deep=True)
        assert report.ok
        assert report.orphans == ()
        assert {episode.id for episode in store.episodes()} >= acknowledged


def test_a_reader_sees_whole_commits_while_others_write_and_merge(tmp_path: Path) -> None:
    root = tmp_path / "lake"
    Store(root).close()
    one = worker(root, "compact", 0, 12)
    with Store(root) as store:
        while one.poll() is None:
            version = store.version
            ids = [episode.id for episode in store.episodes(version=version)]
            assert ids == store.catalogue(version)["id"].to_pylist()
            assert len(store.facts(key="worker/n", version=version)) == len(ids)
    assert one.returncode == 0, one.communicate()[1]
    one.communicate()


FULL = """
import resource, signal, sys
sys.path.insert(0, sys.argv[2])
from lake_made import make
from volant.core.errors import LakeUnwritable
from volant.lake import Store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Store(sys.argv[1]) as store:
    limit = int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    done = 0
    try:
        for i in range(200):
            store.put([make(i * 100 + j, n=int(sys.argv[4])) for j in range(4)], at=i + 1)
            done += 4
    except LakeUnwritable as error:
        print("refused", done, str(error))
"""


@pytest.mark.parametrize(("limit", "n"), [(400_000, 20), (200_000, 9000)], ids=["manifest", "segment"])
def test_a_full_disk_is_said_and_changes_nothing(tmp_path: Path, limit: int, n: int) -> None:
    root = tmp_path / "lake"
    Store(root).close()
    call = [sys.executable, "-c", FULL, str(root), str(HERE), str(limit), str(n)]
    done = subprocess.run(call, capture_output=True, text=True, check=False, timeout=300)
    assert done.stdout.startswith("refused"), done.stderr
    kept = int(done.stdout.split()[1])
    with Store(root) as store:
        assert len(list(store.episodes())) == kept
        store.clean()
        report = store.verify(deep=True)
        assert report.ok
        assert report.orphans == ()
        store.put([make(99_999)], at=9)
        assert len(list(store.episodes())) == kept + 1


TMPFS = """
import sys
sys.path.insert(0, sys.argv[2])
from lake_made import make
from volant.core.errors import LakeUnwritable
from volant.lake import Store
done = 0
with Store(sys.argv[1]) as store:
    try:
        for i in range(400):
            store.put([make(i * 100 + j, n=2000) for j in range(4)], at=i + 1)
            done += 4
    except LakeUnwritable as error:
        print("refused", done, str(error), len(list(store.episodes())), store.verify(deep=True).ok)
"""


def test_a_full_file_system_is_said_and_changes_nothing(tmp_path: Path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        call = [sys.executable, "-c", TMPFS, str(place / "lake"), str(HERE)]
        done = subprocess.run(call, capture_output=True, text=True, check=False, timeout=300)
        assert done.stdout.startswith("refused"), done.stderr
        kept = done.stdout.split()[1]
        assert done.stdout.split()[-2:] == [kept, "True"]
        assert int(kept) > 0
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_no_permission_is_said_and_reading_goes_on(tmp_path: Path) -> None:
    root = tmp_path / "lake"
    with Store(root) as store:
        store.put([make(i, n=50) for i in range(3)], at=1)
    if os.getuid():
        pytest.skip("only root can take permissions away from somebody else")
    for path in (tmp_path, *tmp_path.parents):
        if path.owner() == "root" and not path.stat().st_mode & 0o001 and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o055)
    code = """
import os, sys
sys.path.insert(0, sys.argv[2])
from volant.core.errors import LakeUnwritable
from volant.lake import Store
from lake_made import make
with Store(sys.argv[1]) as store:  # imports everything while the interpreter's own files can be read
    list(store.episodes()), store.catalogue(), store.verify()
os.setgid(65534); os.setuid(65534)
with Store(sys.argv[1]) as store:
    print(len(list(store.episodes())), len(store.catalogue()), store.verify().ok)
    for act in (lambda: store.put([make(77)], at=1), lambda: store.tag("x"), lambda: store.clean()):
        try:
            act()
        except LakeUnwritable as error:
            print("refused", error)
try:
    Store(sys.argv[1] + "-new")
except LakeUnwritable as error:
    print("refused", error)
"""
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    done = subprocess.run(
        [sys.executable, "-c", code, str(root), str(HERE)], capture_output=True, text=True, check=False, timeout=120
    )
    lines = done.stdout.splitlines()
    assert lines[:1] == ["3 3 True"], done.stdout + done.stderr
    assert len([line for line in lines if line.startswith("refused")]) == 4, done.stdout + done.stderr
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_a_lake_that_another_process_is_making_right_now_is_joined(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    other = sqlite3.connect(tmp_path / "lake" / "manifest.sqlite")
    other.execute("PRAGMA journal_mode = WAL")
    assert (tmp_path / "lake" / "manifest.sqlite").stat().st_size > 0
    with pytest.raises(NotFound, match="just being made"):
        Store(tmp_path / "lake", create=False)
    with Store(tmp_path / "lake") as store:
        assert store.version == 0
    other.close()
