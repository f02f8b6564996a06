"""A small real lake for the pages: simulated robots, raw pictures, a film, findings, and three turns of the wheel."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np

import volant
from volant.conform import generated
from volant.core import Episode, Fact, Kind, Order, Origin, Score, Segment, Signal, Span, Stream, Turn
from volant.video import encode, open_video

AT = 1_790_000_000_000_000_000
TASKS = ("metaworld/reach-v3", "metaworld/drawer-open-v3")


def make(place: Path, work: Path) -> None:
    """Fill a lake: 8 episodes of Meta-World, 3 with raw pictures, 2 filmed ones, facts and turns."""
    ticks = iter(range(AT, AT + 10**15, 10**9))
    with volant.Lake(place, clock=lambda: next(ticks)) as lake:
        for seed, task in enumerate(TASKS if find_spec("metaworld") else ()):
            lake.collect(task, "careful", episodes=4, vary=3, seed=seed, runner="loop", horizon=80, lanes=4)
        lake.add(generated.episodes(3, 3))
        lake.add([filmed(work, number) for number in range(2)])
        ids = lake.episodes("task = 'fold'")["id"].to_pylist()
        span = Span(10**9, 15 * 10**8)
        lake.tell(
            [
                Fact(ids[0], "verdict", "quarantine", "gate/default@1", at=AT),
                Fact(ids[0], "reason/freeze", "The arm stood still for 0.5 s.", "gate/default@1", span, "joints", AT),
                Fact(ids[1], "verdict", "accept", "gate/default@1", at=AT),
                *worth(ids),
                *quality(lake.episodes()["id"].to_pylist()),
                Fact(ids[1], "reason/dark", "The picture is dark for a moment.", "gate/default@1", span, "camera", AT),
            ]
        )
        picked = lake.select("task = 'metaworld/reach-v3' OR task LIKE '%reach%'", why="reach, all of it")
        for turn in turned(picked.hash):
            lake.tell(turn.facts(AT))
        lake.tag("first")


def worth(ids: list[str]) -> list[Fact]:
    """What other rooms tell of worth: two measured episodes, a cell and a source with intervals, an hour's cost."""
    told: list[tuple[str, str, float | str, str, str]] = [
        (ids[0], "measure/novelty", 0.4, "measures/novelty@1", ""),
        (ids[1], "measure/novelty", 0.2, "measures/novelty@1", ""),
        (ids[0], "measure/redundancy", 0.0, "measures/redundancy@1", ""),
        (ids[1], "measure/redundancy", 2.0, "measures/redundancy@1", ""),
    ]
    for subject, value in (("cell:fold/table-0", 0.031), ("source:operator=ann", 0.012)):
        ends = (("", value), ("/low", value - 0.01), ("/high", value + 0.01))
        told += [(subject, f"value/probes{end}", number, "worth/probes@1", "") for end, number in ends]
    for end, number in (("", 85.5), ("/low", 80.0), ("/high", 91.0), ("/how", "cited"), ("/n", 12.0)):
        told.append(("ledger:site", f"cost/per_accepted_hour{end}", number, "reckon/cost@1", "USD/hour"))
    return [Fact(subject, key, number, by, stream=unit, at=AT) for subject, key, number, by, unit in told]


def quality(ids: list[str]) -> list[Fact]:
    """How well every episode was driven, by two figures."""
    rows = ((one, i, name) for i, one in enumerate(ids) for name in ("stalls", "information"))
    return [Fact(one, f"measure/{name}", 0.1 + i / 100, f"measures/{name}@1", at=AT) for one, i, name in rows]


def filmed(work: Path, number: int) -> Episode:
    """Two seconds of a folding arm: joints at 50 Hz and a camera of 25 frames a second, H.264."""
    rng = np.random.default_rng(number)
    n = 50
    t = np.arange(n, dtype=np.int64) * 40_000_000
    down, across = np.mgrid[0:120, 0:160]
    frames = []
    for step in range(n):
        blob = np.exp(
            -(((across - 20 - 2 * step) / 14) ** 2) - ((down - 60 - 20 * np.sin(step / 8 + number)) / 14) ** 2
        )
        frames.append((60 + 160 * blob[..., None] * np.array([1.0, 0.7, 0.4])).astype(np.uint8))
    path = work / f"fold{number}.mp4"
    encode(frames, path, codec="h264", fps=25)
    camera = Stream(Signal("camera", Kind.IMAGE, (120, 160, 3), "uint8", hz=25.0), t, open_video(path))
    ticks = np.arange(100, dtype=np.int64) * 20_000_000
    walk = np.cumsum(rng.normal(0, 0.02, (100, 3)), axis=0).astype(np.float32)
    joints = Stream(
        Signal("joints", Kind.JOINT, (3,), "float32", "rad", "base", 50.0, ("shoulder", "elbow", "wrist")), ticks, walk
    )
    action = Stream(Signal("action", Kind.ACTION, (3,), "float32", "rad", hz=50.0), ticks, np.roll(walk, -1, axis=0))
    parts = (Segment(Span(0, 9 * 10**8), "reach", "skill"), Segment(Span(9 * 10**8, 198 * 10**7), "fold", "skill"))
    origin = Origin(
        f"file:///made/fold{number}.mcap",
        "arm",
        f"arm-{number}",
        ("ann", "bo")[number],
        site="north",
        licence="CC-BY-4.0",
        tier="teleoperation",
    )
    said = (Fact("", "outcome", ("failure", "success")[number], "made@1"),)
    return Episode((joints, action, camera), origin, "fold", "Fold the towel.", f"table-{number}", parts, said=said)


def turned(selection: str) -> list[Turn]:
    """Three turns of a wheel as its ledger would hold them."""
    made: list[Turn] = []
    for number, wins in enumerate((9, 17, 25)):
        scores = tuple(
            Score(task, "left", max(0, wins - 3 * place), 30, 12.0 * (number + 1), 24.0 * (number + 1))
            for place, task in enumerate(("reach-v3", "drawer-open-v3"))
        )
        orders = (
            Order("drawer-open-v3", "left", "", "careful", 12, 0.031, 840.0, "planner@1"),
            Order("reach-v3", "right", "", "careful", 6, 0.008, 300.0, "planner@1"),
        )
        made.append(
            Turn(
                number,
                "planner",
                0,
                "{}",
                number + 1,
                (("reach-v3", selection),),
                (("reach-v3", f"{number:032x}"),),
                scores,
                orders,
                orders,
                900.0 * (number + 1),
                episodes=20,
                asked=2 + number,
                operations=50,
                parent=made[-1].hash if made else "",
            )
        )
    return made
