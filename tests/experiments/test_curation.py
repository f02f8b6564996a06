"""The A/B of choices: who is compared with whom, and what is refused; one small A/B lived for real."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("metaworld", reason="Meta-World has no build for this Python")
pytest.importorskip("jax", reason="policies are taught with JAX")

from click.testing import CliRunner

from volant.cli._group import cli
from volant.core.errors import Refused
from volant.experiments import Bench
from volant.experiments.curation import chance, copied, largest, sound, tried
from volant.lake import Store

BENCH = Bench("metaworld", "drawer-open-v3", budget=4, trials=4, seeds=2, learner="nearest")


def test_rivals_are_drawn_among_what_training_would_keep(lake: Store) -> None:
    pool = sound(lake, "task = 'push'", lake.version)
    outcome = {row["id"]: (row["task"], row["outcome"]) for row in lake.catalogue().to_pylist()}
    assert {outcome[one] for one in pool} == {("push", "success")}
    one, other = chance(pool, 3, 0, lake.version), chance(pool, 3, 1, lake.version)
    assert len(set(one.ids)) == 3
    assert one.ids == chance(pool[::-1], 3, 0, lake.version).ids
    assert set(other.ids) <= set(pool)


def test_the_largest_volume_is_of_one_person_in_one_place_first(lake: Store) -> None:
    pool = sound(lake, "", lake.version)
    rows = {row["id"]: row for row in lake.catalogue().to_pylist()}
    volume: dict[str, float] = {}
    for one in pool:
        volume[rows[one]["scene"]] = volume.get(rows[one]["scene"], 0.0) + rows[one]["seconds"]
    most = max(volume, key=lambda scene: volume[scene])
    assert {rows[one]["scene"] for one in largest(lake, pool, 3, lake.version).ids} == {most}


def test_a_lake_of_another_task_proves_nothing(lake: Store) -> None:
    pool = sound(lake, "", lake.version)
    with pytest.raises(Refused, match="drawer-open-v3"):
        tried(lake, BENCH, ("random",), lambda seed: (chance(pool, 2, seed, lake.version),), pool)


@pytest.mark.slow
def test_choices_and_weights_are_tried_in_the_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("volant.runners.living._cores", lambda: 1)  # six short episodes need no processes
    given = BENCH.shown([*BENCH.places(1, "bulk") * 3, *BENCH.places(3, "rare")], "shown")
    copy = copied(given[0], 0)
    assert copy.id != given[0].id
    assert np.allclose(copy["action"].values, given[0]["action"].values, atol=0.01)
    with Store(tmp_path / "lake") as store:
        store.put([*given, copy], at=1)
    words = [
        "--lake",
        str(tmp_path / "lake"),
        "--ab",
        "metaworld/drawer-open-v3",
        "--trials",
        "4",
        "--seeds",
        "2",
        "--learner",
        "nearest",
    ]
    done = CliRunner().invoke(cli, ["curate", *words, "--budget", "3", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)["ab"]
    assert told["ticks"] == ["random", "largest volume", "curated"]
    assert [one["n"] for one in told["differences"]] == [2, 2]
    mixed = CliRunner().invoke(cli, ["mix", *words, "--by", "operator"])
    assert mixed.exit_code == 0, mixed.output
    assert "as they come" in mixed.output
