"""The vocabulary that everything else speaks. Standard library and numpy only."""

from .batch import Alike, Batch
from .columns import LOOK, LOOK_SIDE, Columns, Reach, look_signal
from .embodiment import Embodiment, Joint
from .episode import Episode, Origin, Segment
from .estimate import Estimate
from .fact import OUTCOMES, Fact, FactTable, Span, Value, Verdict
from .order import Order
from .ports import (
    Bid,
    Check,
    EpisodeCheck,
    Format,
    Measure,
    PairCheck,
    Reading,
    Runner,
    SetCheck,
    SetMeasure,
    Sketch,
    Writing,
    Written,
)
from .selection import Selection
from .signal import UNKNOWN, Kind, Signal
from .stream import Stream, Video

__all__ = [
    "LOOK",
    "LOOK_SIDE",
    "OUTCOMES",
    "UNKNOWN",
    "Alike",
    "Batch",
    "Bid",
    "Check",
    "Columns",
    "Embodiment",
    "Episode",
    "EpisodeCheck",
    "Estimate",
    "Fact",
    "FactTable",
    "Format",
    "Joint",
    "Kind",
    "Measure",
    "Order",
    "Origin",
    "PairCheck",
    "Reach",
    "Reading",
    "Runner",
    "Segment",
    "Selection",
    "SetCheck",
    "SetMeasure",
    "Signal",
    "Sketch",
    "Span",
    "Stream",
    "Value",
    "Verdict",
    "Video",
    "Writing",
    "Written",
    "look_signal",
]
