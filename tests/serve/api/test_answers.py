"""What the API answers: episodes and their facts and signals, questions, selections, people; and how it refuses."""

from __future__ import annotations

import pytest
from asking import NOW, WORDS, Asker

from volant.lake import Store


def test_episodes_come_in_pages_that_hold_each_once(asker: Asker) -> None:
    seen, after = [], ""
    while True:
        page = asker.get("/api/episodes", limit=7, after=after)
        seen += [one["id"] for one in page["episodes"]]
        after = page["next"]
        if not after:
            break
    with Store(asker.lake, create=False) as store:
        assert seen == store.ids()


def test_facets_and_conditions_narrow_what_is_found(asker: Asker) -> None:
    def count(**params: str) -> int:
        return len(asker.get("/api/episodes", **params)["episodes"])

    assert count(task="push") == 10
    assert count(task="push", scene="a") + count(task="push", scene="b") == 10
    assert count(verdict="quarantine") == 6
    assert count(where="seconds > 0.5 AND outcome = 'success'") == count(outcome="success")
    assert count(task="push", where="1 = 1 -- ) AND (") == 10
    assert count(task="' OR true --") == 0
    assert asker.get("/api/episodes", version="1")["episodes"][0]["verdict"] is None


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("/api/episodes", {"tsak": "push"}, 400),
        ("/api/episodes", {"limit": "0"}, 400),
        ("/api/episodes", {"limit": "many"}, 400),
        ("/api/episodes", {"limit": "1e99"}, 400),
        ("/api/episodes", {"where": "no_such_column = 1"}, 400),
        ("/api/episodes", {"where": "1); DROP VIEW episodes; --"}, 400),
        ("/api/episodes", {"where": "id IN (SELECT * FROM read_text('/etc/passwd'))"}, 400),
        ("/api/episodes", {"where": "task = ?"}, 400),
        ("/api/episodes", {"after": "x.y"}, 400),
        ("/api/episodes", {"version": "tomorrow"}, 404),
        ("/api/episodes", [("task", "a"), ("task", "b")], 400),
        ("/api/episodes/zzz", {}, 404),
        ("/api/episodes/%2e%2e%2fmanifest", {}, 404),
        ("/api/episodes/" + "a" * 65, {}, 400),
        ("/api/selections/zzz", {}, 404),
        ("/api/measures", {"names": "beauty"}, 404),
        ("/api/orders", {"strategy": "luck"}, 404),
        ("/api/orders", {"budget": "nan"}, 400),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(asker: Asker, path: str, params: dict, status: int) -> None:
    answer = asker.ask("GET", path, params=params)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["what"]
    assert "Traceback" not in answer.text
    assert "passwd" not in answer.text or "disabled" in answer.text


def test_an_episode_is_found_by_the_beginning_of_its_id(asker: Asker) -> None:
    full = asker.get("/api/episodes", limit=1)["episodes"][0]["id"]
    known = asker.get(f"/api/episodes/{full[:10]}")
    assert known["episode"]["id"] == full
    assert [one["name"] for one in known["streams"]] == ["observation.state", "action"]
    found = asker.get(f"/api/episodes/{full[:10]}/facts", key="verdict")
    assert [(one["key"], one["value"], one["by"]) for one in found["facts"]] == [("verdict", "accept", "gate/test@1")]


def test_signals_are_thinned_to_least_and_most_of_each_bucket(asker: Asker) -> None:
    full = asker.get("/api/episodes", limit=1)["episodes"][0]["id"]
    with Store(asker.lake, create=False) as store:
        x = store.episode(full).streams[0].x
    found = asker.get(f"/api/episodes/{full}/signals", names="observation.state", points=8)["signals"]
    assert len(found) == 1
    one = found[0]
    assert (one["samples"], one["unit"], one["dims"]) == (40, "rad", ["shoulder", "elbow", "wrist"])
    assert len(one["t"]) == 8
    for dim in range(3):
        assert one["low"][dim] == pytest.approx(x[:, dim].reshape(8, 5).min(axis=1).tolist())
        assert one["high"][dim] == pytest.approx(x[:, dim].reshape(8, 5).max(axis=1).tolist())
    whole = asker.get(f"/api/episodes/{full}/signals", points=100)["signals"]
    assert whole[0]["low"] == whole[0]["high"]
    assert asker.ask("GET", f"/api/episodes/{full}/signals", params={"names": "nose"}).status_code == 400


def test_people_tell_facts_that_they_sign(asker: Asker) -> None:
    full = asker.get("/api/episodes", limit=1)["episodes"][0]["id"]
    fact = {"subject": full, "key": "outcome", "value": "partial", "stream": "action", "start_ns": 0, "stop_ns": 5}
    done = asker.post("/api/facts", "curator", facts=[fact, {"subject": full, "key": "person/score", "value": 0.5}])
    assert done["by"].startswith("token/")
    said = [one for one in asker.get(f"/api/episodes/{full}/facts")["facts"] if one["by"] == done["by"]]
    assert [(one["key"], one["value"], one["number"]) for one in said] == [
        ("outcome", "partial", None), ("person/score", "0.5", 0.5)
    ]  # fmt: skip
    assert asker.get("/api/audit", limit=1)["entries"][0]["what"] == "facts/tell"
    for wrong, status in (
        ({"subject": "0" * 32, "key": "a", "value": 1}, 404),
        ({"subject": full, "key": "", "value": 1}, 400),
        ({"subject": full, "key": "a b", "value": 1}, 400),
        ({"subject": full, "key": "a", "value": 1 << 70}, 400),
        ({"subject": full, "key": "a", "value": {"x": 1}}, 400),
        ({"subject": full, "key": "a", "value": 1, "start_ns": 5}, 400),
        ({"subject": full, "key": "a", "value": 1, "start_ns": 5, "stop_ns": 4}, 400),
        ({"subject": full, "key": "a", "value": 1, "by": "gate/test@1"}, 400),
    ):
        asker.post("/api/facts", status=status, facts=[wrong])
    asker.post("/api/facts", status=400, facts=[])


def test_questions_in_sql_are_answered_within_limits(asker: Asker) -> None:
    found = asker.post("/api/sql", query="SELECT task, count(*) AS n FROM episodes GROUP BY 1 ORDER BY 1")
    assert found == {"columns": ["task", "n"], "rows": [["push", 10], ["stack", 10]], "cut": False}
    odd = asker.post("/api/sql", query="SELECT 'nan'::DOUBLE, DATE '2026-01-02', {'a': 1}, [1, NULL], 'x'::BLOB")
    assert odd["rows"] == [[None, "2026-01-02", {"a": 1}, [1, None], "78"]]
    assert asker.post("/api/sql", query="SELECT * FROM range(10)", limit=3)["cut"]
    for query in ("DROP VIEW episodes", "SELECT 1; SELECT 2", "", "COPY (SELECT 1) TO '/tmp/x'", "ATTACH 'x.db'"):
        asker.post("/api/sql", status=400, query=query)


def test_a_selection_is_made_once_and_found_again(asker: Asker) -> None:
    one = asker.post("/api/selections", question="task = 'push'", why="test")
    assert asker.post("/api/selections", question="task = 'push'", why="test")["hash"] == one["hash"]
    known = asker.get(f"/api/selections/{one['hash'][:8]}")
    assert len(known["ids"]) == one["episodes"] == 10
    assert one["hash"] in [each["hash"] for each in asker.get("/api/selections")["selections"]]
    asker.post("/api/selections", status=409, question="task = 'fly'")


def test_the_rest_of_the_lake_is_told(asker: Asker) -> None:
    assert sum(cell["episodes"] for cell in asker.get("/api/coverage")["cells"]) == 20
    assert [one["robot"] for one in asker.get("/api/stations")["stations"]] == ["arm-1"]
    assert {one["name"] for one in asker.get("/api/measures", names="acceptance")["figures"]} >= {"acceptance"}
    assert asker.get("/api/orders")["orders"] == []
    log = asker.get("/api/log", limit=2)
    assert log["commits"][0]["version"] == log["version"]
    assert asker.get("/api/log", before=2)["commits"][-1]["what"] == "put"


def test_looking_at_measures_tells_nothing(asker: Asker) -> None:
    before = asker.get("/api/log", limit=1)["version"]
    asker.get("/api/measures")
    assert asker.get("/api/log", limit=1)["version"] == before


def test_admins_keep_accounts_and_tokens(asker: Asker) -> None:
    made = asker.post("/api/users", name="Bob", role="viewer", password=WORDS)
    assert made["name"] == "bob"
    assert "password" not in made
    asker.post("/api/users", status=409, name="bob", role="viewer", password=WORDS)
    changed = asker.ask("PATCH", "/api/users/bob", json={"role": "reviewer", "disabled": True})
    assert (changed.json()["role"], changed.json()["disabled"]) == ("reviewer", True)
    assert asker.ask("PATCH", "/api/users/nobody", json={"role": "viewer"}).status_code == 404
    token = asker.post("/api/tokens", name="phone", role="collector", scopes=["collect"])
    asker.tokens["phone"] = token["secret"]
    assert asker.get("/api/me", "phone")["rights"] == ["collect"]
    assert asker.ask("GET", "/api/episodes", "phone").status_code == 403
    assert asker.ask("DELETE", f"/api/tokens/{token['token']['id']}").json()["revoked"] == NOW
    assert asker.ask("GET", "/api/me", "phone").status_code == 401
    assert token["secret"] not in asker.ask("GET", "/api/tokens").text
    assert asker.get("/api/audit/trail")["broken"] is None


def test_a_token_cannot_change_a_password(asker: Asker) -> None:
    asker.post("/api/me/password", status=409, old=WORDS, new="some other words")


def test_a_question_that_takes_too_long_makes_no_selection(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("volant.serve.api.lake._PATIENCE", 0.3)
    endless = "SELECT min(e.id) AS id FROM episodes e, range(100000000000) GROUP BY e.id"
    answer = asker.post("/api/selections", status=409, question=endless)
    assert answer["error"]["what"] == "The question took too long."
