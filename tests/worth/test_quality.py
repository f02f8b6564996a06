"""How well episodes were driven: figure by figure, measured once, refused where nothing can be said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from volant.api import Lake
from volant.cli import cli
from volant.core import Episode, Estimate, Kind, Origin, Signal, Stream
from volant.core.errors import BadValue, NotFound
from volant.curate.candidates import measured
from volant.curate.floors import parse, reached
from volant.worth import information
from volant.worth.quality import FIGURES, quality, tell, values

HZ = 50.0


def driven(number: int, operator: str, *, noise: float = 0.05, task: str = "reach", progress: bool = True) -> Episode:
    """Somebody steers to a place that differs from one to the next; ``noise`` is how far the hand goes astray."""
    rng = np.random.default_rng(number)
    t = np.arange(75, dtype=np.int64) * 20_000_000
    hand, goal = rng.uniform(-1, 1, 3), rng.uniform(-1, 1, 3)
    state, action = np.zeros((75, 6)), np.zeros((75, 3))
    for step in range(75):
        state[step] = [*hand, *goal]
        action[step] = 0 if noise > 1 and 30 <= step < 50 else 2 * (goal - hand) + noise * rng.standard_normal(3)
        hand = hand + action[step] / HZ
    seen = Signal("observation.state", Kind.STATE, (6,), "float64", "m", hz=HZ)
    done = Signal("action", Kind.ACTION, (3,), "float64", "m/s", hz=HZ)
    streams = [Stream(seen, t, state), Stream(done, t, action)]
    if progress:
        said = np.linspace(0, 1 - 0.4 * (number % 2), 75)
        streams.append(Stream(Signal("progress", Kind.SCALAR, (), "float64", "1", hz=HZ), t, said))
    return Episode(tuple(streams), Origin(f"made/{number}", "arm", operator=operator, site="lab"), task)


def crew(count: int = 12, **how: object) -> list[Episode]:
    steady = [driven(number, "ann", **how) for number in range(count)]  # type: ignore[arg-type]
    return [*steady, *(driven(100 + number, "bob", noise=3.0, **how) for number in range(count))]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with Lake(tmp_path_factory.mktemp("quality") / "lake", clock=lambda: 1) as made:
        made.add(crew())
        tell(made.store, 1)
        yield made


def of(found: Sequence[Estimate], name: str, group: str = "") -> Estimate:
    return next(one for one in found if one.name == name and one.group == group)


def test_each_figure_tells_the_steady_hand_from_the_wild_one(lake: Lake) -> None:
    found, notes = quality(lake.store, at=1, by="operator")
    for name in ("information", "smoothness", "jerk"):
        ann, bob = (of(found, name, f"operator={who}") for who in ("ann", "bob"))
        assert ann.low is not None and bob.high is not None and ann.low > bob.high, name
        assert ann.n == 12 and "bootstrap 95 % (seed 0)" in ann.method
    assert of(found, "speed", "operator=ann").n == 12
    assert {one.name for one in found} == {figure.name for figure in FIGURES}, "no figure is made of several"
    assert of(found, "stalls", "operator=bob").value > 0.2 > of(found, "stalls", "operator=ann").value
    assert any("speed modes: fewer than 20 episodes of ann, bob" in note for note in notes)


def test_a_floor_can_be_put_under_each_figure(lake: Lake) -> None:
    table = lake.episodes()
    ids, who = table["id"].to_pylist(), np.array(table["operator"].to_pylist())
    tasks = np.zeros(len(ids), np.int64)
    kept = reached(parse("information>=p50"), measured(lake.store, ids, lake.version, "information"), tasks)
    assert kept.sum() == 12 and (who[kept] == "ann").all()
    for name, known in values(lake.store, ids, [figure.name for figure in FIGURES]).items():
        assert np.isfinite(known).all() and reached(parse(f"{name}>=p25"), known, tasks).sum() >= 18
    picked = lake.curate(12, floors=("information>=0",), failures=True)
    assert set(picked.selection.ids) <= {one for one, name in zip(ids, who, strict=True) if name == "ann"}


def test_what_compares_within_a_task_is_not_shown_by_task(tmp_path: Path) -> None:
    with Lake(tmp_path / "two", clock=lambda: 1) as lake:
        lake.store.put(
            [*crew(progress=False), *(driven(300 + n, "ann", task="lift", progress=False) for n in range(6))], at=1
        )
        found, notes = quality(lake.store, at=1, by="task")
        assert {one.group for one in found} == {"task=reach", "task=lift"}
        assert not {"information", "speed", "progress"} & {one.name for one in found}
        said = " ".join(notes)
        assert "information compares episodes of one task" in said
        assert "6 episodes of lift with one body and one sort of action are too few" in said
        assert "progress: nothing in this lake can say it" in said
        assert "speed: no group of ten episodes that the gate has screened" in said


def test_constant_scores_and_small_groups_are_said_and_left_out(tmp_path: Path) -> None:
    with Lake(tmp_path / "small", clock=lambda: 1) as lake:
        lake.store.put([driven(2 * number, "ann" if number < 9 else "bob") for number in range(12)], at=1)
        found, notes = quality(lake.store, at=1, by="operator")
        assert {one.group for one in found} == {"operator=ann"}
        assert any("progress is 1 for all 12 episodes: it tells nothing apart" in note for note in notes)
        assert any("smoothness: fewer than 5 episodes say it of bob (3)" in note for note in notes)


def test_what_cannot_be_compared_is_refused(tmp_path: Path, lake: Lake) -> None:
    with pytest.raises(BadValue, match="All 24 episodes belong to 'lab'"):
        quality(lake.store, at=1, by="site")
    with pytest.raises(BadValue, match="All 24 episodes name no robot"):
        quality(lake.store, at=1, by="robot")
    with pytest.raises(BadValue, match="operator"):
        quality(lake.store, at=1, by="operater")
    with pytest.raises(NotFound, match="quality --by operator"):
        lake.answer("information")
    with Lake(tmp_path / "empty") as empty, pytest.raises(NotFound, match="no episode"):
        quality(empty.store, at=1)


def test_the_verb_answers_people_and_machines_and_refuses_one_operator(lake: Lake) -> None:
    def asked(*words: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(cli, ["--lake", str(lake.store.place), "measure", "quality", *words])
        return done.exit_code, done.stdout, done.stderr

    code, out, _ = asked("--by", "operator", "--json")
    shown = json.loads(out)["estimates"]
    assert code == 0 and {one["group"] for one in shown} == {"operator=ann", "operator=bob"}
    code, _, err = asked("--by", "site")
    assert code == 1 and "nothing to compare" in err


def test_a_command_in_the_states_own_coordinates_is_taken_relative_to_it() -> None:
    t = np.arange(60, dtype=np.int64) * 20_000_000
    x = np.cumsum(np.random.default_rng(0).normal(0, 0.1, (60, 2)), axis=0)
    dims = ("a", "b")
    state = Stream(Signal("joints", Kind.JOINT, (2,), "float64", "rad", hz=HZ, dims=dims), t, x)
    target = Stream(Signal("action", Kind.ACTION, (2,), "float64", "rad", hz=HZ, dims=dims), t, x + 0.25)
    speed = Stream(Signal("action", Kind.ACTION, (2,), "float64", "rad/s", hz=HZ, dims=dims), t, x)
    made = information.pairs(Episode((state, target)))
    assert made is not None and made.rows.shape == (information.FRAMES, 2 + 4) and made.state == 2
    window = np.stack([x[k : k + 10].mean(axis=0) - x[k] for k in (0,)])
    assert np.allclose(made.rows[0, 2:4], window[0] + 0.25, atol=1e-6)
    other = information.pairs(Episode((state, speed)))
    assert other is not None and np.allclose(other.rows[0, 2:4], x[:10].mean(axis=0), atol=1e-6)
    alone = information.pairs(Episode((state,)))
    assert alone is not None and np.allclose(alone.rows[0, 2:4], x[10] - x[0], atol=1e-6)
    assert len({made.key, other.key, alone.key}) == 2, "units do not tell layouts apart, streams do"
    assert information.pairs(Episode((target,))) is None
    assert information.pairs(Episode((state.between(0, 200_000_000),))) is None


def test_what_was_measured_once_is_not_measured_again_but_sets_are_told_anew(lake: Lake) -> None:
    version, ids = lake.version, list(lake.store.ids())
    assert tell(lake.store, at=2) == ()
    assert lake.version == version
    before = values(lake.store, ids, ["information"])["information"]
    lake.add([driven(200 + number, "cy", noise=0.5) for number in range(3)])
    tell(lake.store, at=3)
    told = lake.sql('SELECT key, count(*) AS n FROM facts WHERE "at" >= 3 GROUP BY 1').to_pylist()
    counts = {row["key"]: row["n"] for row in told}
    assert counts["measure/stalls"] == counts["measure/smoothness"] == 3
    assert counts["measure/information"] == counts["measure/speed"] == 27
    now = values(lake.store, ids, ["information"])["information"]
    assert np.isfinite(now).all() and not np.array_equal(now, before)


def test_states_that_never_vary_are_refused() -> None:
    rows = np.random.default_rng(1).standard_normal((20, information.FRAMES * 3)).astype(np.float32)
    rows.reshape(20, information.FRAMES, 3)[..., 0] = 4.0
    with pytest.raises(BadValue, match="Nothing varies in 320 states"):
        information.scored(rows, 1)
