"""Recordings on an object store are read like local ones, under their real address, from a real S3 server."""

import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import obstore
import pytest
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

from volant import intake, plug
from volant.conform import generated
from volant.core import Writing
from volant.core.errors import BadInput, Hostile, NotFound
from volant.intake.fetch import _inside, local
from volant.lake import Store

pytestmark = pytest.mark.slow


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Store]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    address = f"{os.environ['AWS_ENDPOINT_URL']}/robots"
    urllib.request.urlopen(urllib.request.Request(address, method="PUT")).close()
    yield S3Store("robots", client_options={"allow_http": True})
    server.stop()


def test_objects_are_read_under_their_own_address(bucket: S3Store, tmp_path: Path) -> None:
    out = tmp_path / "set.hdf5"
    made = generated.episodes(3, 3, pictures=False)
    plug.formats()["robomimic"].write(iter(made), out, Writing(robot="arm"))
    obstore.put(bucket, "deep/one.hdf5", out.read_bytes())
    with Store(tmp_path / "lake") as store:
        done = intake.add(store, ["s3://robots/deep"], intake.Adding(), at=1)
        assert set(done.added) == {episode.id for episode in made}
        assert not list(tmp_path.glob("volant-*"))
        again = intake.add(store, ["s3://robots/deep"], intake.Adding(), at=2)
        assert (again.added, again.unchanged) == ([], 1)
    seen = intake.check(["s3://robots/deep/one.hdf5"], intake.Adding())
    assert len(seen.episodes) == 3


def test_absent_objects_and_buckets_are_told(bucket: S3Store, tmp_path: Path) -> None:
    with Store(tmp_path / "lake") as store:
        for address, error in (("s3://robots/none", NotFound), ("s3://", NotFound), ("s3://absent/x", BadInput)):
            with pytest.raises(error):
                intake.add(store, [address], intake.Adding(), at=1)


def test_keys_that_would_leave_the_folder_are_refused(tmp_path: Path) -> None:
    for key in ("../x", "a/../../x", "/etc/passwd"):
        with pytest.raises(Hostile):
            _inside(tmp_path, key)
    with local(tmp_path) as place:
        assert place.path == tmp_path
