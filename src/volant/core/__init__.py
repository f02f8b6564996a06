"""The vocabulary that everything else speaks. Standard library and numpy only."""

from .acting import CONTROL, MISTAKES, Act, Bools, Floats, Ints, Moment, Obs, State
from .batch import Alike, Batch
from .columns import LOOK, LOOK_SIDE, Columns, Reach, look_signal
from .demonstrations import Demonstrations, Learning
from .embodiment import Embodiment, Joint
from .environment import Environment
from .episode import Episode, Origin, Segment
from .estimate import Estimate
from .fact import OUTCOMES, Fact, FactTable, Span, Value, Verdict
from .fitting import fits
from .lived import Living, lived
from .order import Order
from .ports import (
    Bid,
    Check,
    Controller,
    Embedding,
    EpisodeCheck,
    Format,
    Lanes,
    Learner,
    Measure,
    Measured,
    Operator,
    PairCheck,
    Policy,
    Reading,
    Runner,
    Searched,
    SearchingMeasure,
    SetCheck,
    SetMeasure,
    SpaceMeasure,
    World,
    Writing,
    Written,
)
from .rollout import Job, Rolling, Take, rollout
from .selection import Selection
from .signal import UNKNOWN, Kind, Signal
from .sketch import Sketch, Sketches
from .stream import Stream, Video
from .turn import Score, Turn

__all__ = [
    "CONTROL",
    "LOOK",
    "LOOK_SIDE",
    "MISTAKES",
    "OUTCOMES",
    "UNKNOWN",
    "Act",
    "Alike",
    "Batch",
    "Bid",
    "Bools",
    "Check",
    "Columns",
    "Controller",
    "Demonstrations",
    "Embedding",
    "Embodiment",
    "Environment",
    "Episode",
    "EpisodeCheck",
    "Estimate",
    "Fact",
    "FactTable",
    "Floats",
    "Format",
    "Ints",
    "Job",
    "Joint",
    "Kind",
    "Lanes",
    "Learner",
    "Learning",
    "Living",
    "Measure",
    "Measured",
    "Moment",
    "Obs",
    "Operator",
    "Order",
    "Origin",
    "PairCheck",
    "Policy",
    "Reach",
    "Reading",
    "Rolling",
    "Runner",
    "Score",
    "Segment",
    "Searched",
    "SearchingMeasure",
    "Selection",
    "SetCheck",
    "SetMeasure",
    "Signal",
    "Sketch",
    "Sketches",
    "SpaceMeasure",
    "Span",
    "State",
    "Stream",
    "Take",
    "Turn",
    "Value",
    "Verdict",
    "Video",
    "World",
    "Writing",
    "Written",
    "fits",
    "lived",
    "look_signal",
    "rollout",
]
