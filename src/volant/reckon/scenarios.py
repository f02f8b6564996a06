"""Scenarios: the same formulas over several fleets and several futures, from inputs that say where they come from.

A file states inputs (each measured, cited or assumed, with its source), what differs between fleets, what differs
between futures (which may differ in anything, and win over the fleet), and formulas. Nothing else enters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import BadValue, suggest
from .formula import Quantity, mentioned
from .sheet import Formula, fields, order, quantity, read, solved, text
from .units import difference, named

__all__ = ["Case", "Input", "Scenario", "played", "scenario"]

_INPUT = frozenset({"value", "unit", "how", "source", "low", "high", "label", "group", "range"})
_FORMULA = frozenset({"formula", "unit", "label", "key"})


@dataclass(frozen=True, slots=True)
class Input:
    """One number that enters: the quantity, what it means, and between which values (in its unit) it may be moved.

    ``least`` equal to ``most`` means that it is fixed.
    """

    quantity: Quantity
    label: str
    group: str
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Case:
    """A fleet or a future: its title, what it means, and the inputs that are different in it."""

    title: str
    about: str
    inputs: Mapping[str, Quantity]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A file of inputs, fleets, futures and formulas, checked: every fleet has all figures in every future."""

    title: str
    about: str
    inputs: Mapping[str, Input]
    fleets: Mapping[str, Case]
    futures: Mapping[str, Case]
    formulas: Mapping[str, Formula]
    keys: tuple[str, ...]

    def at(self, fleet: str, future: str) -> dict[str, Quantity]:
        """The inputs of one fleet in one future."""
        base = {name: each.quantity for name, each in self.inputs.items()}
        return base | dict(self.fleets[fleet].inputs) | dict(self.futures[future].inputs)


def scenario(path: Path) -> Scenario:
    """The scenario of a TOML file; BadValue says what is wrong: a unit, a circle, a missing input, two currencies."""
    table = fields(read(path), {"title", "about", "inputs", "fleets", "futures", "formulas"}, str(path))
    inputs = {name: _input(name, item) for name, item in _tables(table, "inputs", str(path)).items()}
    fleets = {name: _case(name, item, inputs) for name, item in _tables(table, "fleets", str(path)).items()}
    futures = {name: _case(name, item, inputs) for name, item in _tables(table, "futures", str(path)).items()}
    written = _tables(table, "formulas", str(path))
    formulas = {name: _formula(name, item) for name, item in written.items()}
    keys = tuple(name for name, item in written.items() if isinstance(item, Mapping) and item.get("key") is True)
    ordered = {name: formulas[name] for name in order(inputs, formulas)}
    used = frozenset[str]().union(*(mentioned(line.expression) for line in formulas.values()))
    idle = [name for name in inputs if name not in used]
    if idle:
        raise BadValue(f"The input {idle[0]!r} is used by no formula.", do="Use it or leave it out.")
    found = Scenario(
        text(table, "title", str(path), default=path.stem),
        text(table, "about", str(path)),
        inputs,
        fleets,
        futures,
        ordered,
        keys or tuple(formulas),
    )
    played(found)
    return found


def played(told: Scenario) -> dict[tuple[str, str], dict[str, Quantity]]:
    """Every figure of every fleet in every future: (fleet, future) to name to quantity, inputs among them."""
    return {
        (fleet, future): solved(told.at(fleet, future), told.formulas)
        for fleet in told.fleets
        for future in told.futures
    }


def _tables(table: Mapping[str, object], key: str, where: str) -> Mapping[str, object]:
    found = table.get(key)
    if not isinstance(found, Mapping) or not found:
        raise BadValue(f"{where} has no [{key}].", do=f"State at least one, as [{key}.NAME].")
    return found


def _input(name: str, item: object) -> Input:
    where = f"Input {name!r}"
    table = fields(item, _INPUT, where)
    stated = quantity(table, where)
    label = text(table, "label", where, default=name.replace("_", " "))
    least, most = _range(table.get("range"), stated, where)
    return Input(stated, label, text(table, "group", where, default="inputs"), least, most)


def _range(given: object, stated: Quantity, where: str) -> tuple[float, float]:
    if given is None:
        low, high = stated.bounds
        if low < high:
            return low, high
        ends = (stated.value / 4, stated.value * 4)
        return (min(ends), max(ends)) if stated.value else (0.0, 1.0)
    stops = [float(stop) for stop in given if isinstance(stop, int | float)] if isinstance(given, list) else []
    if len(stops) != 2 or not stops[0] <= stated.value <= stops[1]:
        raise BadValue(f"The range of {where} is {given!r}.", do="Write [least, most] around its value.")
    return stops[0], stops[1]


def _case(name: str, item: object, inputs: Mapping[str, Input]) -> Case:
    where = f"{name!r}"
    if not isinstance(item, Mapping):
        raise BadValue(f"{where} is no table.")
    found: dict[str, Quantity] = {}
    for key, value in item.items():
        if key in ("title", "about"):
            continue
        if key not in inputs:
            raise BadValue(f"{where} changes {key!r}, which is no input.", instead=suggest(str(key), inputs))
        base = inputs[key].quantity
        found[key] = quantity({"unit": base.unit, **fields(value, _INPUT, f"{key} of {where}")}, f"{key} of {where}")
        wrong = difference(named(base.unit), named(found[key].unit))
        if wrong:
            raise BadValue(f"{key} of {where} has another unit than the input: {wrong}")
    return Case(text(item, "title", where, default=name), text(item, "about", where), found)


def _formula(name: str, item: object) -> Formula:
    where = f"Formula {name!r}"
    table = fields(item, _FORMULA, where)
    unit = text(table, "unit", where)
    if unit:
        named(unit)
    expression = text(table, "formula", where)
    if not expression.strip():
        raise BadValue(f"{where} states no formula.")
    return Formula(expression, unit, text(table, "label", where, default=name.replace("_", " ")))
