"""The law of readers: whatever happened to a file, reading works or is refused in words.

Never another exception, never a dead process, never a hang, never more memory than is reasonable, never a change on
disk. ``VOLANT_FUZZ`` says how many mutations each recording gets (default 5).
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import seeds
from mutations import Mutation, mutations

from volant import plug

EXAMPLES = int(os.environ.get("VOLANT_FUZZ", "5"))
PATIENCE = 60
CASES = Path(__file__).parent / "cases"
NAMES = plug.names("formats")


class Reader:
    """A worker process of one format; started again where a recording has killed it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.process: subprocess.Popen[str] | None = None

    def read(self, path: Path) -> tuple[str, str]:
        """Verdict and words for one recording."""
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [sys.executable, str(Path(__file__).parent / "worker.py"), self.name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                bufsize=1,
            )
        process = self.process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(str(path)) + "\n")
        process.stdin.flush()
        while True:
            ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
            if not ready:
                self.close()
                return "hangs", f"no answer in {PATIENCE} s"
            line = process.stdout.readline()
            if not line:
                process.wait()
                return "dies", f"exit status {process.returncode}"
            if line.startswith("VERDICT "):
                verdict, what, _ = json.loads(line.removeprefix("VERDICT "))
                return verdict, what

    def close(self) -> None:
        """End the worker and its pipes."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe is not None:
                    pipe.close()
            self.process = None


@pytest.fixture(scope="module", params=NAMES)
def reader(request: pytest.FixtureRequest) -> Iterator[Reader]:
    made = Reader(request.param)
    yield made
    made.close()


@cache
def originals(name: str, folder: Path) -> tuple[Path, ...]:
    from recordings import DATA

    found = seeds.made(name, folder / name)
    return tuple(found + (seeds.real(name, DATA, folder / name) if DATA.is_dir() else []))


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seeds")


def listing(path: Path) -> list[tuple[str, int, int]]:
    """Names, sizes and times of everything under a path."""
    inside = sorted(path.rglob("*")) if path.is_dir() else [path]
    found = [*inside, path, path.parent]
    return [(str(one), one.stat().st_size if one.is_file() else 0, one.stat().st_mtime_ns) for one in found]


def tried(reader: Reader, source: Path, place: Path, change: tuple[int, Mutation] | None) -> tuple[str, str]:
    """Read a copy of a recording with one file changed; also that nothing was written."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    copy = place / source.name
    if source.is_dir():
        shutil.copytree(source, copy)
    else:
        shutil.copyfile(source, copy)
    if change is not None:
        files = sorted(path for path in copy.rglob("*") if path.is_file()) if copy.is_dir() else [copy]
        file = files[change[0] % len(files)]
        file.write_bytes(change[1].of(file.read_bytes()))
    before = listing(copy)
    verdict = reader.read(copy)
    assert listing(copy) == before, "reading has changed the recording"
    return verdict


@pytest.mark.slow
def test_mutations_are_read_or_refused(reader: Reader, ground: Path, tmp_path: Path) -> None:
    sources = originals(reader.name, ground)
    if not sources:
        pytest.skip(f"no small recording of {reader.name}")

    for source in sources:
        assert tried(reader, source, tmp_path / "work", None)[0] == "ok", source
        _lawful(reader, source, tmp_path / "work")


def _lawful(reader: Reader, source: Path, place: Path) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize="VOLANT_FUZZ" not in os.environ,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(st.integers(0, 30), mutations)
    def law(file: int, mutation: Mutation) -> None:
        verdict, what = tried(reader, source, place, (file, mutation))
        assert verdict in ("ok", "refused"), f"{reader.name}: {source.name}: {verdict}: {what}"

    law()


@pytest.mark.parametrize("case", sorted(CASES.iterdir()) if CASES.is_dir() else [], ids=lambda case: case.name)
def test_kept_cases_are_read_or_refused(case: Path, tmp_path: Path) -> None:
    """Files that once broke a reader; the name says which: ``<format>__<what>.<ending>``."""
    name = case.name.partition("__")[0]
    made = Reader(name)
    try:
        verdict, what = tried(made, case, tmp_path / "work", None)
    finally:
        made.close()
    assert verdict in ("ok", "refused"), what
