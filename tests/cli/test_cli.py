"""The command line: exit codes, words, JSON, and nothing heavy before it is needed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from volant import plug
from volant.cli import VERBS, cli, reference
from volant.core import Fact, FactTable, Writing
from volant.formats.robomimic import Robomimic
from volant.lake import Store

HEAVY = ("numpy", "pyarrow", "duckdb", "numba", "scipy", "av", "h5py", "zarr", "rich", "msgspec", "mcap", "PIL")


def run(*words: object, lake: Path | None = None, **environment: str) -> Result:
    """One command line in this process."""
    env = {"SOURCE_DATE_EPOCH": "1700000000", "VOLANT_LAKE": str(lake or ""), **environment}
    return CliRunner().invoke(cli, [str(word) for word in words], env=env)


def answer(*words: object, lake: Path | None = None, code: int = 0) -> dict:
    """The JSON document that a command line answers with; nothing else may stand on stdout."""
    result = run(*words, "--json", lake=lake)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def process(*words: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command line as a real process."""
    env = {**os.environ, "VOLANT_LAKE": "", **environment}
    command = [sys.executable, "-m", "volant", *map(str, words)]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def place(lake: Store, tmp_path: Path) -> Path:
    """The folder of the small lake, with verdicts."""
    ids = lake.ids()
    table = FactTable()
    for number, subject in enumerate(ids):
        table.add(Fact(subject, "verdict", "quarantine" if number == 3 else "accept", "gate/test@1"))
    lake.tell(table, at=2)
    return Path(lake.place)


@pytest.fixture
def recordings(tmp_path: Path, make_episode) -> Path:
    """A file of four recordings in a format that is installed."""
    path = tmp_path / "demos.hdf5"
    Robomimic().write([make_episode(i) for i in range(4)], path, Writing(robot="arm"))
    return path


def test_every_verb_has_help_and_json() -> None:
    for verb, line in VERBS.items():
        result = run(verb, "--help")
        assert result.exit_code == 0, result.output
        command = cli.get_command(None, verb)  # type: ignore[arg-type]
        words = [[verb]] if not isinstance(command, click.Group) else [[verb, word] for word in command.commands]
        assert all("--json" in run(*each, "--help").output for each in words)
        assert command.name == verb
        assert line.endswith(".")


def test_listings_have_a_limit() -> None:
    for verb in ("episodes", "facts", "show", "gate", "measure", "log", "diff"):
        assert "--limit" in run(verb, "--help").output


def test_the_reference_names_every_verb_and_is_stable() -> None:
    text = reference()
    assert text == reference()
    for verb in VERBS:
        assert f"## volant {verb}\n" in text


def test_a_misspelt_verb_is_suggested() -> None:
    result = run("episods")
    assert result.exit_code == 2
    assert "episodes" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "words",
    [
        ("episodes", "--limit", "-1"),
        ("episodes", "--no-such"),
        ("show",),
        ("select", "--per-cell", "0"),
        ("new", "x", "y"),
    ],
)
def test_misuse_exits_with_2(words: tuple[str, ...], place: Path) -> None:
    assert run(*words, lake=place).exit_code == 2
    said = answer(*words, lake=place, code=2)
    assert said["error"]["kind"] == "Misuse"


def test_a_lake_that_is_not_there_is_said(tmp_path: Path) -> None:
    result = run("episodes", lake=tmp_path / "absent")
    assert result.exit_code == 1
    assert "absent" in result.stderr
    assert not (tmp_path / "absent").exists()


def test_the_lake_can_be_named_in_three_ways(place: Path) -> None:
    assert answer("--lake", place, "episodes")["total"] == 20
    assert answer("episodes", "--lake", place)["total"] == 20
    assert answer("episodes", lake=place)["total"] == 20


def test_episodes_are_listed_and_filtered(place: Path) -> None:
    assert [row["verdict"] for row in answer("episodes", lake=place)["episodes"]].count("quarantine") == 1
    some = answer("episodes", "--where", "task = 'stack'", "--limit", "3", lake=place)
    assert (some["total"], len(some["episodes"])) == (10, 3)
    assert len(answer("episodes", "--limit", "0", lake=place)["episodes"]) == 20
    text = run("episodes", lake=place).stdout
    assert text.splitlines()[0].split()[:2] == ["id", "task"]
    assert len(text.splitlines()) == 21
    assert run("episodes", lake=place).stdout == text


def test_an_impossible_question_names_columns(place: Path) -> None:
    result = run("episodes", "--where", "taks = 3", lake=place)
    assert result.exit_code == 1
    assert "instruction" in result.stderr
    assert answer("facts", "SELEC 1", lake=place, code=1)["error"]["kind"] == "BadValue"
    assert run("facts", "DROP TABLE facts", lake=place).exit_code == 1


def test_facts_answer_sql(place: Path) -> None:
    rows = answer("facts", "SELECT task, count(*) AS n FROM episodes GROUP BY task ORDER BY task", lake=place)["rows"]
    assert rows == [{"task": "push", "n": 10}, {"task": "stack", "n": 10}]
    found = answer("facts", "SELECT 'nan'::DOUBLE AS x, NULL AS y, [1, 2] AS z", lake=place)
    assert found["rows"] == [{"x": None, "y": None, "z": [1, 2]}]


def test_an_id_may_be_shortened_while_it_is_unique(lake: Store, place: Path) -> None:
    ids = lake.ids()
    subject = ids[5]
    least = next(n for n in range(1, 33) if sum(other.startswith(subject[:n]) for other in ids) == 1)
    assert answer("show", subject[:least], lake=place)["id"] == subject
    assert answer("show", subject.upper(), lake=place)["id"] == subject
    assert answer("show", "zz", lake=place, code=1)["error"]["kind"] == "NotFound"
    first = next(letter for letter in "0123456789abcdef" if sum(i.startswith(letter) for i in ids) > 1)
    result = run("show", first, lake=place)
    assert result.exit_code == 1
    assert next(i for i in sorted(ids) if i.startswith(first))[:5] in result.stderr


def test_show_tells_streams_and_facts(lake: Store, place: Path) -> None:
    found = answer("show", lake.ids()[3], lake=place)
    assert [stream["name"] for stream in found["streams"]] == ["observation.state", "action"]
    assert {"verdict", "outcome"} <= {fact["key"] for fact in found["facts"]}
    assert found["origin"]["licence"] == "CC-BY-4.0"
    assert "quarantine" in run("show", lake.ids()[3], lake=place).stdout


def test_recordings_go_in_once(recordings: Path, tmp_path: Path) -> None:
    home = tmp_path / "new"
    first = answer("add", recordings, "--task", "stack", lake=home)
    assert len(first["added"]) == 4
    again = answer("add", recordings, "--task", "stack", lake=home)
    assert (again["added"], again["unchanged"]) == ([], 1)
    assert answer("episodes", lake=home)["total"] == 4


def test_what_cannot_be_read_is_refused_with_reasons(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing to see")
    said = answer("add", tmp_path / "notes.txt", lake=tmp_path / "new", code=1)
    assert said["error"]["kind"] == "UnknownFormat"
    assert "robomimic" in said["error"]["instead"]
    assert answer("add", tmp_path / "nothing", lake=tmp_path / "new", code=1)["error"]["kind"] == "NotFound"
    assert answer("check", tmp_path / "notes.txt", code=1)["error"]["kind"] == "UnknownFormat"
    (tmp_path / "half.hdf5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    assert run("add", tmp_path / "half.hdf5", "--format", "robomimic", lake=tmp_path / "new").exit_code == 1


@pytest.mark.parametrize(("form", "victim"), [("mcap", "*3.mcap"), ("rlds", "*.tfrecord*"), ("webdataset", "*.tar")])
def test_a_damaged_copy_of_what_is_known_is_said(tmp_path: Path, make_episode, form: str, victim: str) -> None:
    plug.formats()[form].write([make_episode(i) for i in range(4)], tmp_path / "set", Writing(robot="arm"))
    home = tmp_path / "new"
    whole = answer("add", tmp_path / "set", lake=home)
    assert (len(whole["added"]), whole["refused"]) == (4, [])
    shutil.copytree(tmp_path / "set", tmp_path / "half")
    [path] = (tmp_path / "half").rglob(victim)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    for _ in range(2):  # and again each time, because nothing of it was ever taken for whole
        said = answer("add", tmp_path / "half", lake=home, code=1)
        assert (said["added"], len(said["refused"])) == ([], 1)
        assert said["known"] > 1
    words = run("add", tmp_path / "half", lake=home).stderr
    assert "could not be read to the end" in words
    assert str(tmp_path / "half") in words
    assert answer("episodes", lake=home)["total"] == 4


def test_an_origin_file_speaks_for_all(recordings: Path, tmp_path: Path) -> None:
    (tmp_path / "origin.toml").write_text('operator = "bo"\nlicence = "CC0-1.0"\nrecorded_at = 2026-01-31T12:00:00Z\n')
    home = tmp_path / "new"
    answer("add", recordings, "--origin", tmp_path / "origin.toml", lake=home)
    [row, *_] = answer("episodes", lake=home)["episodes"]
    assert (row["operator"], row["licence"], row["recorded_at"]) == ("bo", "CC0-1.0", 1769860800 * 10**9)
    (tmp_path / "origin.toml").write_text('operater = "bo"\n')
    said = answer("add", recordings, "--origin", tmp_path / "origin.toml", lake=home, code=1)
    assert "'operator'" in said["error"]["instead"]


def test_check_judges_without_a_lake(recordings: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["check", str(recordings), "--json"])
    said = json.loads(result.stdout)
    assert len(said["episodes"]) == 4
    assert result.exit_code == (0 if said["ok"] else 1)
    assert said["ok"] == all(episode["verdict"] == "accept" for episode in said["episodes"])
    assert not (tmp_path / "lake" / "manifest.sqlite").exists()


def test_a_proposed_mapping_is_toml(recordings: Path, tmp_path: Path) -> None:
    import tomllib

    result = run("add", recordings, "--propose", lake=tmp_path / "new")
    assert result.exit_code == 0
    assert "action" in tomllib.loads(result.stdout)["signals"]
    assert not (tmp_path / "new").exists()


def test_gate_shows_what_would_flip_and_keeps_it_only_when_asked(place: Path) -> None:
    dry = answer("gate", "--dry-run", lake=place)
    assert dry["flipped"] == 1
    assert not dry["kept"]
    assert answer("gate", "--dry-run", lake=place)["flipped"] == 1
    assert answer("gate", lake=place)["kept"]
    assert answer("gate", "--dry-run", lake=place)["flipped"] == 0
    said = answer("gate", place / "absent.toml", lake=place, code=1)
    assert said["error"]["kind"] == "NotFound"


def test_select_publish_verify_diff(place: Path, tmp_path: Path) -> None:
    picked = answer(
        "select", "task = 'stack' and not quarantined", "--why", "a test", "-o", tmp_path / "s.sel", lake=place
    )
    assert picked["episodes"] == 9
    made = answer("publish", tmp_path / "s.sel", tmp_path / "out", "--format", "hdf5", lake=place)
    assert (made["episodes"], made["fresh"], made["version"]) == (9, True, "1.0.0")
    assert answer("publish", picked["hash"][:10], tmp_path / "out", "--format", "hdf5", lake=place)["fresh"] is False
    assert answer("verify", tmp_path / "out")["ok"]
    answer("select", "not quarantined", "-o", tmp_path / "all.sel", lake=place)
    difference = answer("diff", tmp_path / "s.sel", tmp_path / "all.sel", lake=place)
    assert (len(difference["added"]), len(difference["removed"])) == (10, 0)
    words = ("publish", tmp_path / "all.sel", tmp_path / "v2", "--format", "hdf5", "--previous", tmp_path / "out")
    assert answer(*words, lake=place)["version"] == "1.1.0"
    assert answer("diff", tmp_path / "out", tmp_path / "v2")["growing"] == ["10 episodes are new"]
    (tmp_path / "out" / "demos.hdf5").write_bytes(b"x")
    assert answer("verify", tmp_path / "out", code=1)["problems"]


def test_select_keeps_nothing_where_its_file_cannot_be(lake: Store, place: Path, tmp_path: Path) -> None:
    before = lake.version
    said = answer("select", "-o", tmp_path / "absent" / "x.sel", lake=place, code=1)
    assert said["error"]["kind"] == "Refused"
    answer("select", "--seed", 10**30, lake=place, code=2)
    assert lake.version == before


def test_publish_refuses_in_words(place: Path, tmp_path: Path) -> None:
    run("select", "", "-o", tmp_path / "all.sel", lake=place)
    result = run("publish", tmp_path / "all.sel", tmp_path / "out", "--format", "hdf5", lake=place)
    assert result.exit_code == 1
    assert "--allow-quarantined" in result.stderr
    assert not (tmp_path / "out").exists()
    assert run("publish", tmp_path / "no.sel", tmp_path / "out", lake=place).exit_code == 1


def test_versions_have_names_and_a_history(place: Path) -> None:
    assert answer("tag", "clean", lake=place)["tags"] == {"clean": 2}
    assert answer("tag", lake=place)["tags"] == {"clean": 2}
    commits = answer("log", lake=place)["commits"]
    assert [commit["version"] for commit in commits] == sorted((c["version"] for c in commits), reverse=True)
    assert answer("episodes", "--version", "clean", lake=place)["total"] == 20
    assert answer("episodes", "--version", "0", lake=place)["total"] == 0
    found = answer("diff", "1", "clean", lake=place)
    assert (found["kind"], found["episodes"], found["facts"]) == ("versions", [], {"verdict": 20})
    assert answer("tag", "clean", "1", lake=place, code=1)["error"]["kind"] == "Refused"


def test_the_lake_is_verified_and_tidied(place: Path) -> None:
    said = answer("verify", lake=place)
    assert (said["ok"], said["episodes"], said["problems"]) == (True, 20, [])
    before = answer("episodes", lake=place)
    assert answer("tidy", lake=place)["steps"] == ["seal", "compact", "clean"]
    assert answer("episodes", lake=place)["episodes"] == before["episodes"]
    assert run("tidy", "--seal", lake=place).exit_code == 0
    assert answer("verify", "--deep", lake=place)["ok"]
    stored = [path for path in place.rglob("*") if path.is_file() and path.parent != place]
    if stored:
        victim = max(stored, key=lambda path: path.stat().st_size)
        raw = bytearray(victim.read_bytes())
        raw[len(raw) // 2] ^= 1
        victim.chmod(0o644)
        victim.write_bytes(raw)
        assert answer("verify", lake=place, code=1)["problems"]
        assert run("verify", lake=place).exit_code == 1


def test_pages_to_look_at_are_written(lake: Store, place: Path, tmp_path: Path) -> None:
    said = answer("report", "-o", tmp_path / "report.html", lake=place)
    assert said["bytes"] == (tmp_path / "report.html").stat().st_size > 1000
    subject = lake.ids()[0]
    files = answer("view", subject[:12], "-o", tmp_path / "view", lake=place)["files"]
    assert subject in files[0]
    assert "<html" in Path(files[0]).read_text()
    page = tmp_path / "new" / "look.html"
    assert answer("view", subject, "-o", page, lake=place)["files"][0] == str(page)
    assert "<html" in page.read_text()
    assert {path.suffix for path in page.parent.iterdir()} <= {".html", ".rrd"}
    for bad, word in (("look.pdf", "no pdf file"), ("folder.html", "is a folder"), ("file.html/x.html", "cannot be")):
        (tmp_path / "folder.html").mkdir(exist_ok=True)
        (tmp_path / "file.html").write_text("kept")
        assert word in answer("view", subject, "-o", tmp_path / bad, lake=place, code=1)["error"]["what"]
    assert not (tmp_path / "look.pdf").exists()
    (tmp_path / "file").write_text("")
    assert run("report", "-o", tmp_path / "file" / "x.html", lake=place).exit_code == 1
    assert run("view", subject, "-o", tmp_path / "file", lake=place).exit_code == 1


def test_tables_leave_for_other_tools(place: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    rows = answer("export", tmp_path / "tables", lake=place)["rows"]
    assert (rows["episodes"], rows["streams"]) == (20, 40)
    assert pq.read_table(tmp_path / "tables" / "episodes.parquet").num_rows == 20
    assert answer("export", tmp_path / "tables", lake=place, code=1)["error"]["kind"] == "Refused"
    assert answer("export", tmp_path / "x", "--format", "excel", lake=place, code=1)["error"]["kind"] == "BadValue"


def test_measures_have_intervals(place: Path) -> None:
    found = answer("measure", "acceptance", lake=place)["estimates"]
    assert {"name", "value", "unit", "n", "low", "high", "how"} <= set(found[0])
    assert answer("measure", "acceptence", lake=place, code=1)["error"]["kind"] == "NotFound"


def test_formats_are_a_matrix() -> None:
    rows = {row["name"]: row for row in answer("formats")["formats"]}
    assert rows["robomimic"]["writes"] is True
    assert run("formats").stdout.splitlines()[0].startswith("name")


def test_an_s3_address_that_leads_nowhere_is_no_traceback(tmp_path: Path) -> None:
    result = run("add", "s3://", lake=tmp_path / "new")
    assert result.exit_code == 1
    assert "names no bucket" in result.stderr


def test_a_lake_of_a_newer_version_is_left_alone(place: Path) -> None:
    import sqlite3

    with sqlite3.connect(place / "manifest.sqlite") as db:
        db.execute("PRAGMA user_version = 9999")
    said = answer("episodes", lake=place, code=1)
    assert said["error"]["kind"] == "LakeNewer"


@pytest.mark.slow
def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code = "import sys\nfrom volant.cli import cli\ntry:\n cli.main(['--help'])\nexcept SystemExit: pass\n"
    code += f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stderr.strip() == "[]"
    assert "publish" in done.stdout


@pytest.mark.slow
def test_real_processes_end_with_the_right_codes(tmp_path: Path, recordings: Path) -> None:
    assert process("--version", cwd=tmp_path).stdout.startswith("volant ")
    done = process("add", recordings, "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout)["added"]) == 4
    assert (tmp_path / "lake").is_dir()
    missing = process("show", "zz", cwd=tmp_path)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "Traceback" not in missing.stderr
    assert process("shwo", cwd=tmp_path).returncode == 2


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_drama(place: Path, tmp_path: Path) -> None:
    query = "SELECT range AS n, repeat('x', 200) AS t FROM range(20000)"
    command = f'{sys.executable} -m volant facts "{query}" --limit 0 | head -1'
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        env={**os.environ, "VOLANT_LAKE": str(place)}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.returncode == 141


@pytest.mark.slow
def test_a_full_disk_behind_the_answer_is_no_traceback(place: Path, tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "volant", "--lake", str(place), "facts", "--json"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupt_ends_with_130_and_a_sound_lake(tmp_path: Path) -> None:
    code = (
        "import sys, volant.api as api\n"
        "from volant.cli import main\n"
        "def stop(*a, **k): raise KeyboardInterrupt\n"
        "api.Lake.add = stop\n"
        "sys.argv = ['volant', 'add', '.']\nmain()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert "Traceback" not in done.stderr
    assert json.loads(process("episodes", "--json", cwd=tmp_path).stdout)["total"] == 0


@pytest.mark.slow
def test_a_defect_of_ours_is_an_apology(tmp_path: Path) -> None:
    code = (
        "import sys, volant.api as api\n"
        "from volant.cli import main\n"
        "def formats(): raise ZeroDivisionError('boom')\n"
        "api.formats = formats\n"
        "sys.argv = ['volant', 'formats', '--json']\nmain()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["kind"] == "Bug"
    assert "VOLANT_TRACE=1" in done.stderr
    assert "Traceback" not in done.stderr
    env = {**os.environ, "VOLANT_TRACE": "1"}
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, env=env, check=False
    )
    assert "Traceback" in shown.stderr
