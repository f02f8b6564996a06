"""Pictures as text that every page shares: SVG charts, and one style sheet for light and dark."""

from .curves import Curve, curves
from .style import DARK, LIGHT, STYLE, document, picture
from .svg import Mark, Row, bars, heat, histogram, lines, timeline, whiskers
from .ways import ways

__all__ = [
    "DARK",
    "LIGHT",
    "STYLE",
    "Curve",
    "Mark",
    "Row",
    "bars",
    "curves",
    "document",
    "heat",
    "histogram",
    "lines",
    "picture",
    "timeline",
    "ways",
    "whiskers",
]
