"""A lake in a bucket of a real S3 server: the same promises, with writers on different machines."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import obstore
import pytest
from lake_made import make, pictures
from moto.server import ThreadedMotoServer
from obstore.store import S3Store
from test_upkeep import everything, fill

from volant.conform import generated
from volant.core.errors import LakeCorrupt, LakeError, LakeNewer, LakeUnwritable, NotFound, Refused
from volant.lake import Store, open_store

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def url(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A fresh bucket; two spools stand for two machines."""
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
        "VOLANT_SPOOL": str(tmp_path / "spool"),
    }.items():
        monkeypatch.setenv(name, value)
    import urllib.request

    bucket = f"lake-{random.getrandbits(48):x}"
    urllib.request.urlopen(urllib.request.Request(f"{server}/{bucket}", method="PUT")).close()
    return f"s3://{bucket}/robots/one"


def remote(url: str) -> S3Store:
    bucket, prefix = url.removeprefix("s3://").split("/", 1)
    return S3Store(bucket, prefix=prefix, client_options={"allow_http": True})


def keys(url: str, prefix: str = "") -> list[str]:
    return sorted(item["path"] for page in obstore.list(remote(url), prefix=prefix) for item in page)


def worker(url: str, spool: Path, what: str, first: int, count: int) -> subprocess.Popen[str]:
    call = [sys.executable, str(HERE / "lake_worker.py"), url, what, str(first), str(count)]
    env = {**os.environ, "VOLANT_SPOOL": str(spool)}
    return subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)


def test_a_lake_in_a_bucket_is_a_lake(url: str, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        open_store(url)
    with Store(url) as store:
        ids = fill(store)
        seen = pictures()
        store.put([seen], at=60)
        store.tag("all")
        truth = everything(store)
        store.compact(at=70)
        assert everything(store, "all") == truth
        assert store.verify(deep=True).ok
    with Store(url, spool=tmp_path / "elsewhere") as other:
        assert everything(other, "all") == truth
        assert other.episode(seen.id).id == seen.id
        assert [episode.id for episode in other.episodes()] == [*ids, seen.id]
        assert other.put([make(77)], at=71).version == other.version
        assert other.verify(deep=True).ok
    with Store(url) as store:
        assert len(store.catalogue()) == len(ids) + 2
        before = set(keys(url))
        store.clean(keep=0, grace=3600)
        assert set(keys(url)) >= before
        store.clean(keep=0, grace=0)
        assert set(keys(url)) < before | {"tmp/clock"}
        assert store.verify(deep=True).ok
        assert store.verify().orphans == ()


def test_points_of_a_bucket_are_kept_in_the_spool(url: str, tmp_path: Path) -> None:
    with Store(url) as store:
        ids = store.put(generated.episodes(1, 2), at=1).added
        store.tell_vectors(ids, "embedding/test", np.eye(2, 3, dtype=np.float32), "tester@1", at=1)
        points = store.points.keep(store.points.read("embedding/test", "tester@1", store.version))
        assert points.head is not None and points.ids.to_pylist() == list(ids)
        assert len(list((tmp_path / "spool").rglob("cache/kept/*/head.json"))) == 1
        assert store.verify().ok and store.clean(grace=0.0) == []


def test_two_machines_write_at_once(url: str, tmp_path: Path) -> None:
    Store(url).close()
    both = [worker(url, tmp_path / f"m{i}", "small", 40 * i, 20) for i in range(2)]
    said = []
    for one in both:
        out, err = one.communicate(timeout=300)
        assert one.returncode == 0, err
        said += [name for line in out.splitlines()[1:] for name in line.split()]
    with Store(url) as store:
        ids = [episode.id for episode in store.episodes()]
        assert sorted(ids) == sorted(said)
        assert len(set(ids)) == 40
        assert sorted(fact.value for fact in store.facts(key="worker/n")) == [*range(20), *range(40, 60)]
        assert store.verify(deep=True).ok


def test_a_killed_writer_leaves_what_it_acknowledged(url: str, tmp_path: Path) -> None:
    luck = random.Random(1)
    acknowledged: set[str] = set()
    Store(url).close()
    for trial in range(3):
        one = worker(url, tmp_path / "killed", "large", 100 * trial, 100)
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n", one.communicate()[1]
        time.sleep(luck.uniform(0.05, 0.6))
        one.send_signal(signal.SIGKILL)
        out = one.communicate(timeout=60)[0]
        acknowledged |= {name for line in out.splitlines(keepends=True) if line.endswith("\n") for name in line.split()}
        for spool in (tmp_path / "killed", tmp_path / "fresh"):
            with Store(url, spool=spool / "s" if spool.name == "fresh" else None) as store:
                assert acknowledged <= {episode.id for episode in store.episodes()}
    with Store(url) as store:
        store.clean(grace=0)
        report = store.verify(deep=True)
        assert report.ok
        assert report.orphans == ()


def test_damage_in_the_bucket_is_noticed(url: str, tmp_path: Path) -> None:
    with Store(url) as store:
        store.put([make(i, n=900) for i in range(40)], at=1)
        store.put([pictures()], at=2)
        assert store.verify().ok
        for top, hit in (("segments/streams", 40), ("media", 1)):
            key = keys(url, top)[0]
            data = bytearray(obstore.get(remote(url), key).bytes().to_bytes())
            data[len(data) // 2] ^= 1
            sound = bytes(obstore.get(remote(url), key).bytes())
            obstore.put(remote(url), key, bytes(data))
            report = store.verify()
            assert not report.ok
            assert len(report.hit) == hit
            obstore.put(remote(url), key, sound)
        assert store.verify(deep=True).ok
        log = keys(url, "log/")[0]
        sound = bytes(obstore.get(remote(url), log).bytes())
        obstore.put(remote(url), log, sound.replace(b"put", b"gut", 1))
        assert not store.verify().ok
        obstore.delete(remote(url), [log])
        assert not store.verify().ok
        with pytest.raises(LakeCorrupt, match="commit 1"):
            Store(url, spool=tmp_path / "new")


def test_strange_buckets_are_refused(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LakeError):
        Store("s3://no-such-bucket-here/lake", spool=tmp_path / "a")
    obstore.put(remote(url), "thesis.doc", b"mine")
    with pytest.raises(Refused):
        Store(url, spool=tmp_path / "b")
    newer = url + "/newer"
    obstore.put(remote(newer), "volant.lake", b'{"layout": 99}')
    with pytest.raises(LakeNewer):
        Store(newer, spool=tmp_path / "c")
    with Store(url + "/gone", spool=tmp_path / "d") as store:
        store.put([make(1)], at=1)
        shutil.rmtree(tmp_path / "d" / "cache", ignore_errors=True)
        assert [episode.id for episode in store.episodes()] == [make(1).id]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises((LakeError, LakeUnwritable)):
        Store(url, spool=tmp_path / "e")
