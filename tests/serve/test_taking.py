"""The catalogue takes a lake in by steps: the same rows however it is cut, and as the lake itself says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from volant.core import Episode, Fact
from volant.lake import Store
from volant.serve import taking
from volant.serve.catalogue import Catalogue

AT = 1_700_000_000_000_000_000
_SET = "(SELECT value FROM names WHERE code = reasons_n) AS why"
_KEPT = f"id, task, verdict, outcome, quarantined, accepted, {_SET}"


def grow(lake: Store, make_episode: Callable[..., Episode]) -> None:
    """More episodes with verdicts beside them, before them and long after them."""
    ids = lake.ids()
    for turn in range(2):
        late = make_episode(900 + turn, task="fold")
        early = {"verdict": "review", "reason/gap": 1.0}
        lake.tell([Fact(late.id, key, value, "gate@1", at=AT) for key, value in early.items()], at=AT)
        fresh = [make_episode(500 + 10 * turn + i, task="fold") for i in range(5)]
        said = [
            Fact(one.id, "verdict", ("accept", "quarantine")[i % 2], "gate@1", at=AT) for i, one in enumerate(fresh)
        ]
        said += [
            Fact(one.id, f"reason/{name}", 1.0, "gate@1", stream=name, at=AT) for one in fresh[1::2] for name in "cba"
        ]
        lake.put([*fresh, late], said, at=AT)
        lake.tell([Fact(ids[turn], "verdict", "quarantine", "person/ann@1", at=AT)], at=AT)
        lake.tell([Fact(one, "verdict", "accept", f"gate@{turn}", at=AT) for one in ids[:3]], at=AT)
        lake.tell([Fact(one, "outcome", "success", "gate@1", at=AT) for one in ids[turn::2]], at=AT)
        lake.tell([Fact(ids[turn], f"reason/{name}", 2.0, "gate@1", at=AT) for name in ("b", f"new{turn}")], at=AT)


def plain(lake: Store) -> list[tuple[object, ...]]:
    """The same of the lake's own views, in the order in which episodes came."""
    why = """SELECT subject, string_agg(DISTINCT key[8:], chr(31) ORDER BY key[8:]) AS why FROM facts
        WHERE key LIKE 'reason/%' GROUP BY 1"""
    rows = lake.sql(
        "SELECT id, task, coalesce(verdict, '') AS verdict, coalesce(outcome, '') AS outcome, quarantined, accepted, "
        f"coalesce(why, '') AS why FROM episodes LEFT JOIN ({why}) ON subject = id ORDER BY added, pos"
    )
    return [tuple(row.values()) for row in rows.to_pylist()]


def held(catalogue: Catalogue) -> list[tuple[object, ...]]:
    rows = catalogue.answer(f"SELECT {_KEPT}, ord FROM episodes ORDER BY ord")
    assert [row.pop("ord") for row in rows] == list(range(1, len(rows) + 1))
    return [tuple(row.values()) for row in rows]


@pytest.mark.parametrize(("most", "spoken"), [(1 << 20, 1 << 22), (9, 14)])
def test_a_lake_is_the_same_in_steps_of_any_size(
    lake: Store, make_episode: Callable[..., Episode], monkeypatch: pytest.MonkeyPatch, most: int, spoken: int
) -> None:
    grow(lake, make_episode)
    monkeypatch.setattr(taking, "_STEP", most)
    monkeypatch.setattr(taking, "_SPOKEN", spoken)
    catalogue = Catalogue()
    catalogue.refresh(lake)
    assert held(catalogue) == plain(lake)
    if most == 9:
        lake.compact(at=AT)
        again = Catalogue()
        again.refresh(lake)
        assert held(again) == held(catalogue)


def test_a_lake_is_the_same_taken_in_while_it_grows_and_pressed(
    lake: Store, make_episode: Callable[..., Episode], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("volant.serve.catalogue._LOOSE", 3)
    catalogue = Catalogue()
    catalogue.refresh(lake)
    grow(lake, make_episode)
    for version in range(catalogue.version + 1, lake.version + 1):
        for step in taking.steps(lake, version - 1, version):
            taking.take(catalogue._room, step)
    assert held(catalogue) == plain(lake)
    grown = Catalogue()
    grown.refresh(lake)
    assert held(grown) == plain(lake)
    assert not grown._loose


def test_what_breaks_off_halfway_is_begun_anew(
    lake: Store, make_episode: Callable[..., Episode], monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = Catalogue()
    catalogue.refresh(lake)
    grow(lake, make_episode)
    monkeypatch.setattr(taking, "_STEP", 5)
    whole = taking.take

    def breaking(room: object, step: taking.Step) -> None:
        if catalogue.answer("SELECT count(*) AS n FROM episodes")[0]["n"] > 20:
            raise OSError("no more")
        whole(room, step)  # type: ignore[arg-type]

    monkeypatch.setattr("volant.serve.catalogue.take", breaking)
    with pytest.raises(OSError, match="no more"):
        catalogue.refresh(lake)
    monkeypatch.setattr("volant.serve.catalogue.take", whole)
    catalogue.refresh(lake)
    assert held(catalogue) == plain(lake)
