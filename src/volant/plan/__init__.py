"""What to collect next, where, from whom and why; and afterwards, whether it kept its promise."""

from ..statistics.curves import Curve, Point, curve
from .cells import DEMONSTRATION, cells, counted
from .grades import Grade, calibration, grades
from .needs import FAILING, Cell, Planning, Source, orders
from .reasons import promise, why
from .strategies import REPEATED, STRATEGIES, strategy

__all__ = [
    "DEMONSTRATION",
    "FAILING",
    "REPEATED",
    "STRATEGIES",
    "Cell",
    "Curve",
    "Grade",
    "Planning",
    "Point",
    "Source",
    "calibration",
    "cells",
    "counted",
    "curve",
    "grades",
    "orders",
    "promise",
    "strategy",
    "why",
]
