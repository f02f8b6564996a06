"""A number that says what it is, and formulas over such numbers that refuse what makes no sense.

A formula is ``+ - * / **``, the functions of :mod:`.functions`, numbers and names; it is walked as a tree, nothing in
it is ever run as code. Units are found first (pint), then everything is reckoned in root units, once in Python and,
word for word, once in JavaScript.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ..core import Estimate
from ..core.errors import BadValue, suggest
from . import units
from .functions import FUNCTIONS

if TYPE_CHECKING:
    from pint.facets.plain import PlainUnit

__all__ = ["HOW", "Quantity", "converted", "evaluate", "javascript", "mentioned", "rooted", "scaled"]

HOW = ("measured", "cited", "assumed")
"""How a number came about, the surest first; what is reckoned from several is as sure as the least sure of them."""

_LONGEST = 2000
_DEEPEST = 60
_COUNTS = frozenset({"[time]", "[length]", "[mass]", "[temperature]", "[current]", "[information]"})

_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit, how it is known and from where, and the interval it is thought to lie in.

    ``unit`` is text (``GB/robot/day``, ``USD/h``, ``1`` for a plain number) and never empty; ``how`` is measured,
    cited or assumed; ``low`` and ``high`` are in the same unit, ``None`` where no interval is stated.
    """

    value: float
    unit: str
    how: str = "assumed"
    source: str = ""
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.how not in HOW:
            raise BadValue(f"A quantity was {self.how!r}.", instead=f"Known: {', '.join(HOW)}.")
        if not self.unit.strip():
            raise BadValue(f"{self.value:g} of what?", do=f"State a unit; write {units.PLAIN!r} for a plain number.")
        low, high = self.bounds
        if not (math.isfinite(self.value) and math.isfinite(low) and math.isfinite(high)):
            raise BadValue(f"{self.value} [{low}, {high}] {self.unit} is not a finite quantity.")
        if not low <= self.value <= high:
            raise BadValue(f"{self.value:g} {self.unit} lies outside of its interval [{low:g}, {high:g}].")

    @property
    def bounds(self) -> tuple[float, float]:
        """Both ends of the interval; the value itself where an end is not stated."""
        return (
            self.value if self.low is None else self.low,
            self.value if self.high is None else self.high,
        )

    def __str__(self) -> str:
        interval = "" if self.low is None or self.high is None else f" [{self.low:.4g}, {self.high:.4g}]"
        return f"{self.value:.6g}{interval} {'' if self.unit == units.PLAIN else self.unit}".rstrip()

    def estimate(self, name: str, *, n: int = 0, method: str = "") -> Estimate:
        """The same as a figure to show; ``n`` is 0 where it rests on no counted observations."""
        return Estimate(name, self.value, self.unit, n, self.low, self.high, self.how, method or self.source)


def converted(quantity: Quantity, unit: str) -> Quantity:
    """The same quantity in another unit of the same kind; BadValue where the kinds differ."""
    wrong = units.difference(units.named(quantity.unit), units.named(unit))
    if wrong:
        raise BadValue(f"{quantity} cannot be said in {unit}: {wrong}")
    scale = units.root(quantity.unit) / units.root(unit)
    return scaled(quantity, scale, unit)


def scaled(quantity: Quantity, scale: float, unit: str) -> Quantity:
    """The same statement with its numbers times ``scale`` (0 or more) and another unit; how and source stay."""
    low = None if quantity.low is None else quantity.low * scale
    high = None if quantity.high is None else quantity.high * scale
    return Quantity(quantity.value * scale, unit, quantity.how, quantity.source, low, high)


def rooted(quantity: Quantity) -> float:
    """Its value in root units, the number that formulas reckon with on either side."""
    return quantity.value * units.root(quantity.unit)


def mentioned(expression: str) -> frozenset[str]:
    """The names of quantities that a formula needs."""
    return frozenset(node.id for node in ast.walk(_parsed(expression)) if isinstance(node, ast.Name)) - {
        node.func.id
        for node in ast.walk(_parsed(expression))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def evaluate(expression: str, names: Mapping[str, Quantity], *, unit: str = "") -> Quantity:
    """What a formula comes to, in ``unit`` or in its natural one; as sure as the least sure quantity it uses.

    The interval: each quantity that states one is moved alone to both of its ends, then all together to the ends
    that lower and that raise the result; exact where the formula rises or falls in each of them throughout.
    BadValue where units do not fit, a name is missing, or there is no such number (a division by zero).
    """
    tree = _parsed(expression)
    used = {name: _found(name, names, expression) for name in sorted(mentioned(expression))}
    natural = _natural(expression, tuple((name, quantity.unit) for name, quantity in used.items()))
    if unit:
        wrong = units.difference(natural, units.named(unit))
        if wrong:
            raise BadValue(f"{expression!r} comes out in {units.written(natural)}, not in {unit}: {wrong}")
    else:
        unit = units.reduced(natural)
    out = units.root(unit)
    point = {name: rooted(quantity) for name, quantity in used.items()}
    value = _number(tree, point, expression) / out
    low, high = _reach(tree, used, point, expression)
    how = HOW[max((HOW.index(quantity.how) for quantity in used.values()), default=len(HOW) - 1)]
    if low is None or high is None:
        return Quantity(value, unit, how, expression)
    return Quantity(value, unit, how, expression, min(low / out, value), max(high / out, value))


def javascript(expression: str, *, of: str = "x") -> str:
    """The same formula in JavaScript over root units; a name becomes ``x["name"]``, functions are those of ``V``."""
    return _script(_parsed(expression), of)


@cache
def _parsed(expression: str) -> ast.expr:
    if len(expression) > _LONGEST:
        raise BadValue(f"A formula of {len(expression)} characters is too long.", do=f"Cut it below {_LONGEST}.")
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise BadValue(f"{expression!r} is no formula.", instead="Known: + - * / **, numbers, names, ( ).") from None
    level: list[ast.expr] = [tree]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in _children(node, expression)]
        if not level:
            return tree
    raise BadValue(f"{expression[:60]!r}... is nested too deeply.", do="Name a part of it and use the name.")


def _children(node: ast.expr, expression: str) -> list[ast.expr]:
    match node:
        case ast.BinOp(left, op, right) if type(op) in _OPERATORS:
            return [left, right]
        case ast.UnaryOp(ast.USub() | ast.UAdd(), operand):
            return [operand]
        case ast.Constant(bool()):
            pass
        case ast.Constant(int() | float() as number) if abs(number) < 1e300:
            return []
        case ast.Name():
            return []
        case ast.Call(ast.Name(name), args, []):
            if name not in FUNCTIONS:
                raise BadValue(f"No function {name!r} in {expression!r}.", instead=suggest(name, FUNCTIONS))
            function = FUNCTIONS[name]
            if not function.fewest <= len(args) <= function.most:
                raise BadValue(f"{name} takes {function.fewest} to {function.most} values, in {expression!r}.")
            return args
    written = ast.unparse(node)
    raise BadValue(f"{written!r} is not part of a formula.", instead="Known: + - * / **, numbers, names, functions.")


@cache
def _natural(expression: str, given: tuple[tuple[str, str], ...]) -> PlainUnit:
    """The unit a formula comes out in; the same formula over the same units is asked for many columns."""
    return _unit(_parsed(expression), {name: units.named(unit) for name, unit in given}, expression)


def _found(name: str, names: Mapping[str, Quantity], expression: str) -> Quantity:
    if name not in names:
        raise BadValue(f"{expression!r} needs {name!r}, which is not stated.", instead=suggest(name, names))
    return names[name]


def _unit(node: ast.expr, names: Mapping[str, PlainUnit], expression: str) -> PlainUnit:
    match node:
        case ast.Constant():
            return units.named(units.PLAIN)
        case ast.Name(name):
            return names[name]
        case ast.UnaryOp(_, operand):
            return _unit(operand, names, expression)
        case ast.Call(ast.Name(name), args, _):
            return _called(name, [_unit(arg, names, expression) for arg in args], expression)
        case ast.BinOp(left, op, right):
            one, other = _unit(left, names, expression), _unit(right, names, expression)
            if isinstance(op, ast.Pow):
                return _powered(one, other, right, expression)
            if isinstance(op, ast.Mult):
                return units.product(one, other)
            if isinstance(op, ast.Div):
                return units.product(one, other, -1)
            return _alike([one, other], ast.unparse(node), expression)
    raise AssertionError(ast.dump(node))


def _alike(given: list[PlainUnit], part: str, expression: str) -> PlainUnit:
    for other in given[1:]:
        wrong = units.difference(given[0], other)
        if wrong:
            raise BadValue(f"{part!r} in {expression!r} makes no sense: {wrong}" if part != expression else wrong)
    return given[0]


def _powered(base: PlainUnit, exponent: PlainUnit, written: ast.expr, expression: str) -> PlainUnit:
    plain = units.named(units.PLAIN)
    if exponent.dimensionality != plain.dimensionality:
        raise BadValue(f"The power in {expression!r} has a unit: {units.written(exponent)}.", do="Divide it away.")
    if base.dimensionality == plain.dimensionality:
        return plain
    if any(isinstance(node, ast.Name) for node in ast.walk(written)):
        raise BadValue(
            f"A power of {units.written(base)} in {expression!r} would have no fixed unit.",
            do="Divide by one unit of it first, or write the power as a number.",
        )
    return units.product(units.named(units.PLAIN), base, _number(written, {}, expression))


def _called(name: str, given: list[PlainUnit], expression: str) -> PlainUnit:
    rule, plain = FUNCTIONS[name].rule, units.named(units.PLAIN)
    if rule == "same":
        return _alike(given, name, expression)
    if rule == "root":
        return units.product(plain, given[0], 0.5)
    for unit in given:
        if rule == "plain" and unit.dimensionality != plain.dimensionality:
            raise BadValue(f"{name} in {expression!r} takes a plain number, not {units.written(unit)}.")
        if rule in ("whole", "share") and _COUNTS & set(unit.dimensionality):
            raise BadValue(f"{name} in {expression!r} takes things that are counted, not {units.written(unit)}.")
    return given[0] if rule == "whole" else plain


def _number(node: ast.expr, names: Mapping[str, float], expression: str) -> float:
    try:
        value = _walked(node, names)
    except ZeroDivisionError:
        raise BadValue(f"{expression!r} divides by zero.") from None
    except (OverflowError, ValueError):
        raise BadValue(f"{expression!r} has no value at these inputs.") from None
    if not math.isfinite(value):
        raise BadValue(f"{expression!r} has no finite value at these inputs.")
    return value


def _walked(node: ast.expr, names: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(int() | float() as number):
            return float(number)
        case ast.Name(name):
            return names[name]
        case ast.UnaryOp(op, operand):
            value = _walked(operand, names)
            return -value if isinstance(op, ast.USub) else value
        case ast.Call(ast.Name(name), args, _):
            return float(FUNCTIONS[name].call(*(_walked(arg, names) for arg in args)))
        case ast.BinOp(left, op, right):
            return _operated(op, _walked(left, names), _walked(right, names))
    raise AssertionError(ast.dump(node))


def _operated(op: ast.operator, one: float, other: float) -> float:
    if isinstance(op, ast.Add):
        return one + other
    if isinstance(op, ast.Sub):
        return one - other
    if isinstance(op, ast.Mult):
        return one * other
    if isinstance(op, ast.Div):
        return one / other
    return math.pow(one, other)


def _reach(
    tree: ast.expr, used: Mapping[str, Quantity], point: Mapping[str, float], expression: str
) -> tuple[float | None, float | None]:
    """The lowest and highest value while the quantities run over their intervals, in root units."""
    spread = {name: quantity for name, quantity in used.items() if quantity.bounds[0] < quantity.bounds[1]}
    if not spread:
        return None, None
    seen, lower, upper = [], dict(point), dict(point)
    for name, quantity in spread.items():
        scale = units.root(quantity.unit)
        ends = [end * scale for end in quantity.bounds]
        values = [_number(tree, {**point, name: end}, expression) for end in ends]
        seen += values
        lower[name], upper[name] = ends if values[0] <= values[1] else ends[::-1]
    seen += [_number(tree, lower, expression), _number(tree, upper, expression)]
    return min(seen), max(seen)


def _script(node: ast.expr, of: str) -> str:
    match node:
        case ast.Constant(int() | float() as number):
            return repr(float(number))
        case ast.Name(name):
            return f'{of}["{name}"]'
        case ast.UnaryOp(op, operand):
            return f"({'-' if isinstance(op, ast.USub) else '+'}{_script(operand, of)})"
        case ast.Call(ast.Name(name), args, _):
            return f"{FUNCTIONS[name].javascript}({', '.join(_script(arg, of) for arg in args)})"
        case ast.BinOp(left, op, right):
            one, other = _script(left, of), _script(right, of)
            if isinstance(op, ast.Pow):
                return f"Math.pow({one}, {other})"
            return f"({one} {_OPERATORS[type(op)]} {other})"
    raise AssertionError(ast.dump(node))
