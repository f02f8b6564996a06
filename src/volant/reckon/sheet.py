"""A sheet: stated inputs, formulas over them and over each other, and the tables of TOML files they are written in."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import BadValue, NotFound, VolantError, suggest
from .formula import HOW, Quantity, evaluate, mentioned
from .functions import FUNCTIONS
from .units import named

__all__ = ["Formula", "fields", "number", "order", "quantity", "read", "solved", "text"]

_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Formula:
    """One line of a sheet: the expression, the unit its result is shown in (empty: its natural one), what it means."""

    expression: str
    unit: str = ""
    label: str = ""


def read(path: Path) -> dict[str, object]:
    """A TOML file as tables; NotFound or BadValue with the line where it is no TOML."""
    if not path.is_file():
        raise NotFound(f"There is no file {path}.")
    if path.stat().st_size > _LARGEST:
        raise BadValue(f"{path} is larger than a megabyte.", do="Split it.")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise BadValue(f"{path} is no TOML: {wrong}.") from None


def fields(table: object, known: Collection[str], where: str) -> Mapping[str, object]:
    """A table with none but known keys; BadValue names the key that is not."""
    if not isinstance(table, Mapping):
        raise BadValue(f"{where} is no table.", instead=f"It holds: {', '.join(sorted(known))}.")
    for key in table:
        if key not in known:
            raise BadValue(f"{where} states {key!r}, which means nothing.", instead=suggest(str(key), known))
    return table


def text(table: Mapping[str, object], key: str, where: str, *, default: str = "") -> str:
    """A text of a table, or the default."""
    value = table.get(key, default)
    if not isinstance(value, str):
        raise BadValue(f"{key} of {where} is {value!r}, not a text.")
    return value


def number(table: Mapping[str, object], key: str, where: str) -> float | None:
    """A number of a table; None where it is not stated."""
    value = table.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValue(f"{key} of {where} is {value!r}, not a number.")
    return float(value)


def quantity(table: Mapping[str, object], where: str, *, source: str = "") -> Quantity:
    """A quantity from its table: value, unit, how, source, low, high; BadValue says whose and what is wrong."""
    value = number(table, "value", where)
    if value is None:
        raise BadValue(f"{where} states no value.", do="State one, or say why it is missing: missing = '...'.")
    how = text(table, "how", where)
    if how not in HOW:
        raise BadValue(f"{where} does not say how it is known.", do=f"how = one of {', '.join(HOW)}.")
    said = text(table, "source", where, default=source)
    if not said.strip():
        raise BadValue(f"{where} names no source.", do="Say where it was read, or why it is assumed.")
    try:
        named(text(table, "unit", where))
        low, high = number(table, "low", where), number(table, "high", where)
        return Quantity(value, text(table, "unit", where), how, said, low, high)
    except BadValue as wrong:
        raise BadValue(f"{where}: {wrong.what}", instead=wrong.instead, do=wrong.do) from None


def order(inputs: Collection[str], formulas: Mapping[str, Formula]) -> list[str]:
    """The formulas' names, each after those it needs; BadValue where they run in a circle or a name is not stated."""
    for name in (*inputs, *formulas):
        if not name.isidentifier() or name.startswith("_") or name in FUNCTIONS:
            raise BadValue(f"{name!r} cannot name a quantity.", do="Use letters, digits and _, no function's name.")
        if name in inputs and name in formulas:
            raise BadValue(f"{name!r} is both an input and a formula.", do="Rename one of them.")
    done: list[str] = []
    for name in formulas:
        _visit(name, inputs, formulas, done, [])
    return done


def _visit(
    name: str, inputs: Collection[str], formulas: Mapping[str, Formula], done: list[str], way: list[str]
) -> None:
    if name in inputs or name in done:
        return
    if name in way:
        circle = " -> ".join([*way[way.index(name) :], name])
        raise BadValue(f"The formulas run in a circle: {circle}.", do="State one of them as an input.")
    if name not in formulas:
        needing = way[-1]
        raise BadValue(
            f"{needing} = {formulas[needing].expression!r} needs {name!r}, which is not stated.",
            instead=suggest(name, (*inputs, *formulas)),
            do="State it as an input with value, unit, how and source.",
        )
    for needed in sorted(mentioned(formulas[name].expression)):
        _visit(needed, inputs, formulas, done, [*way, name])
    done.append(name)


def solved(inputs: Mapping[str, Quantity], formulas: Mapping[str, Formula]) -> dict[str, Quantity]:
    """Inputs and every formula's result, by name; BadValue names the formula that has no value.

    Intervals pass from line to line: what two lines share is counted in both, so they are never too narrow.
    """
    values = dict(inputs)
    for name in order(inputs, formulas):
        line = formulas[name]
        try:
            values[name] = evaluate(line.expression, values, unit=line.unit)
        except VolantError as wrong:
            raise BadValue(f"{name}: {wrong.what}", instead=wrong.instead, do=wrong.do) from None
    return values
