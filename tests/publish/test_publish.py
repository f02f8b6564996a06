"""A publication is proven, described, versioned and never half there."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np
import pytest
import yaml

from volant import plug
from volant.core import Bid, Episode, Fact, FactTable, Kind, Reading, Selection, Signal, Stream, Writing, Written
from volant.core.errors import BadValue, Damaged, NotFound, Refused
from volant.curate import select
from volant.lake import Store
from volant.publish import Manifest, Publishing, compare, load, publish, verify
from volant.publish.write import CODECS

AT = 1_760_000_000_000_000_000
FORMATS = [name for name, form in sorted(plug.formats().items()) if form.writes]


def robomimic(**more: object) -> Publishing:
    return Publishing("robomimic", at=AT, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_read_back_and_counted(lake: Store, tmp_path: Path, name: str) -> None:
    picked = select(lake, "task = 'stack'")
    made = publish(lake, picked, tmp_path / "set", Publishing(name, at=AT))
    said = made.manifest
    assert (said.episodes, said.proof.episodes) == (len(picked), len(picked))
    assert said.frames == 40 * len(picked)
    assert said.selection["hash"] == picked.hash
    assert said.licence == "CC-BY-4.0"
    assert verify(made.path) == (said, ())
    assert Selection.from_json((made.path / "selection.json").read_text()) == picked
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    form = plug.formats()[name]
    place = next((p for p in (made.path / "demos.hdf5", made.path / "replay.zarr") if p.exists()), made.path)
    back = list(form.read(place, Reading()))
    assert len(back) == len(picked)
    assert form.bid(place).score >= 0.5


@pytest.mark.parametrize("name", FORMATS)
def test_streams_longer_than_the_action_are_counted_as_they_come_back(tmp_path: Path, name: str) -> None:
    t = np.arange(41, dtype=np.int64) * 33_333_333
    body = Stream(Signal("observation.state", Kind.JOINT, (3,), "float32", "rad"), t, np.ones((41, 3), np.float32))
    action = Stream(Signal("action", Kind.ACTION, (3,), "float32", "rad"), t[:40], np.ones((40, 3), np.float32))
    clicks = Stream(
        Signal("clicks", Kind.SCALAR, (2,), "float64"), np.arange(90, dtype=np.int64) * 7_000_000, np.ones((90, 2))
    )
    with Store(tmp_path / "lake") as lake:
        facts = FactTable()
        for episode in (
            Episode((action, body, clicks), task="a"),
            Episode((action, body, clicks.between(0, 10**8)), task="b"),
        ):
            facts.row(episode.id, "verdict", "accept", "gate@1")
            lake.put([episode], facts, at=AT)
        made = publish(lake, select(lake, ""), tmp_path / "set", Publishing(name, at=AT))
    assert made.manifest.proof.episodes == 2
    assert verify(made.path) == (made.manifest, ())


def test_values_come_back_bit_for_bit(lake: Store, tmp_path: Path) -> None:
    picked = select(lake, "scene = 'a'")
    made = publish(lake, picked, tmp_path / "set", robomimic())
    assert made.manifest.proof.identical == 2 * len(picked)
    assert made.manifest.proof.converted == 0
    assert made.manifest.proof.ids


def test_publishing_again_changes_nothing(lake: Store, tmp_path: Path) -> None:
    picked = select(lake, "")
    first = publish(lake, picked, tmp_path / "set", robomimic())
    before = {path: path.read_bytes() for path in first.path.rglob("*") if path.is_file()}
    second = publish(lake, picked, tmp_path / "set", robomimic())
    assert first.fresh
    assert not second.fresh
    assert second.manifest == first.manifest
    assert before == {path: path.read_bytes() for path in first.path.rglob("*") if path.is_file()}


def test_the_same_selection_gives_the_same_hash_elsewhere(lake: Store, tmp_path: Path) -> None:
    picked = select(lake, "")
    one = publish(lake, picked, tmp_path / "one", robomimic(name="set"))
    other = publish(lake, picked, tmp_path / "other", replace(robomimic(name="set"), at=AT + 1))
    assert [file for file in one.manifest.files if file.path != "README.md"] == [
        file for file in other.manifest.files if file.path != "README.md"
    ]


def test_something_else_is_never_overwritten(lake: Store, tmp_path: Path) -> None:
    picked = select(lake, "")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("years of work")
    with pytest.raises(Refused, match="something else"):
        publish(lake, picked, tmp_path / "full", robomimic())
    (tmp_path / "file").write_text("x")
    with pytest.raises(Refused, match="something else"):
        publish(lake, picked, tmp_path / "file", robomimic())
    publish(lake, picked, tmp_path / "set", robomimic())
    with pytest.raises(Refused, match="another publication"):
        publish(lake, select(lake, "task = 'push'"), tmp_path / "set", robomimic())
    (tmp_path / "set" / "demos.hdf5").write_bytes(b"gone")
    with pytest.raises(Refused, match="was changed"):
        publish(lake, picked, tmp_path / "set", robomimic())


def test_the_lake_is_no_place_for_publications(lake: Store, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="inside the lake"):
        publish(lake, select(lake, ""), Path(lake.place) / "out")


def test_what_a_killed_run_left_is_swept_up(lake: Store, tmp_path: Path) -> None:
    dead, alive = (tmp_path / f".set.0123abcd.{pid}.part" for pid in (1, 2))
    for folder in (dead, alive):
        folder.mkdir()
    handle = os.open(alive, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        publish(lake, select(lake, ""), tmp_path / "set", robomimic())
        assert (dead.exists(), alive.exists()) == (False, True)
    finally:
        os.close(handle)


def test_an_empty_folder_is_a_good_place(lake: Store, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    assert publish(lake, select(lake, ""), tmp_path / "set", robomimic()).fresh


def test_an_unwritable_place_is_said(lake: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(Refused, match="cannot be written"):
        publish(lake, select(lake, ""), tmp_path / "file" / "set", robomimic())


def test_different_licences_are_refused_unless_one_is_named(lake: Store, tmp_path: Path, make_episode) -> None:
    lake.put([make_episode(50, licence="proprietary"), make_episode(51, licence="")], at=2)
    with pytest.raises(Refused, match=r"CC-BY-4.0 \(20\).*none stated \(1\).*proprietary \(1\)"):
        publish(lake, select(lake, ""), tmp_path / "set", robomimic())
    made = publish(lake, select(lake, ""), tmp_path / "set", robomimic(licence="proprietary"))
    assert made.manifest.licence == "proprietary"
    assert made.manifest.licences == {"CC-BY-4.0": 20, "": 1, "proprietary": 1}
    assert "CC-BY-4.0 (20)" in (made.path / "README.md").read_text()


def test_quarantined_episodes_pass_only_knowingly(lake: Store, tmp_path: Path) -> None:
    bad = lake.ids()[3]
    lake.tell(FactTable.of([Fact(bad, "verdict", "quarantine", "gate/test@1")]), at=2)
    with pytest.raises(Refused, match=bad):
        publish(lake, select(lake, ""), tmp_path / "set", robomimic())
    made = publish(lake, select(lake, ""), tmp_path / "set", robomimic(quarantined=True))
    assert made.manifest.verdicts == {"": 19, "quarantine": 1}
    sound = publish(lake, select(lake, "not quarantined"), tmp_path / "sound", robomimic())
    assert sound.manifest.episodes == 19


def test_two_bodies_do_not_fit_a_format_of_one(lake: Store, tmp_path: Path, make_episode) -> None:
    lake.put([make_episode(60, body="hand")], at=2)
    with pytest.raises(Refused, match=r"describes one body.*arm \(20\), hand \(1\)"):
        publish(lake, select(lake, ""), tmp_path / "set", robomimic())


def test_a_selection_of_another_lake_is_refused(lake: Store, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="not in this lake"):
        publish(lake, Selection(1, "true", ("0" * 32,)), tmp_path / "set", robomimic())
    with pytest.raises(Refused, match="empty"):
        publish(lake, Selection(1, "true", ()), tmp_path / "set", robomimic())


def test_formats_that_do_not_write_say_which_do(lake: Store, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="robomimic"):
        publish(lake, select(lake, ""), tmp_path / "set", Publishing("robomimik"))
    mute = next((name for name, form in plug.formats().items() if not form.writes), None)
    if mute:
        with pytest.raises(Refused, match="can be read and not written"):
            publish(lake, select(lake, ""), tmp_path / "set", Publishing(mute))


def test_facts_travel_beside_episodes(lake: Store, tmp_path: Path) -> None:
    subject = lake.ids()[0]
    lake.tell(FactTable.of([Fact(subject, "measure/smoothness", 0.5, "measures/smoothness@1")]), at=2)
    made = publish(lake, select(lake, ""), tmp_path / "set", robomimic())
    columns = made.manifest.columns
    assert columns["measure_smoothness"] == "float"
    assert {"episode_id", "outcome", "operator", "licence", "source", "embodiment", "tier"} <= set(columns)
    assert "weight" not in columns


def test_failures_are_kept_and_told(lake: Store, tmp_path: Path) -> None:
    made = publish(lake, select(lake, ""), tmp_path / "set", robomimic())
    assert made.manifest.outcomes == {"success": 13, "failure": 7}
    assert "7 episodes that did not simply succeed are kept" in (made.path / "README.md").read_text()


def test_the_publication_is_a_fact_of_the_selection(lake: Store, tmp_path: Path) -> None:
    picked = select(lake, "")
    made = publish(lake, picked, tmp_path / "set", robomimic())
    told = {fact.key: fact.value for fact in lake.facts(subject=picked.hash)}
    assert told["publication/robomimic"] == made.manifest.hash
    assert told["publication/robomimic/version"] == "1.0.0"


def test_the_card_opens_as_yaml_and_cannot_be_broken_by_names(lake: Store, tmp_path: Path, make_episode) -> None:
    lake.put([make_episode(70, task="a | b\n# <script>alert(1)</script>", scene="`x`")], at=2)
    made = publish(lake, select(lake, ""), tmp_path / "set", robomimic(name='nasty: "name"\n---'))
    text = (made.path / "README.md").read_text()
    _, head, body = text.split("---\n", 2)
    assert yaml.safe_load(head)["pretty_name"] == 'nasty: "name"\n---'
    assert yaml.safe_load(head)["license"] == "CC-BY-4.0"
    assert "<script>" not in body
    assert "| a \\| b # &lt;script>" in body


def test_every_kind_of_tampering_is_found(lake: Store, tmp_path: Path) -> None:
    made = publish(lake, select(lake, ""), tmp_path / "set", robomimic())
    data = made.path / "demos.hdf5"
    raw = data.read_bytes()
    data.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    assert verify(made.path)[1] == ("demos.hdf5 has other content than the manifest says.",)
    data.write_bytes(raw[:-1])
    assert f"the manifest says {len(raw)}" in verify(made.path)[1][0]
    data.unlink()
    assert verify(made.path)[1] == ("demos.hdf5 is missing.",)
    data.write_bytes(raw)
    (made.path / "extra.bin").write_bytes(b"x")
    assert verify(made.path)[1] == ("extra.bin was added.",)


def test_an_altered_manifest_is_refused(lake: Store, tmp_path: Path) -> None:
    made = publish(lake, select(lake, ""), tmp_path / "set", robomimic())
    path = made.path / "manifest.json"
    whole = path.read_text()
    path.write_text(whole.replace('"CC-BY-4.0"', '"CC0-1.0"'))
    with pytest.raises(Damaged, match="altered"):
        load(made.path)
    for text in ("", "{}", "[1]", '{"volant": 3}'):
        path.write_text(text)
        with pytest.raises(BadValue, match="no manifest"):
            verify(made.path)
    path.unlink()
    with pytest.raises(NotFound, match="no publication"):
        verify(made.path)
    with pytest.raises(NotFound, match="no publication"):
        verify(tmp_path / "absent")


def test_a_new_version_that_only_grows_counts_up(lake: Store, tmp_path: Path, make_episode) -> None:
    first = publish(lake, select(lake, ""), tmp_path / "v1", robomimic(name="set"))
    lake.put([make_episode(80)], at=2)
    grown = publish(lake, select(lake, ""), tmp_path / "v2", robomimic(name="set", previous=first.path))
    assert grown.manifest.version == "1.1.0"
    assert grown.manifest.previous == {"version": "1.0.0", "hash": first.manifest.hash}
    with pytest.raises(Refused, match=r"1 episodes are new.*1\.1\.0"):
        publish(lake, select(lake, ""), tmp_path / "v3", robomimic(previous=first.path, version="1.0.1"))
    with pytest.raises(Refused, match="does not follow"):
        publish(lake, select(lake, ""), tmp_path / "v3", robomimic(previous=first.path, version="0.9.0"))
    assert compare(first.path, grown.path).growing == ("1 episodes are new",)


def test_taking_away_must_be_declared(lake: Store, tmp_path: Path) -> None:
    first = publish(lake, select(lake, ""), tmp_path / "v1", robomimic())
    fewer = select(lake, "task = 'stack'")
    with pytest.raises(Refused, match=r"10 of 20 episodes are gone.*--version 2\.0\.0"):
        publish(lake, fewer, tmp_path / "v2", robomimic(previous=first.path))
    with pytest.raises(Refused, match="gone"):
        publish(lake, fewer, tmp_path / "v2", robomimic(previous=first.path, version="1.4.0"))
    assert not (tmp_path / "v2").exists()
    made = publish(lake, fewer, tmp_path / "v2", robomimic(previous=first.path, version="2.0.0"))
    assert made.manifest.version == "2.0.0"


def test_a_version_is_three_numbers(lake: Store, tmp_path: Path) -> None:
    for bad in ("1", "1.2", "v1.2.3", "1.2.3-rc1", "1.2.x"):
        with pytest.raises(BadValue, match="three numbers"):
            publish(lake, select(lake, ""), tmp_path / "set", robomimic(version=bad))
    assert not (tmp_path / "set").exists()


class _Liar:
    """A writer that leaves things out and says that it did not."""

    name = "liar"
    version = "1"
    writes = True
    loses: tuple[str, ...] = ()

    def __init__(self, trick: str) -> None:
        self.trick = trick
        self.held: list[Episode] = []

    def bid(self, path: Path) -> Bid:
        return Bid(0.0)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        self.held = list(episodes)
        out.mkdir()
        (out / "x.bin").write_bytes(b"x")
        frames = sum(episode.frames for episode in self.held)
        files = ("x.bin", "y.bin") if self.trick == "file" else ("x.bin",)
        return Written(len(self.held) - (self.trick == "count"), frames + (self.trick == "frames"), files)

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        if self.trick == "fewer":
            yield from islice(self.held, len(self.held) - 1)
        elif self.trick == "values":
            for episode in self.held:
                streams = (Stream(s.signal, s.t, s.values * np.float32(2)) for s in episode.streams)
                yield replace(episode, streams=tuple(streams))
        elif self.trick == "damage":
            yield from (e.saying([Fact("", "damage/tail", "cut", "liar@1")]) for e in self.held)
        elif self.trick == "order":
            yield from reversed(self.held)
        else:
            yield from self.held


@pytest.mark.parametrize("trick", ["file", "count", "frames", "fewer", "values", "damage", "order"])
def test_a_writer_that_lies_is_caught(lake: Store, tmp_path: Path, trick: str, monkeypatch) -> None:
    monkeypatch.setattr("volant.publish.write.writer", lambda name: _Liar(trick))
    with pytest.raises(Refused):
        publish(lake, select(lake, ""), tmp_path / "set", Publishing("liar"))
    assert [path.name for path in tmp_path.iterdir()] == ["lake"]


def test_an_honest_writer_passes(lake: Store, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("volant.publish.write.writer", lambda name: _Liar("none"))
    made = publish(lake, select(lake, ""), tmp_path / "set", Publishing("liar"))
    assert made.manifest.losses == ()
    assert "None: every episode reads back with its identity." in (made.path / "README.md").read_text()


def test_the_manifest_is_plain_json(lake: Store, tmp_path: Path) -> None:
    made = publish(lake, select(lake, ""), tmp_path / "set", robomimic())
    raw = msgspec.json.decode((made.path / "manifest.json").read_bytes())
    assert msgspec.convert(raw, Manifest) == made.manifest
    assert raw["signals"]["action"]["unit"] == "rad"
    assert {file["path"] for file in raw["files"]} == {"README.md", "demos.hdf5", "selection.json"}


def test_kept_colour_counts_reach_the_writer(lake: Store) -> None:
    from volant.publish.material import Looks

    picked = select(lake, "")
    counts = tuple(float(i) for i in range(768))
    table = FactTable()
    for subject in picked.ids[::2]:
        table.add(Fact(subject, "look/histogram", counts, "gate@1", stream="front"))
    lake.tell(table, at=2)
    looks = Looks(lake, picked, block=3)
    found = looks[picked.ids[4], "front"]
    assert found.shape == (3, 256)
    assert found.dtype == np.int64
    assert found[1, 0] == 256
    assert looks.get((picked.ids[1], "front")) is None
    assert looks.get(("nobody", "front")) is None
    assert len(looks) == 10


def test_signals_that_vary_are_said(lake: Store, tmp_path: Path, make_episode) -> None:
    odd = make_episode(90)
    signal = Signal("action", Kind.ACTION, (3,), "float32", "deg", hz=50.0)
    other = replace(odd, streams=(odd["observation.state"], Stream(signal, odd["action"].t, odd["action"].values)))
    lake.put([other], at=2)
    made = publish(lake, select(lake, ""), tmp_path / "set", robomimic())
    assert made.manifest.signals["action"]["varies"] is True
    assert "varies" not in made.manifest.signals["observation.state"]


@pytest.mark.parametrize("form", FORMATS)
def test_an_unknown_codec_is_refused_without_pictures_too(lake: Store, tmp_path: Path, form: str) -> None:
    for codec in ("nope", "AV1 ") + (() if form in CODECS else ("av1",)):
        with pytest.raises((BadValue, Refused), match=r"encodes|keeps pictures"):
            publish(lake, select(lake, ""), tmp_path / "set", Publishing(format=form, reencode=codec))
    assert not (tmp_path / "set").exists()
    if form in CODECS:
        assert publish(
            lake, select(lake, ""), tmp_path / "set", Publishing(format=form, reencode=CODECS[form][0])
        ).fresh
