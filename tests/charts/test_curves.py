"""Curves are drawn with their intervals, and whatever is not a number is left out."""

from __future__ import annotations

import itertools
import math
from xml.etree import ElementTree

from volant.charts import Curve, curves, picture


def test_a_curve_has_its_band_its_points_and_its_label() -> None:
    made = curves(
        [Curve("ours & theirs", [0, 50, 100], [0.1, 0.5, 0.9], [0.0, 0.4, 0.8], [0.2, 0.6, 1.0], "10 seeds")],
        title="power",
        across="trials",
        up="share",
        levels=[(0.8, "80 %")],
    )
    tree = ElementTree.fromstring(made)
    sorts = [node.get("class") for node in tree.iter()]
    assert sorts.count("band f0") == 1
    assert len([node for node in tree.iter() if node.tag == "circle"]) == 3
    words = " ".join(node.text or "" for node in tree.iter("text"))
    assert all(said in words for said in ("ours & theirs", "trials", "share", "80 %", "0.2", "100"))


def test_values_outside_the_limits_stay_on_the_edge_and_holes_are_left_out() -> None:
    made = curves([Curve("a", [0, 1, 2], [math.nan, 7.0, 0.5])], title="t", across="x")
    tree = ElementTree.fromstring(made)
    places = [(float(node.get("cx", "nan")), float(node.get("cy", "nan"))) for node in tree.iter("circle")]
    assert len(places) == 2
    assert places[0][1] == 14.0


def test_nothing_to_draw_is_said() -> None:
    assert "no finite points" in curves([Curve("a", [], [])], title="t", across="x")


def test_labels_of_curves_that_end_together_do_not_lie_on_one_another() -> None:
    many = [Curve(f"c{k}", [0, 1], [0.5, 0.9]) for k in range(4)]
    tree = ElementTree.fromstring(curves(many, title="t", across="x"))
    heights = sorted(float(n.get("y", "0")) for n in tree.iter("text") if (n.text or "").startswith("c"))
    assert all(b - a >= 15.9 for a, b in itertools.pairwise(heights))


def test_a_picture_stands_alone() -> None:
    made = picture(curves([Curve("a", [0, 1], [0.5, 0.9])], title="t", across="x"))
    tree = ElementTree.fromstring(made)
    assert tree.tag == "{http://www.w3.org/2000/svg}svg"
    assert "http" not in made.replace("http://www.w3.org/2000/svg", "")
