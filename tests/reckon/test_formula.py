"""Formulas with units: what they come to, what they refuse, and the same numbers in JavaScript."""

import json
import shutil
import subprocess

import numpy as np
import pytest

from volant.core.errors import BadValue
from volant.deploy import queue
from volant.reckon import Quantity, converted, evaluate, javascript, mentioned
from volant.reckon.formula import rooted
from volant.reckon.functions import JAVASCRIPT

FLEET = {
    "robots": Quantity(10_000, "robot", "cited", "the issue"),
    "daily": Quantity(5, "GB/robot/day", "assumed", low=4, high=6),
    "wage": Quantity(25, "USD/h", "cited"),
    "shift": Quantity(8, "h", "measured"),
    "share": Quantity(4, "percent", "cited"),
    "operators": Quantity(1, "operator"),
    "euros": Quantity(10, "EUR"),
    "rate": Quantity(0.9, "EUR/USD", "cited", "a stated day"),
}


def test_a_fleet_of_ten_thousand_makes_fifty_terabytes_a_day() -> None:
    made = evaluate("robots * daily", FLEET, unit="TB/day")
    assert (made.value, made.low, made.high) == pytest.approx((50, 40, 60))
    assert made.how == "assumed"  # as sure as its least sure part
    assert made.unit == "TB/day"
    assert evaluate("robots * daily", FLEET, unit="PB/year").value == pytest.approx(18.25)


def test_units_of_a_product_are_found_without_asking() -> None:
    pay = evaluate("wage * shift", FLEET)
    assert (pay.unit, pay.how) == ("USD", "cited")
    assert pay.value == pytest.approx(200, abs=1e-9)
    assert evaluate("share * 50", FLEET, unit="1").value == pytest.approx(2)


def test_an_interval_follows_the_direction_of_each_quantity() -> None:
    names = {"a": Quantity(10, "h", low=8, high=12), "b": Quantity(2, "h", low=1, high=4)}
    ratio = evaluate("a / b", names)
    assert (ratio.value, ratio.low, ratio.high) == (5, 2, 12)
    nothing = evaluate("a - a", names)
    assert (nothing.low, nothing.high) == (0, 0)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("wage + shift", "not the same kind"),
        ("wage * shift + euros", "Two currencies"),
        ("robots + 1", "not the same kind"),
        ("nothing * 2", "which is not stated"),
        ("robotz * 2", "Did you mean 'robots'"),
        ("shift / 0", "divides by zero"),
        ("log(0)", "no value"),
        ("log(shift)", "takes a plain number"),
        ("ceil(shift)", "counted"),
        ("shift ** share", "no fixed unit"),
        ("2 ** shift", "has a unit"),
        ("__import__('os')", "No function"),
        ("wage.real", "not part of a formula"),
        ("[1 for a in 'b']", "not part of a formula"),
        ("1 if share else 2", "not part of a formula"),
        ("True + 1", "not part of a formula"),
        ("share %% 2", "is no formula"),
        ("(" * 300 + "1" + ")" * 300, "is no formula"),
        ("-" * 100 + "1", "nested too deeply"),
        ("1" * 2001, "too long"),
        ("9 ** 9 ** 9 ** 9", "no value"),
        ("exp(1)*exp(1, 2)", "takes 1 to 1"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_reason(expression: str, said: str) -> None:
    with pytest.raises(BadValue) as refused:
        evaluate(expression, FLEET)
    assert said in str(refused.value)


def test_a_stated_rate_joins_two_currencies() -> None:
    both = evaluate("wage * shift * rate + euros", FLEET, unit="EUR")
    assert both.value == pytest.approx(190)


@pytest.mark.parametrize(
    ("unit", "said"),
    [("", "of what"), ("  ", "of what"), ("furlongs", "Unknown unit"), ("2*m", "is no unit"), ("m; m", "is no unit")],
)
def test_a_quantity_needs_a_unit_that_exists(unit: str, said: str) -> None:
    with pytest.raises(BadValue) as refused:
        converted(Quantity(1, unit), "h")
    assert said in str(refused.value)


def test_a_quantity_states_a_possible_interval_and_a_known_origin() -> None:
    with pytest.raises(BadValue, match="outside"):
        Quantity(1, "h", low=2, high=3)
    with pytest.raises(BadValue, match="finite"):
        Quantity(float("nan"), "h")
    with pytest.raises(BadValue, match="measured, cited, assumed"):
        Quantity(1, "h", "guessed")
    shown = Quantity(1, "h", "cited", "a card", 0.5, 2).estimate("time")
    assert (shown.n, shown.low, shown.how, shown.method) == (0, 0.5, "cited", "a card")


def test_conversion_keeps_what_is_known() -> None:
    day = converted(Quantity(1, "day", "cited", "a card", 0.5, 2), "h")
    assert (day.value, day.low, day.high, day.how, day.source) == (24, 12, 48, "cited", "a card")
    with pytest.raises(BadValue, match="cannot be said in"):
        converted(Quantity(1, "GB"), "h")


def test_the_queue_of_a_formula_is_the_queue_of_the_fleet() -> None:
    names = {"N": Quantity(50, "robot"), "c": Quantity(1, "operator"), "r": Quantity(0.04 / 0.96, "1")}
    assert evaluate("availability(N, c, r)", names).value == pytest.approx(queue.load(50, 1, 0.04 / 0.96).availability)
    assert evaluate("availability(N, c, r)", names).value == pytest.approx(0.480, abs=5e-4)
    assert evaluate("busy(N, c, r)", names).value == pytest.approx(queue.load(50, 1, 0.04 / 0.96).busy)
    assert evaluate("availability(N, c, 0 * r)", names).value == 1
    with pytest.raises(BadValue, match="is none"):
        evaluate("availability(N - N, c, r)", names)


def test_rounding_up_ignores_what_floating_point_adds() -> None:
    names = {"n": Quantity(3.0000000000001, "robot"), "m": Quantity(3.1, "robot")}
    assert evaluate("ceil(n)", names).value == 3
    assert evaluate("ceil(m)", names).value == 4
    assert evaluate("floor(m)", names).value == 3


def test_names_are_those_of_quantities_not_of_functions() -> None:
    assert mentioned("max(a, min(b, c)) + log(d)") == {"a", "b", "c", "d"}


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_javascript_comes_to_the_same_numbers() -> None:
    rng = np.random.default_rng(5)
    names = {name: Quantity(float(value), "1") for name, value in zip("abcd", rng.uniform(0.5, 9, 4), strict=True)}
    crew = {"N": Quantity(150, "robot"), "c": Quantity(3, "operator")}
    formulas = [
        "a + b * c - d / a",
        "-a ** 2 + (b - c) ** -1.5",
        "min(a, b, c) + max(c, d) * abs(a - b)",
        "sqrt(a) + exp(b / 9) + log(c)",
        "ceil(a) + floor(b) + ceil(c + 1e-12)",
        "availability(N, c, a / 60) + busy(N, c, a / 60)",
        "2 ** a ** 0.5 - 1e-3",
    ]
    given = names | crew
    ours = [evaluate(formula, {**given, "c": crew["c"]} if "N" in formula else names).value for formula in formulas]
    values = {name: rooted(quantity) for name, quantity in given.items()}
    plain = {name: rooted(quantity) for name, quantity in names.items()}
    calls = [f"(x => {javascript(formula)})({json.dumps(values if 'N' in formula else plain)})" for formula in formulas]
    script = f"{JAVASCRIPT}\nconsole.log(JSON.stringify([{', '.join(calls)}]))"
    run = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(run.stdout) == pytest.approx(ours, rel=1e-12)
