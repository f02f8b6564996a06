"""What to collect next, where, from whom and why; and afterwards, whether it kept its promise."""

from .curves import Curve, Point, curve
from .grades import Grade, calibration, grades
from .needs import Cell, Planning, Source, orders
from .strategies import STRATEGIES, strategy

__all__ = [
    "STRATEGIES",
    "Cell",
    "Curve",
    "Grade",
    "Planning",
    "Point",
    "Source",
    "calibration",
    "curve",
    "grades",
    "orders",
    "strategy",
]
