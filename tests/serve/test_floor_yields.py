"""Yield and reasons of the floor are those that plain questions to the lake give, in one pass over numbers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("nicegui", reason="the extra `serve` is not installed")

from volant.api import Lake
from volant.core import Episode, Fact, Origin
from volant.serve import House
from volant.serve.pages.floor import Yield, yields

AT = 1_700_000_000_000_000_000


def plain(lake: Lake, name: str, since: int) -> list[Yield]:
    """One question for the groups, one for their reasons, both over the lake's views."""
    rows = lake.store.sql(
        f"SELECT coalesce({name}, '') AS name, count(*) AS judged, count(*) FILTER (accepted) AS accepted, "
        "coalesce(sum(seconds) FILTER (accepted), 0) AS seconds FROM episodes "
        "WHERE verdict IS NOT NULL AND recorded_at > ? GROUP BY 1 ORDER BY judged DESC, 1 LIMIT 30",
        params=[since],
    ).to_pylist()
    why = lake.store.sql(
        f"SELECT coalesce({name}, '') AS name, key[8:] AS reason, count(*) AS n FROM episodes JOIN "
        "(SELECT DISTINCT subject, key FROM facts_now WHERE key LIKE 'reason/%') ON subject = id "
        "WHERE verdict NOT IN ('accept') AND recorded_at > ? GROUP BY 1, 2 ORDER BY n DESC, 2",
        params=[since],
    ).to_pylist()
    return [
        Yield(
            row["name"],
            row["judged"],
            row["accepted"],
            pytest.approx(row["seconds"]),
            tuple((one["reason"], one["n"]) for one in why if one["name"] == row["name"])[:4],
        )
        for row in rows
    ]


@pytest.mark.parametrize("since", [-1, 40, 10**6])
def test_the_floor_says_what_plain_questions_say(
    tmp_path: Path, make_episode: Callable[..., Episode], since: int
) -> None:
    house = House(tmp_path / "lake", tmp_path)
    lake = Lake(tmp_path / "lake", clock=lambda: AT)
    made = []
    for i in range(90):
        who = Origin(robot=f"arm-{i * i % 37}", operator=("ann", "bob", "")[i % 3], recorded_at=i)
        made.append(replace(make_episode(i), origin=who))
    said = []
    for i, one in enumerate(made):
        if i % 7:
            said.append(Fact(one.id, "verdict", ("accept", "review", "quarantine")[i % 4 % 3], "gate@1", at=AT))
        said += [Fact(one.id, f"reason/{name}", 1.0, "gate@1", stream=stream, at=AT)
                 for name, stream in itertools.islice(itertools.cycle(("gap", s) for s in "xy"), i % 3)]  # fmt: skip
        said += [Fact(one.id, f"reason/{name}", 1.0, "gate@1", at=AT) for name in "abcdef"[: i % 5]]
    lake.store.put(made, said, at=AT)
    lake.store.tell([Fact(made[4].id, "verdict", "accept", "person/ann@1", at=AT)], at=AT)
    lake.store.tell([Fact(made[1].id, "reason/late", 1.0, "gate@2", at=AT)], at=AT)
    found = yields(house, since, lake)
    assert set(found) == {"robot", "operator"}
    for name, rows in found.items():
        assert rows == plain(lake, name, since), name
    assert bool(found["robot"]) == (since < 90)
    house.close()
