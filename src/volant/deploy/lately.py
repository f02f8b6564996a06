"""The load of the last minutes, measured, and what the queue's formula says of it: for who is at the desk now."""

from __future__ import annotations

import math

import numpy as np

from ..core import Estimate
from ..statistics.rates import batch_mean, poisson, student
from .logbook import Logbook
from .queue import load, watchable

__all__ = ["lately", "own"]

_TINY = 1e-3
"""Below this rate x handling time a fleet could be so large that looking for its size takes longer than a tick."""


def lately(log: Logbook, people: int, hz: float, ticks: int, pending: int = 0) -> tuple[Estimate, ...]:
    """Calls for help an hour of a robot's work, handling time, queue and availability of the last so many ticks.

    Beside the measured ones the formula M/M/c//N at the measured rate and handling time, with ``people`` at the desk,
    and how many robots they could keep 90 % available. ``pending`` calls wait or are being helped now.
    """
    helped, waiting, working = (
        np.array(getattr(log, name)[-ticks:], np.float64) for name in ("helped", "waiting", "working")
    )
    since = log.ticks - len(working)
    calls: dict[tuple[int, int], int] = {}
    for one in log.helps:
        if one.returned >= since:  # what a person undid and did again is one call
            calls[one.robot, one.asked] = calls.get((one.robot, one.asked), 0) + one.handled
    hours = float(working.sum()) / hz / 3600
    events = len(calls) + pending
    made = [_rate(events, hours)]
    if calls:
        took = np.array(list(calls.values()), np.float64) / hz
        made.append(_of("handling time", took, "s", "mean; 95 % Student", student(took)))
    if len(working):
        for name, column, unit in (
            ("queue", waiting, "robots"),
            ("availability", working / log.robots, "share of robots"),
            ("in hands", helped, "robots"),
        ):
            made.append(_of(name, column, unit, "mean over ticks; 95 % by batch means", batch_mean(column)))
    if calls and hours and people:
        ratio = events / (hours * 3600) * sum(calls.values()) / len(calls) / hz
        says = load(log.robots, people, ratio)
        how = f"M/M/{people}//{log.robots} at the measured rate x handling time = {ratio:.3g}"
        for name, value, unit in (
            ("busy by the formula", says.busy, "share of operators"),
            ("queue by the formula", says.queue, "robots"),
            ("availability by the formula", says.availability, "share of robots"),
        ):
            made.append(Estimate(name, value, unit, len(calls), method=how))
        if ratio > _TINY:
            most = float(watchable(people, ratio))
            made.append(Estimate("robots for 90 %", most, "robots", len(calls), method=how))
    return tuple(made)


def own(log: Logbook, seat: int, ticks: int, since: int) -> float:
    """Share of the last ticks in which one person had a robot in hand; the one now since ``since`` (-1: none)."""
    now = log.ticks
    start = max(0, now - ticks)
    span = max(1, now - start)
    busy = sum(
        min(one.returned, now) - max(one.taken, start)
        for one in log.helps
        if one.operator == seat and one.returned > start
    )
    return min(1.0, (busy + (now - max(since, start) if since >= 0 else 0)) / span)


def _rate(events: int, hours: float) -> Estimate:
    value = events / hours if hours else math.nan
    low, high = poisson(events, hours) if hours else (None, None)
    method = f"{events} in {hours:.3g} robot hours; exact 95 % Poisson"
    return Estimate("calls", value, "1/robot hour", events, low, high, method=method)


def _of(
    name: str, values: np.ndarray[tuple[int], np.dtype[np.float64]], unit: str, how: str, ends: tuple[float, float]
) -> Estimate:
    low, high = ends if math.isfinite(ends[0]) else (None, None)
    return Estimate(name, float(values.mean()), unit, len(values), low, high, method=how)
