"""A scenario as one page with sliders: nothing from the network, and every figure from the inputs beside it.

The numbers that Python reckoned stand in the page as it is sent; moving a slider reckons them anew by the same
formulas in JavaScript (:func:`script`, which a test runs beside Python).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from importlib import resources

from ..charts import document
from .formula import Quantity, javascript
from .functions import JAVASCRIPT
from .scenarios import Case, Scenario, played
from .units import named, root

__all__ = ["page", "script"]

_PHYSICAL = frozenset({"[time]", "[length]", "[mass]", "[information]"})

Played = Mapping[tuple[str, str], Mapping[str, Quantity]]


def script(told: Scenario) -> str:
    """The scenario in JavaScript: its data as ``S``, and ``reckoned(x)``, which adds every figure to root inputs."""
    lines = [f'  x["{name}"] = {javascript(line.expression)};' for name, line in told.formulas.items()]
    return "\n".join(
        [
            f"const S = {_data(told)};",
            JAVASCRIPT.strip(),
            "function reckoned(given) {\n  const x = { ...given };",
            *lines,
            "  return x;\n}",
        ]
    )


def page(told: Scenario) -> str:
    """The whole page as HTML text."""
    results = played(told)
    fleet, future = next(iter(told.fleets)), next(iter(told.futures))
    parts = [
        f"<h1>{escape(told.title)}</h1><p class='soft'>{escape(told.about)}</p>",
        _pick("fleet", told.fleets, "Fleet"),
        _pick("future", told.futures, "Future"),
        f'<p class="how" id="about" aria-live="polite">{escape(told.futures[future].about)}</p>',
        _tiles(told, results[fleet, future]),
        _bars(told),
        _knobs(told),
        _table(told, results),
        _formulas(told),
    ]
    style = _file("sliders.css")
    code = f"{script(told)}\n{_file('sliders.js')}"
    body = f"<style>{style}</style>{''.join(parts)}<script>{code}</script>"
    return document(told.title, body)


def _file(name: str) -> str:
    return resources.files(__package__ or "").joinpath(name).read_text(encoding="utf-8")


def _data(told: Scenario) -> str:
    inputs = {
        name: _stated(each.quantity)
        | {
            "root": root(each.quantity.unit),
            "unit": each.quantity.unit,
            "least": each.least,
            "most": each.most,
            "counted": _counted(each.quantity.unit),
        }
        for name, each in told.inputs.items()
    }
    formulas = {name: {"root": root(results.unit), "unit": results.unit} for name, results in _units(told).items()}
    data = {
        "inputs": inputs,
        "fleets": {name: _case(case, told) for name, case in told.fleets.items()},
        "futures": {name: _case(case, told) for name, case in told.futures.items()},
        "formulas": formulas,
        "keys": list(told.keys),
    }
    return json.dumps(data, ensure_ascii=True).replace("<", "\\u003c")


def _units(told: Scenario) -> dict[str, Quantity]:
    fleet, future = next(iter(told.fleets)), next(iter(told.futures))
    found = played(told)[fleet, future]
    return {name: found[name] for name in told.formulas}


def _stated(each: Quantity) -> dict[str, object]:
    return {"value": each.value, "how": each.how, "source": each.source}


def _case(case: Case, told: Scenario) -> dict[str, object]:
    """A case's inputs in the units of the scenario's own, so that a slider is one scale."""
    scale = {name: root(each.unit) / root(told.inputs[name].quantity.unit) for name, each in case.inputs.items()}
    return {
        "title": case.title,
        "about": case.about,
        "inputs": {name: _stated(each) | {"value": each.value * scale[name]} for name, each in case.inputs.items()},
    }


def _counted(unit: str) -> bool:
    """Whether a unit counts whole things: robots, tasks, environments."""
    kinds = set(named(unit).dimensionality)
    return len(kinds) == 1 and root(unit) == 1 and not kinds & _PHYSICAL


def _shown(value: float, unit: str) -> str:
    size = abs(value)
    words = f"{value:,.0f}" if size >= 1000 else f"{value:.4g}"
    return words + {"1": "", "percent": " %"}.get(unit, f" {unit}")


def _bold(found: Quantity) -> str:
    """A tile's number with its unit small beside it, as the script writes it."""
    number, _, unit = _shown(found.value, found.unit).partition(" ")
    return f"{number} <small>{escape(unit)}</small>" if unit else number


def _pick(of: str, cases: Mapping[str, Case], label: str) -> str:
    buttons = "".join(
        f'<button type="button" data-of="{of}" data-name="{escape(name)}" aria-pressed="{str(not place).lower()}"'
        f' title="{escape(case.about)}">{escape(case.title)}</button>'
        for place, (name, case) in enumerate(cases.items())
    )
    return f'<div class="pick" role="group" aria-label="{label}">{buttons}</div>'


def _tiles(told: Scenario, results: Mapping[str, Quantity]) -> str:
    tiles = "".join(
        f'<div class="tile"><b id="figure-{name}">{_bold(results[name])}</b>'
        f"<span>{escape(told.formulas[name].label)}</span></div>"
        for name in told.keys
    )
    return f'<div class="tiles">{tiles}</div>'


def _bars(told: Scenario) -> str:
    options = "".join(f'<option value="{name}">{escape(told.formulas[name].label)}</option>' for name in told.keys)
    return (
        '<h2>All fleets in all futures</h2><div class="card"><label for="shown">Figure </label>'
        f'<select id="shown">{options}</select><div class="bars" id="bars"></div></div>'
    )


def _knobs(told: Scenario) -> str:
    groups: dict[str, list[str]] = {}
    for name, each in told.inputs.items():
        groups.setdefault(each.group, []).append(name)
    parts = [
        (
            "<h2>What goes in</h2><p class='how'>Every number is measured, cited or assumed, and says from where. "
            "A moved slider changes the column it belongs to: all, this fleet, or this future. "
            '<button type="button" class="reset" id="reset">As stated</button></p>'
        )
    ]
    for group, names in groups.items():
        parts.append(f'<h3>{escape(group)}</h3><div class="knobs">{"".join(_knob(told, name) for name in names)}</div>')
    return "".join(parts)


def _knob(told: Scenario, name: str) -> str:
    each = told.inputs[name]
    shown = escape(_shown(each.quantity.value, each.quantity.unit))
    slider = f'<input type="range" id="input-{name}" min="0" max="1000" step="1">' if each.least < each.most else ""
    label = f'<label for="input-{name}">' if slider else "<label>"
    low, high = each.quantity.bounds
    interval = f" Stated interval {low:g} to {high:g}." if low < high else ""
    return (
        f'<div class="knob">{label}<span>{escape(each.label)}</span><output id="value-{name}">{shown}</output></label>'
        f'{slider}<p><span class="how-badge {each.quantity.how}" id="how-{name}">{each.quantity.how}</span>'
        f'<span id="source-{name}">{escape(each.quantity.source)}</span>{interval}</p></div>'
    )


def _table(told: Scenario, results: Played) -> str:
    head = "".join(f'<th class="n">{escape(told.formulas[name].label)}</th>' for name in told.keys)
    rows = "".join(
        f"<tr><td>{escape(told.fleets[fleet].title)}</td><td>{escape(told.futures[future].title)}</td>"
        + "".join(f'<td class="n">{_interval(found[name])}</td>' for name in told.keys)
        + "</tr>"
        for (fleet, future), found in results.items()
    )
    return (
        "<h2>As stated, with intervals</h2><p class='how'>From the inputs as they are written in the file; brackets are"
        " what the stated intervals of the inputs allow, not a confidence interval. Sliders leave this table alone.</p>"
        f'<div class="card" tabindex="0" role="region" aria-label="All figures"><table id="all">'
        f"<tr><th>fleet</th><th>future</th>{head}</tr>{rows}</table></div>"
    )


def _interval(found: Quantity) -> str:
    words = escape(_shown(found.value, found.unit))
    low, high = found.bounds
    if low >= high:
        return words
    return f'{words}<br><span class="how">[{_shown(low, "1")}, {_shown(high, "1")}]</span>'


def _formulas(told: Scenario) -> str:
    units = _units(told)
    rows = "".join(
        f"<tr><td>{escape(line.label)}</td><td><code>{escape(name)} = {escape(line.expression)}</code></td>"
        f"<td>{escape(units[name].unit)}</td><td>{units[name].how}</td></tr>"
        for name, line in told.formulas.items()
    )
    return (
        "<h2>What follows, and how</h2><p class='how'>A result is as sure as the least sure number in it.</p>"
        '<div class="card" tabindex="0" role="region" aria-label="Formulas"><table>'
        f"<tr><th>figure</th><th>formula</th><th>unit</th><th>how</th></tr>{rows}</table></div>"
    )
