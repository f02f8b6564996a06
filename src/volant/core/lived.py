"""What was lived as an episode: a take's columns become streams on the robot's own clock, and what is known, facts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from .acting import CONTROL, MISTAKES
from .embodiment import Embodiment
from .episode import Episode, Origin, Segment
from .errors import BadValue
from .fact import Fact, Span
from .rollout import Take
from .signal import Kind, Signal
from .stream import Array, Stream

__all__ = ["Living", "lived"]


@dataclass(frozen=True, slots=True)
class Living:
    """What a take does not know of itself: the body, whose it is, and what to call its place.

    ``origin`` is the episode's (tier, operator, policy and so on), ``region`` the part of the task's environments
    that it fell into, ``by`` who says the facts (``author@version``, the world's own name and version).
    """

    body: Embodiment
    origin: Origin
    region: str
    by: str


def lived(take: Take, how: Living) -> Episode:
    """The episode of a take: observations, action, who was in control, success and progress, exact labels, marks.

    Times are simulated: sample k at k / rate seconds after the take's first, ns. The outcome, the environment's
    hash, region, vector and physics, and the seed are said as facts; spans of control are segments, and so are an
    operator's mistakes (mark ``mistake``) and what came after each, until the task was further than ever before. A
    success with a mistake on the way is ``recovered``.
    """
    hz = how.body.signals[-1].hz
    if hz is None:
        raise BadValue(f"The body {how.body.name!r} states no rate for its action.")
    t = np.round(np.arange(len(take)) * (1e9 / hz)).astype(np.int64)
    columns = {**take.obs, how.body.signals[-1].name: take.actions}
    streams = [Stream(signal, t, _as(columns[signal.name], signal)) for signal in how.body.signals]
    streams += [
        Stream(Signal("control", Kind.EVENT, (), "int8", "1", hz=hz), t, take.control),
        Stream(Signal("success", Kind.EVENT, (), "bool", "1", hz=hz), t, take.success),
        Stream(Signal("progress", Kind.SCALAR, (), "float32", "1", hz=hz), t, take.progress.astype(np.float32)),
    ]
    for prefix, many in (("label/", take.labels), ("mark/", take.marks)):
        for name, column in many.items():
            signal = Signal(prefix + name, Kind.SCALAR, column.shape[1:], "float32", "1", hz=hz)
            streams.append(Stream(signal, t, column.astype(np.float32)))
    environment = take.job.environment
    wrong = tuple(_mistakes(take, t))
    return Episode(
        tuple(streams),
        replace(how.origin, embodiment=how.origin.embodiment or how.body.name),
        task=environment.task,
        scene=environment.hash,
        segments=(*_control(take, t), *(Segment(span, word, level) for level, word, span in wrong)),
        said=(
            *_said(take, how, bool(wrong)),
            *(Fact("", f"{a}/{b}", span.seconds, how.by, span) for a, b, span in wrong),
        ),
    )


def _as(column: Array, signal: Signal) -> Array:
    return column.astype(signal.dtype).reshape(len(column), *signal.shape)


def _control(take: Take, t: Array) -> tuple[Segment, ...]:
    """Stretches in which one sort of controller acted."""
    if not len(take):
        return ()
    edges = [0, *(np.flatnonzero(np.diff(take.control)) + 1).tolist(), len(take)]
    stops = [*t.tolist(), int(t[-1]) + 1]
    return tuple(
        Segment(Span(stops[a], stops[b]), CONTROL[int(take.control[a])], "control") for a, b in pairwise(edges)
    )


def _mistakes(take: Take, t: Array) -> Iterator[tuple[str, str, Span]]:
    """Level, word and span of each mistake, and of the recovery after it where there was one."""
    marks = take.marks.get("mistake")
    if marks is None or not marks.any():
        return
    edges = [0, *(np.flatnonzero(np.diff(marks)) + 1).tolist(), len(take)]
    stops = [*t.tolist(), int(t[-1]) + 1]
    for a, b in pairwise(edges):
        word = MISTAKES[int(marks[a])]
        if not word:
            continue
        yield "mistake", word, Span(stops[a], stops[b])
        further = np.flatnonzero(take.progress[b:] > take.progress[b - 1])
        if len(further):
            yield "recovery", word, Span(stops[b], stops[b + int(further[0]) + 1])


def _said(take: Take, how: Living, wrong: bool) -> tuple[Fact, ...]:
    environment = take.job.environment
    values: dict[str, bool | int | float | str | tuple[float, ...]] = {
        "outcome": "recovered" if wrong and take.outcome == "success" else take.outcome,
        "environment/world": environment.world,
        "environment/region": how.region,
        "environment/vector": environment.vector,
        "rollout/seed": take.job.seed,
        "rollout/progress": float(take.progress.max()) if len(take) else 0.0,
    }
    values |= {f"environment/{name}": value for name, value in environment.physics}
    return tuple(Fact("", key, value, how.by) for key, value in values.items() if value != ())
