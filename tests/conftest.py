"""Where the real recordings lie, how tests say that they are absent, and a small lake for what comes after it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from browsing import CHROMIUM, FLAGS
from recordings import DATA
from volant.core import Episode, Fact, Kind, Origin, Signal, Stream
from volant.lake import Store

LONG = ("tests/test_guide.py", "tests/serve/test_page_each.py", "tests/wheel/", "tests/serve/",
        "tests/checks/test_planted.py", "tests/experiments/")  # fmt: skip
"""Files that take longest come first, or one worker is left with one of them at the end.

``test_page_each`` comes before the other files of ``serve``: it counts what a server holds, and others add to that.
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files in the order of ``LONG``, then the others as they come."""
    items.sort(key=lambda item: next((i for i, name in enumerate(LONG) if item.nodeid.startswith(name)), len(LONG)))


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real recordings; the test is skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"no real recordings at {DATA}")
    return DATA


def made_episode(
    number: int, *, task: str = "stack", scene: str = "a", licence: str = "CC-BY-4.0", body: str = "arm"
) -> Episode:
    """A small sound episode of state and action; the number decides its samples."""
    rng = np.random.default_rng(number)
    t = np.arange(40, dtype=np.int64) * 20_000_000
    x = np.cumsum(rng.normal(0, 0.01, (40, 3)), axis=0).astype(np.float32)
    dims = ("shoulder", "elbow", "wrist")
    state = Signal("observation.state", Kind.STATE, (3,), "float32", "rad", hz=50.0, dims=dims)
    action = Signal("action", Kind.ACTION, (3,), "float32", "rad", hz=50.0, dims=dims)
    origin = Origin(f"file:///made/{number}.bin", body, f"{body}-1", "ann", licence=licence, tier="teleoperation")
    said = (Fact("", "outcome", "failure" if number % 3 == 0 else "success", "made@1"),)
    streams = (Stream(state, t, x), Stream(action, t, np.roll(x, -1, axis=0)))
    return Episode(streams, origin, task, task, scene, said=said)


@pytest.fixture(scope="session")
def make_episode() -> Callable[..., Episode]:
    """Makes small sound episodes."""
    return made_episode


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Store]:
    """Twenty episodes of two tasks in two scenes, one body, one licence, not judged."""
    with Store(tmp_path / "lake") as store:
        episodes = [made_episode(i, task=("push", "stack")[i % 2], scene="ab"[i // 2 % 2]) for i in range(20)]
        store.put(episodes, at=1_700_000_000_000_000_000)
        yield store


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium without a window, one for the whole session; skipped where there is none.

    It leaves its event loop in the thread of the tests: coroutines are run by ``aside``.
    """
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield opened
        opened.close()
