"""One application for all tests of the API; they add to its lake and stay apart."""

from collections.abc import Callable, Iterator

import pytest
from argon2 import PasswordHasher
from asking import NOW, Asker, told

from volant.lake import Store


@pytest.fixture(scope="session")
def asker(tmp_path_factory: pytest.TempPathFactory, make_episode: Callable) -> Iterator[Asker]:
    """Twenty episodes of two tasks in two scenes, judged, behind the door."""
    place = tmp_path_factory.mktemp("asked")
    with Store(place / "lake") as store:
        store.put([make_episode(i, task=("push", "stack")[i % 2], scene="ab"[i // 2 % 2]) for i in range(20)], at=NOW)
        told(store)
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("volant.serve.doors.users.PasswordHasher", lambda: quick)
        made = Asker(place / "lake", place / "home")
        yield made
        made.close()
