"""The figures of a shift: how often help was needed, what it took, and what the queue's formula says of the crew."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core import Estimate, Floats
from ..statistics.intervals import clopper_pearson
from ..statistics.rates import batch_mean, poisson, student
from .logbook import Logbook
from .queue import load

__all__ = ["Operation", "figures"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One job as a whole, with all its takes: how it ended, how often it was helped, and its steps in all."""

    number: int
    outcome: str
    helps: int
    steps: int


def figures(
    operations: Sequence[Operation], log: Logbook, operators: int, hz: float, *, still: bool
) -> tuple[Estimate, ...]:
    """Everything that is said of a shift, each figure with its n and its 95 % interval where one is defined.

    ``still``: robots that wait hold still, so that the formula of the queue speaks of them. Load, queue and
    availability are over the ticks in which every robot had work, without the first fifth, in which the queue fills.
    """
    made = [*_outcomes(operations), *_rates(operations, hz), *_times(log, hz)]
    if operators:
        made += _load(log, operators, still)
        made.append(_rohe(operations, log, operators))
    return tuple(made)


def _share(name: str, hits: int, n: int, method: str) -> Estimate:
    low, high = clopper_pearson(hits, n)
    return Estimate(name, hits / n if n else math.nan, "share of operations", n, low, high, "measured", method)


def _outcomes(operations: Sequence[Operation]) -> list[Estimate]:
    n = len(operations)
    good = sum(one.outcome == "success" for one in operations)
    alone = sum(one.outcome == "success" and not one.helps for one in operations)
    asked = sum(one.helps > 0 for one in operations)
    saved = sum(one.outcome == "success" and one.helps > 0 for one in operations)
    exact = "95 % Clopper-Pearson"
    return [
        _share("success", good, n, exact),
        _share("autonomous success", alone, n, f"succeeded without help; {exact}"),
        _share("success after help", saved, asked, f"of those that were helped; {exact}"),
        _share("operations helped", asked, n, exact),
    ]


def _rates(operations: Sequence[Operation], hz: float) -> list[Estimate]:
    events, n = sum(one.helps for one in operations), len(operations)
    minutes = sum(one.steps for one in operations) / hz / 60
    rows = (("take-overs per operation", n, "1/operation"), ("take-overs per minute", minutes, "1/robot minute"))
    return [
        Estimate(
            name,
            events / exposure if exposure else math.nan,
            unit,
            events,
            *poisson(events, exposure),
            method=f"{events} take-overs in {exposure:.4g} {unit.partition('/')[2]}s; exact 95 % Poisson",
        )
        for name, exposure, unit in rows
    ]


def _times(log: Logbook, hz: float) -> list[Estimate]:
    done = [help_ for help_ in log.helps if help_.returned >= 0]
    rows = {
        "handling time": np.array([help_.handled / hz for help_ in done]),
        "waiting time": np.array([help_.waited / hz for help_ in done]),
    }
    made = [_mean(name, values) for name, values in rows.items() if len(values)]
    steps = Estimate(
        "operator steps", float(log.person_steps), "steps", len(done), method="steps that people moved robots"
    )
    return [*made, steps]


def _mean(name: str, values: Floats) -> Estimate:
    return Estimate(name, float(values.mean()), "s", len(values), *_known(student(values)), method="mean; 95 % Student")


def _known(bounds: tuple[float, float]) -> tuple[float | None, float | None]:
    """An interval, or none where it would be infinite."""
    return bounds if math.isfinite(bounds[0]) else (None, None)


def _load(log: Logbook, operators: int, still: bool) -> list[Estimate]:
    end = log.full().stop
    full = slice(end // 5, end)
    helped, waiting, working = (log.column(name)[full].astype(np.float64) for name in ("helped", "waiting", "working"))
    n = len(helped)
    if not n:
        return []
    series = {
        "operator load": (helped / operators, "share of operators"),
        "queue": (waiting, "robots"),
        "availability": (working / log.robots, "share of robots"),
    }
    made = []
    for name, (values, unit) in series.items():
        low, high = _known(batch_mean(values))
        method = "mean over ticks; 95 % by batch means"
        made.append(Estimate(name, float(values.mean()), unit, n, low, high, "measured", method))
    calls = [help_ for help_ in log.helps if full.start <= help_.asked < end and help_.returned >= 0]
    if still and calls and working.sum():
        ratio = len(calls) / float(working.sum()) * float(np.mean([help_.handled for help_ in calls]))
        formula = load(log.robots, operators, ratio)
        method = f"M/M/{operators}//{log.robots} at the measured rate x handling time = {ratio:.4g}"
        shown = {"operator load": formula.busy, "queue": formula.queue, "availability": formula.availability}
        made += [
            Estimate(f"{name} by the formula", value, series[name][1], len(calls), method=method)
            for name, value in shown.items()
        ]
    return made


def _rohe(operations: Sequence[Operation], log: Logbook, operators: int) -> Estimate:
    """Return on human effort: (M / N) x successes / (1 + ticks of operators at work), as Fleet-DAgger defines it."""
    good = sum(one.outcome == "success" for one in operations)
    effort = float(np.sum(log.helped))
    return Estimate(
        "return on human effort",
        operators / log.robots * good / (1 + effort),
        "successes per operator tick x operators/robots",
        len(operations),
        method="(M/N) x successes / (1 + operator ticks), Fleet-DAgger",
    )
