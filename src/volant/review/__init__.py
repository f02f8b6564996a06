"""People look at episodes: who gets which next, what they decide, how well they agree, and how many need looking at.

Everything is a fact in the lake; states are derived: todo, in_review (somebody is at it, or one of two has rated),
accepted, returned, and back to todo by an objection.
"""

from __future__ import annotations

from .agreement import Agreement, agreement
from .board import Board, Case, Rating, board
from .claims import Assignment, release, take
from .decisions import Decision, decide, gold, objection, undo
from .rates import acceptance
from .reasons import CAUSES, REASONS, Reviewing, author
from .sample import Inspection, inspect_lot

__all__ = [
    "CAUSES",
    "REASONS",
    "Agreement",
    "Assignment",
    "Board",
    "Case",
    "Decision",
    "Inspection",
    "Rating",
    "Reviewing",
    "acceptance",
    "agreement",
    "author",
    "board",
    "decide",
    "gold",
    "inspect_lot",
    "objection",
    "release",
    "take",
    "undo",
]
