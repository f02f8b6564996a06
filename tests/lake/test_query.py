"""Questions are answered from what they name and nothing else, and facts_now means what it always meant."""

from pathlib import Path

import numpy as np
import pytest
from lake_made import make

from volant.core import Fact, FactTable, Span
from volant.core.errors import BadValue, LakeError, Refused
from volant.lake import Limits, Store

NOW = """
    SELECT * EXCLUDE (last) FROM (
        SELECT *, last_value("by") OVER (PARTITION BY subject, key, stream, author ORDER BY added, pos
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS last FROM facts) WHERE "by" = last
    QUALIFY row_number() OVER (PARTITION BY subject, key, stream, "by", start_ns, stop_ns
        ORDER BY added DESC, pos DESC) = 1"""
"""What is said now, written down without regard to speed."""


def told(rng: np.random.Generator, authors: list[str], count: int) -> FactTable:
    facts = FactTable()
    for _ in range(count):
        start = int(rng.integers(0, 3))
        span = Span(start, start + 2) if rng.random() < 0.4 else None
        key, by = f"check/{rng.integers(0, 3)}", authors[int(rng.integers(0, len(authors)))]
        facts.add(
            Fact(f"s{rng.integers(0, 9)}", key, float(rng.integers(0, 9)), by, span, "ab"[int(rng.integers(0, 2))])
        )
    return facts


@pytest.mark.parametrize("authors", [["a@1", "b@1"], ["a@1", "a@2", "b@1"], ["o'hara@1", "o'hara@2", "x@1"]])
def test_what_is_said_now_is_the_newest_of_the_newest_version(tmp_path: Path, authors: list[str]) -> None:
    rng = np.random.default_rng(len(authors))
    with Store(tmp_path / "lake") as store:
        for at in (1, 2, 3):
            store.tell(told(rng, authors, 5000 if at == 2 else 60), at=at)
        for version in (1, 2, 3):
            columns = 'subject, key, author, "by", value, number, stream, start_ns, stop_ns, added, pos'
            now = store.sql(f"SELECT {columns} FROM facts_now ORDER BY ALL", version=version)
            slow = store.sql(f"SELECT {columns} FROM ({NOW}) ORDER BY ALL", version=version)
            assert len(now) > 20
            assert now.to_pylist() == slow.to_pylist()
            spans = store.sql('SELECT count(*) AS n FROM "Spans"', version=version).to_pylist()
            assert spans == [{"n": sum(row["start_ns"] is not None for row in slow.to_pylist())}]


def test_a_question_opens_only_what_it_names(tmp_path: Path) -> None:
    with Store(tmp_path / "lake") as store:
        episodes = [make(i, n=900) for i in range(40)]
        facts = FactTable()
        for value in range(5000):
            facts.row(episodes[value % 40].id, "measure/x", float(value), "m@1")
        store.put(episodes, [Fact(episodes[0].id, "verdict", "quarantine", "gate@1")], at=1)
        store.tell(facts, at=2)
        for path in (*(store.files.root / "segments" / "streams").rglob("*.parquet"),
                     *(store.files.root / "facts").rglob("*.parquet")):  # fmt: skip
            path.unlink()
        assert len(store.ids()) == 40
        assert store.sql("SELECT sum(quarantined::INT) AS n FROM EPISODES").to_pylist() == [{"n": 1}]
        assert len(store.sql("SELECT * FROM coverage")) == 3


def test_what_does_not_exist_is_told_with_what_does(tmp_path: Path) -> None:
    with Store(tmp_path / "lake") as store:
        store.put([make(1)], at=1)
        for query in ("SELECT * FROM fact", "SELECT nothing FROM episodes", "SELECT * FROM query_table('fa' || 'cts')"):
            with pytest.raises(BadValue, match="facts_now \\(subject"):
                store.sql(query)


def test_questions_of_strangers_have_limits(lake: Store) -> None:
    def ask(question: str, params: tuple[object, ...] = (), **limits: float) -> int:
        return lake.query.ask(question, lake.version, params, limits=Limits(**{"rows": 5, **limits})).num_rows

    assert ask("SELECT id FROM episodes ORDER BY id") == 5
    assert ask("SELECT id FROM episodes WHERE task = ?", ("push",)) == 5
    assert ask("SELECT * FROM range(1_000_000_000_000)") == 5
    assert ask("EXPLAIN SELECT id FROM episodes") >= 1
    with pytest.raises(Refused, match="too long"):
        ask("SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE a.range * b.range = 7", seconds=0.3)
    with pytest.raises(LakeError):
        ask("SELECT list(range) FROM range(200_000_000)", megabytes=64)
    assert ask("SELECT count(*) AS n FROM episodes") == 1


def test_a_question_that_says_its_keys_opens_no_facts_of_others(tmp_path: Path) -> None:
    asked = (
        "SELECT key, count(*) AS n FROM facts WHERE key LIKE 'measure/%' OR key LIKE 'value/%' GROUP BY 1 ORDER BY 1"
    )
    with Store(tmp_path / "lake") as store:
        facts = FactTable()
        for value in range(5000):
            for key in ("measure/x", "reason/gap"):
                facts.row(f"s{value}", key, float(value), "m@1")
        store.tell(facts, at=1)
        store.tell([Fact("s1", "value/y", 1.0, "m@1"), Fact("s1", "reason/gap", 1.0, "m@1")], at=2)
        whole = store.sql(asked)
        assert whole.to_pylist() == [{"key": "measure/x", "n": 5000}, {"key": "value/y", "n": 1}]
        for path in (store.files.root / "facts" / "reason%2Fgap").rglob("*.parquet"):
            path.unlink()
        assert store.sql(asked, keys=["measure/*", "value/*"]) == whole
