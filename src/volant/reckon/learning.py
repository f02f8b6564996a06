"""Where measured learning curves come from: a table in a file, or the lake's own turns and evaluations."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..core.errors import BadValue, NotFound
from ..core.turn import Turn
from ..lake import Store
from .posterior import Measured

__all__ = ["Learning", "of_lake", "of_points", "read_learning"]

_UNIT = re.compile(r"^\s*(n|score|trials)\s*(?:[\[(]\s*([^\])]*?)\s*[\])])?\s*$")


@dataclass(frozen=True, eq=False, slots=True)
class Learning:
    """A learning curve with what it needs to be talked about.

    ``unit`` is what n counts (empty where nobody said), ``source`` where the scores come from, ``hours`` how many
    hours one unit takes where that was measured too, ``said`` what had to be done to the points.
    """

    points: Measured
    unit: str
    source: str
    hours: float | None = None
    said: tuple[str, ...] = ()


def of_points(rows: Iterable[tuple[float, float, float]], unit: str, source: str) -> Learning:
    """A curve from (n, score, trials; 0 where not stated); equal n are pooled, by trials where all state them.

    Raises ``BadValue`` for a score outside 0 to 1, for n that is not positive, and for trials that are no count.
    """
    given = sorted(rows)
    for n, score, trials in given:
        if not (math.isfinite(n) and n > 0):
            raise BadValue(f"n = {n:g} is no amount of data.", do="Leave out rows whose n is not above 0.")
        if not 0 <= score <= 1:
            hint = "Is it a percentage? Divide it by 100." if 1 < score <= 100 else "Normalise scores first."
            raise BadValue(f"A score of {score:g} at n = {n:g} is not between 0 and 1.", do=hint)
        if not (trials >= 0 and math.isfinite(trials)):
            raise BadValue(f"{trials:g} trials at n = {n:g} is no count.")
    pooled: dict[float, list[tuple[float, float]]] = {}
    for n, score, trials in given:
        pooled.setdefault(n, []).append((score, trials))
    counted = all(trials > 0 for _, _, trials in given)
    points = []
    for n, many in pooled.items():
        weights = [trials if counted else 1.0 for _, trials in many]
        mean = sum(score * w for (score, _), w in zip(many, weights, strict=True)) / sum(weights)
        points.append((n, mean, sum(weights) if counted else 0.0))
    said = () if len(points) == len(given) else (f"{len(given)} rows with {len(points)} different n were pooled.",)
    columns = np.asarray(points, np.float64).reshape(-1, 3)
    return Learning(Measured(columns[:, 0], columns[:, 1], columns[:, 2]), unit.strip(), source, None, said)


def read_learning(path: Path, unit: str = "") -> Learning:
    """A table with columns ``n`` and ``score``, and ``trials`` where known; the header may say ``n [hours]``.

    Raises ``NotFound`` and ``BadValue`` with the line that is wrong. A ``unit`` that contradicts the header is refused.
    """
    if not path.is_file():
        raise NotFound(f"There is no file at {path}.")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [(number, line) for number, line in enumerate(csv.reader(file), 1) if _says(line)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadValue(f"{path.name} is no table of text: {error}.") from error
    if not lines:
        raise BadValue(f"{path.name} is empty.", do="Give a table with columns n and score.")
    names = [_UNIT.match(cell) for cell in lines[0][1]]
    places = {found[1]: place for place, found in enumerate(names) if found}
    if "n" not in places or "score" not in places:
        raise BadValue(
            f"{path.name} has the columns {', '.join(lines[0][1])}.", do="It needs n and score (and may have trials)."
        )
    header = (names[places["n"]] or [""] * 3)[2] or ""
    if header and unit and header.strip() != unit.strip():
        raise BadValue(f"{path.name} counts n in {header!r}, not in {unit!r}.", do="Leave --unit away.")
    rows = [_row(line, places, f"{path.name}, line {number}") for number, line in lines[1:]]
    return of_points(rows, header or unit, path.name)


def _says(line: list[str]) -> bool:
    return any(cell.strip() for cell in line) and not line[0].lstrip().startswith("#")


def _row(line: list[str], places: dict[str, int], where: str) -> tuple[float, float, float]:
    def number(name: str) -> float:
        place = places.get(name)
        text = line[place].strip() if place is not None and place < len(line) else ""
        if name == "trials" and not text:
            return 0.0
        try:
            return float(text)
        except ValueError:
            raise BadValue(f"{where}: {name} is {text!r}, no number.") from None

    return number("n"), number("score"), number("trials")


def of_lake(store: Store, task: str = "") -> Learning:
    """What the lake measured itself: held-out success of each turn of the wheel by the demonstrations that taught it.

    Of several strategies the one whose turn was remembered last. Without turns: evaluated policies by the episodes
    that taught them. Raises ``NotFound`` where nothing was measured, naming the tasks that were.
    """
    rows, tasks = _by_turns(store, task)
    source = "turns of the wheel"
    if not rows:
        rows, more = _by_evaluations(store, task)
        tasks, source = tasks | more, "evaluations of policies"
    if not rows:
        known = f"Measured are: {', '.join(sorted(tasks))}." if tasks else ""
        raise NotFound(
            f"The lake measured no learning curve{f' of {task!r}' if task else ''}.",
            instead=known,
            do="Turn the wheel (`volant turn`), evaluate policies (`volant evaluate --keep`), or give a CSV.",
        )
    found = of_points(rows, "demonstrations", source)
    hours = store.sql(
        "SELECT avg(seconds) / 3600 AS hours FROM episodes WHERE outcome IN ('success', 'recovered') AND seconds > 0 "
        "AND tier IN ('simulation', 'teleoperation', 'intervention')" + (" AND task = ?" if task else ""),
        params=[task] if task else [],
    )["hours"].to_pylist()[0]
    return Learning(found.points, found.unit, found.source, hours, found.said)


def _by_turns(store: Store, task: str) -> tuple[list[tuple[float, float, float]], set[str]]:
    table = store.facts(key="turn/record")
    turns = [Turn.of(str(value), subject) for subject, value in zip(table.subject, table.value, strict=True)]
    rows, tasks = [], set[str]()
    for turn in turns:
        tasks |= {score.task for score in turn.scores}
        if turn.strategy != turns[-1].strategy:
            continue
        whole = {score.task: score.whole for score in turn.scores if not task or score.task == task}
        tried = [(wins, trials) for name, (wins, trials) in turn.by_task().items() if name in whole and trials]
        if sum(whole.values()) > 0 and tried:
            share = sum(wins / trials for wins, trials in tried) / len(tried)
            rows.append((sum(whole.values()), share, float(sum(trials for _, trials in tried))))
    return rows, tasks


def _by_evaluations(store: Store, task: str) -> tuple[list[tuple[float, float, float]], set[str]]:
    table = store.facts(key=["evaluation/success", "evaluation/trials", "policy/episodes"])
    found: dict[str, dict[tuple[str, str], float]] = {}
    for subject, key, value, stream in zip(table.subject, table.key, table.value, table.stream, strict=True):
        if isinstance(value, int | float):
            found.setdefault(key, {})[subject, stream] = float(value)
    taught = {subject: value for (subject, _), value in found.get("policy/episodes", {}).items()}
    rows, tasks = [], set[str]()
    for (subject, stream), score in found.get("evaluation/success", {}).items():
        if stream.count("/") != 1 or not taught.get(subject):  # a region of a task, or a policy of nobody's data
            continue
        tasks.add(stream)
        if not task or task in (stream, stream.partition("/")[2]):
            rows.append((taught[subject], score, found.get("evaluation/trials", {}).get((subject, stream), 0.0)))
    return rows, tasks
