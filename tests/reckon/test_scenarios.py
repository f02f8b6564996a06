"""Scenarios: two fleets in five futures, from stated inputs; the page reckons as Python does."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from volant.core.errors import BadValue
from volant.reckon import Quantity, Scenario, played, scenario
from volant.reckon.formula import rooted
from volant.reckon.scenarios import Input
from volant.reckon.sliders import page, script

FILE = Path(__file__).parents[2] / "examples/scenario.toml"


@pytest.fixture(scope="module")
def told() -> Scenario:
    return scenario(FILE)


def test_every_input_says_how_it_is_known_and_from_where(told: Scenario) -> None:
    stated = [each.quantity for each in told.inputs.values()]
    stated += [each for case in (*told.fleets.values(), *told.futures.values()) for each in case.inputs.values()]
    assert {each.how for each in stated} <= {"measured", "cited", "assumed"}
    assert all(len(each.source) > 10 for each in stated)


def test_the_shipped_figures_follow_by_hand(told: Scenario) -> None:
    results = played(told)
    assert len(results) == 10
    large, broad = results["large", "wheel"], results["broad", "wheel"]
    assert large["volume"].value == pytest.approx(10_000 * 5 * 365 / 1e6)
    assert broad["volume"].value == pytest.approx(1_500 * 5 * 365 / 1e6)
    assert (large["combinations"].value, broad["combinations"].value) == (10_000, 500_000)
    assert large["hours"].value == pytest.approx(10_000 * 5 / 14.7 * 0.55 * 365)
    assert large["success"].value == pytest.approx(100 * (1 - 0.827 * 200**-0.466))
    assert broad["success"].value == pytest.approx(100 * (1 - 0.827 * 1000**-0.466))
    assert large["wanted"].value == pytest.approx((0.827 / 0.02) ** (1 / 0.466))
    assert large["payroll"].value == pytest.approx(200 * 4.2 * 283 * 12)
    assert large["success"].how == "assumed"
    neutral = results["large", "simulation"]["success"].value, results["broad", "simulation"]["success"].value
    assert neutral[1] - neutral[0] < broad["success"].value - large["success"].value
    assert results["large", "slow"]["later"].value < large["later"].value < broad["later"].value
    slow = results["large", "slow"]
    assert slow["wait"].value == pytest.approx(20 * large["wait"].value)
    assert results["large", "specialisation"]["demand"].value == pytest.approx(large["demand"].value / 10)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_page_reckons_as_python_does(told: Scenario) -> None:
    moved = replace(told, inputs={name: _moved(each) for name, each in told.inputs.items()})
    asked, ours = [], []
    for one in (told, moved):
        for (fleet, future), found in played(one).items():
            asked.append({name: rooted(each) for name, each in one.at(fleet, future).items()})
            ours.append([rooted(found[name]) for name in told.formulas])
    names = json.dumps(list(told.formulas))
    each = f"x => {{ const y = reckoned(x); return {names}.map(n => y[n]) }}"
    tail = f"console.log(JSON.stringify({json.dumps(asked)}.map({each})))"
    run = subprocess.run(
        ["node", "-"], input=f"{script(told)}\n{tail}", capture_output=True, text=True, check=True, timeout=60
    )
    theirs = json.loads(run.stdout)
    assert len(theirs) == 20
    for mine, other in zip(ours, theirs, strict=True):
        assert other == pytest.approx(mine, rel=1e-9, abs=1e-12)


def _moved(each: Input) -> Input:
    value = (each.least + 2 * each.most) / 3
    quantity = replace(each.quantity, value=value, low=None, high=None)
    return replace(each, quantity=quantity)


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_slider_moves_the_figures_of_the_page(
    told: Scenario, browser: Any, tmp_path: Path, width: int, scheme: str
) -> None:
    path = tmp_path / "page.html"
    path.write_text(page(told), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    shown, faults = context.new_page(), list[str]()
    shown.on("pageerror", lambda error: faults.append(str(error)))
    shown.on("request", lambda asked: asked.url.startswith("file:") or faults.append(asked.url))
    shown.goto(path.as_uri())
    assert shown.locator("#figure-success").inner_text().startswith("93 ")
    shown.locator("#input-environments").evaluate("e => { e.value = 1000; e.dispatchEvent(new Event('input')) }")
    assert shown.locator("#value-environments").inner_text() == "5,000 environment"
    expected = 100 * (1 - 0.827 * 5000**-0.466)
    assert shown.locator("#figure-success").inner_text().startswith(f"{expected:.4g}")
    assert shown.locator("#how-environments").inner_text() == "moved by you"
    shown.get_by_role("button", name="1,500 robots").click()
    assert shown.locator("#figure-success").inner_text().startswith("96.69")  # a fleet's own number stays its own
    shown.get_by_role("button", name="As stated").click()
    shown.get_by_role("button", name="10,000 robots").click()
    assert shown.locator("#figure-success").inner_text().startswith("93 ")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    grave = [v["id"] for v in axe.run(shown).response["violations"] if v["impact"] in ("serious", "critical")]
    assert not grave, grave
    assert shown.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    context.close()
    assert not faults, faults


GOOD = """
[inputs.a]
value = 2
unit = "USD"
how = "assumed"
source = "a guess"
[inputs.b]
value = 3
unit = "{unit}"
how = "assumed"
source = "a guess"
[fleets.one]
{fleet}
[futures.now]
[formulas.c]
formula = "{formula}"
"""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"unit": "EUR"}, "Two currencies"),
        ({"unit": "dollars"}, "Unknown unit 'dollars'"),
        ({"unit": ""}, "has no unit"),
        ({"formula": "a + b + d"}, "needs 'd', which is not stated"),
        ({"formula": "c + a + b"}, "run in a circle: c -> c"),
        ({"formula": "a"}, "'b' is used by no formula"),
        ({"formula": "(a + b"}, "is no formula"),
        ({"formula": " "}, "states no formula"),
        ({"fleet": 'd = {value = 1, how = "cited", source = "s"}'}, "is no input"),
        ({"fleet": 'a = {value = 1, unit = "h", how = "cited", source = "s"}'}, "another unit than the input"),
        ({"fleet": "a = {value = 1}"}, "does not say how it is known"),
    ],
)
def test_bad_input_is_said_plainly(tmp_path: Path, given: dict[str, str], said: str) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(GOOD.format(**({"unit": "USD", "fleet": "", "formula": "a + b"} | given)))
    with pytest.raises(BadValue) as refused:
        scenario(path)
    assert said in str(refused.value)


def test_what_a_file_says_is_text_on_the_page_and_never_markup(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    bad = 'title = "</script><script>alert(1)</script>"'
    path.write_text(GOOD.format(unit="USD", fleet=bad, formula="a + b"))
    written = page(scenario(path))
    assert "<script>alert" not in written
    assert Quantity(5, "USD", "assumed", "a + b") == played(scenario(path))["one", "now"]["c"]
