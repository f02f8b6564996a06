"""A flipped byte, a missing file, an altered manifest: everything is noticed, and whom it hits is said."""

import hashlib
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from lake_made import make, pictures

from volant.core import Fact, FactTable
from volant.core.errors import LakeCorrupt, LakeError, LakeNewer, VolantError
from volant.lake import Store


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with a file of every sort: samples, pictures, facts, and hot rows."""
    root = tmp_path_factory.mktemp("whole") / "lake"
    with Store(root) as store:
        facts = FactTable()
        for value in np.random.default_rng(0).normal(size=40_000).tolist():
            facts.row("ab" * 16, "check/freeze", value, "volant.freeze@1")
        store.put([make(i, n=900) for i in range(40)], facts, at=1)
        store.put([pictures(), make(900)], [Fact("cd" * 16, "verdict", "accept", "gate@1")], at=2)
        store.tag("here")
        assert store.verify(deep=True).ok
    return root


def flip(path: Path, at: float) -> None:
    data = bytearray(path.read_bytes())
    data[int(at * (len(data) - 1))] ^= 0x10
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("top", ["segments/streams", "facts", "media"])
@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_damage_to_a_file_is_noticed_and_says_whom_it_hits(whole: Path, tmp_path: Path, top: str, damage: str) -> None:
    root = shutil.copytree(whole, tmp_path / "lake")
    path = min(path for path in (root / top).rglob("*") if path.is_file())
    if damage == "flip":
        flip(path, 0.5)
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-9])
    else:
        path.unlink()
    with Store(root) as store:
        report = store.verify()
        assert not report.ok
        assert len(report.problems) == 1
        assert report.problems[0].place == path.relative_to(root).as_posix()
        assert len(report.hit) == {"segments/streams": 40, "facts": 0, "media": 1}[top]
        if damage != "flip" and top == "segments/streams":
            with pytest.raises(LakeCorrupt):
                list(store.episodes())


def test_every_flipped_byte_of_the_manifest_is_noticed_or_harmless(whole: Path, tmp_path: Path) -> None:
    with Store(whole) as store:
        truth = dump(whole)
        assert store.version == 3
    size = (whole / "manifest.sqlite").stat().st_size
    noticed = 0
    for place in np.random.default_rng(7).integers(0, size, 24).tolist():
        root = tmp_path / f"lake-{place}"
        root.mkdir()
        for name in ("segments", "facts", "media"):
            (root / name).symlink_to(whole / name)
        data = bytearray((whole / "manifest.sqlite").read_bytes())
        data[place] ^= 0x10
        (root / "manifest.sqlite").write_bytes(bytes(data))
        try:
            with Store(root) as store:
                sound = store.verify().ok
        except VolantError:
            sound = False
        noticed += not sound
        if sound:
            assert dump(root) == truth, f"a flip at byte {place} of {size} was not noticed"
        shutil.rmtree(root)
    assert noticed > 5


def dump(root: Path) -> list[object]:
    with sqlite3.connect(root / "manifest.sqlite") as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
        rows: list[object] = [db.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in names]
    db.close()
    return rows


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE commits SET author = 'somebody@1' WHERE version = 2",
        "DELETE FROM commits WHERE version = 2",
        "UPDATE segments SET rows = rows + 1 WHERE kind = 'episodes'",
        "DELETE FROM segments WHERE kind = 'loose'",
        "UPDATE segments SET removed = 2 WHERE kind = 'facts'",
        "DELETE FROM media",
        "UPDATE tags SET version = 1",
        "DELETE FROM held WHERE rowid_is = 0",
        "UPDATE hot SET payload = x'00'",
    ],
)
def test_an_edited_manifest_is_noticed(whole: Path, tmp_path: Path, edit: str) -> None:
    root = shutil.copytree(whole, tmp_path / "lake")
    db = sqlite3.connect(root / "manifest.sqlite")
    if "rowid_is" in edit:
        edit = "DELETE FROM held WHERE id = (SELECT min(id) FROM held)"
    db.execute(edit)
    db.commit()
    db.close()
    with Store(root) as store:
        assert not store.verify().ok


def test_a_newer_or_foreign_manifest_is_refused(whole: Path, tmp_path: Path) -> None:
    root = shutil.copytree(whole, tmp_path / "lake")
    db = sqlite3.connect(root / "manifest.sqlite")
    db.execute("PRAGMA user_version = 99")
    db.commit()
    db.close()
    before = (root / "manifest.sqlite").read_bytes()
    with pytest.raises(LakeNewer, match="layout 99"):
        Store(root)
    assert (root / "manifest.sqlite").read_bytes() == before
    other = tmp_path / "other"
    other.mkdir()
    sqlite3.connect(other / "manifest.sqlite").execute("CREATE TABLE songs (name)").connection.close()
    with pytest.raises(LakeError):
        Store(other)
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "manifest.sqlite").write_text("This is no database. " * 50)
    with pytest.raises(LakeCorrupt):
        Store(tmp_path / "text")


def test_an_episode_named_before_ids_were_sha256_is_known_by_its_old_name(whole: Path) -> None:
    with Store(whole) as store:
        for episode in store.episodes():
            old = hashlib.blake2b(digest_size=16)
            for stream in sorted(episode.streams, key=lambda stream: stream.signal.name):
                old.update(stream.signal.to_json().encode())
                old.update(stream.t.tobytes())
                if isinstance(stream.x, np.ndarray):
                    old.update(stream.x.dtype.str.encode() + stream.x.tobytes())
                else:
                    for blob in stream.x.encoded():
                        data = bytes(blob)
                        old.update(len(data).to_bytes(8, "little") + data)
            assert episode.goes_by(old.hexdigest())
            assert episode.goes_by(episode.id)
            assert not episode.goes_by("ab" * 16)
