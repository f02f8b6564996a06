"""Adding is idempotent, resumes after a kill, keeps what a broken source gave, and never needs a second look."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from volant import intake, plug
from volant.conform import generated
from volant.core import Episode, Fact, FactTable, Origin, Writing
from volant.core.errors import NotFound, UnknownFormat
from volant.intake.beside import _changes
from volant.lake import Store

ROBOMIMIC = "robomimic"


def write_set(out: Path, seed: int, count: int = 3) -> list[Episode]:
    episodes = generated.episodes(seed, count, pictures=False)
    plug.formats()[ROBOMIMIC].write(iter(episodes), out, Writing(robot="arm"))
    return episodes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for seed in range(3):
        write_set(tmp_path / "in" / f"set{seed}.hdf5", seed)
    return tmp_path


def test_everything_comes_in_once(folder: Path) -> None:
    told: list[tuple[str, int]] = []
    with Store(folder / "lake") as store:
        first = intake.add(store, [folder / "in"], intake.Adding(), at=1, progress=lambda uri, n: told.append((uri, n)))
        assert len(first.added) == 9
        assert sum(first.verdicts.values()) == 9
        assert not first.refused
        assert told[-1][1] == 3
        again = intake.add(store, [folder / "in"], intake.Adding(), at=2)
        assert (again.added, again.unchanged) == ([], 3)
        (folder / "in" / "copy.hdf5").write_bytes((folder / "in" / "set0.hdf5").read_bytes())
        copied = intake.add(store, [folder / "in" / "copy.hdf5"], intake.Adding(), at=3)
        assert (copied.added, copied.known) == ([], 3)
        assert store.facts(key="origin/also").value
        assert len(store.ids()) == 9


def test_what_a_person_says_of_the_origin_is_kept(folder: Path) -> None:
    how = intake.Adding(task="fold", origin=Origin(operator="ann", site="lab 2"))
    with Store(folder / "lake") as store:
        done = intake.add(store, [folder / "in" / "set0.hdf5"], how, at=1)
        episode = store.episode(done.added[0])
        assert (episode.task, episode.origin.operator, episode.origin.site) == ("fold", "ann", "lab 2")


def test_a_broken_source_keeps_the_others(folder: Path) -> None:
    whole = (folder / "in" / "set1.hdf5").read_bytes()
    (folder / "in" / "set1.hdf5").write_bytes(whole[: len(whole) // 2])
    with Store(folder / "lake") as store:
        done = intake.add(store, [folder / "in"], intake.Adding(format=""), at=1)
        assert len(done.added) >= 6
        assert done.refused or done.ignored
        again = intake.add(store, [folder / "in"], intake.Adding(), at=2)
        assert not again.added


def test_wrong_paths_leave_the_lake_unchanged(folder: Path) -> None:
    (folder / "notes.txt").write_text("hello")
    with Store(folder / "lake") as store:
        before = store.version
        for path, error in ((folder / "absent", NotFound), (folder / "notes.txt", UnknownFormat)):
            with pytest.raises(error):
                intake.add(store, [path], intake.Adding(), at=1)
        assert store.version == before


def test_checking_stores_nothing_and_says_copies(folder: Path) -> None:
    (folder / "in" / "copy.hdf5").write_bytes((folder / "in" / "set0.hdf5").read_bytes())
    seen = intake.check([folder / "in"], intake.Adding())
    assert len(seen.episodes) == 9
    copies = [f for judged in seen.judgements.values() for f in judged.findings if f.check == "duplicate"]
    assert len(copies) >= 3
    assert "copy.hdf5" in copies[0].why or "set0.hdf5" in copies[0].why
    assert sorted(path.name for path in folder.iterdir()) == ["in"]


def test_regating_reads_facts_and_tells_flips(folder: Path) -> None:
    with Store(folder / "lake") as store:
        done = intake.add(store, [folder / "in"], intake.Adding(), at=1)
        off = {name: intake.Rule(off=True) for name in plug.checks()}
        nothing = intake.Policy("blind", "1", off)
        dry = intake.regate(store, nothing, at=2, dry=True)
        flagged = {s for s, v in zip(*_verdicts(store), strict=True) if v != "accept"}
        assert {flip.subject for flip in dry.flips} == flagged
        assert store.version == done.version
        told = intake.regate(store, nothing, at=3)
        assert told.counts["accept"] == 9
        assert set(_verdicts(store)[1]) == {"accept"}
        against = intake.regate(store, intake.DEFAULT, at=4, other=nothing)
        assert {flip.subject for flip in against.flips} == flagged


def _verdicts(store: Store) -> tuple[list[str], list[str]]:
    table = store.sql("SELECT id, verdict FROM episodes")
    return table["id"].to_pylist(), table["verdict"].to_pylist()


def test_findings_that_no_longer_hold_are_withdrawn() -> None:
    old = FactTable.of([Fact("a", "check/dead", 1.0, "c@1", None, "q"), Fact("b", "check/dead", 2.0, "c@1", None, "q")])
    new = FactTable.of([Fact("b", "check/dead", 2.0, "c@1", None, "q"), Fact("c", "check/dead", 3.0, "c@1", None, "q")])
    told = {(fact.subject, fact.value) for fact in _changes(new, old)}
    assert told == {("a", 0.0), ("c", 3.0)}
    old.extend(_changes(new, old))
    assert not len(_changes(new, old))


@pytest.mark.slow
def test_a_killed_add_continues_where_it_was(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    expected: set[str] = set()
    for seed in range(12):
        expected |= {episode.id for episode in write_set(tmp_path / "in" / f"set{seed:02}.hdf5", seed)}
    code = (
        "import sys; from volant import intake; from volant.lake import Store\n"
        "done = intake.add(Store(sys.argv[1]), [sys.argv[2]], intake.Adding(), at=1,"
        " progress=lambda uri, n: print(uri, n, flush=True))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "lake"), str(tmp_path / "in")]
    rng = np.random.default_rng(0)
    for _ in range(4):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ})
        for _ in range(int(rng.integers(1, 4))):
            process.stdout.readline()
        time.sleep(float(rng.uniform(0, 0.02)))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with Store(tmp_path / "lake", create=False) as store:
        assert set(store.ids()) == expected
        assert len(store.ids()) == len(expected)
        judged = store.sql("SELECT count(*) AS n FROM episodes WHERE verdict IS NOT NULL")["n"].to_pylist()
        assert judged == [len(expected)]
