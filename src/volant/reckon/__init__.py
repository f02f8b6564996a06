"""Reckoning with units: what follows from stated numbers, and what does not."""

from .claims import VERDICTS, Claim, Finding, check, claims
from .formula import Quantity, converted, evaluate, javascript, mentioned
from .scenarios import Case, Input, Scenario, played, scenario
from .sheet import Formula, order, solved

__all__ = [
    "VERDICTS",
    "Case",
    "Claim",
    "Finding",
    "Formula",
    "Input",
    "Quantity",
    "Scenario",
    "check",
    "claims",
    "converted",
    "evaluate",
    "javascript",
    "mentioned",
    "order",
    "played",
    "scenario",
    "solved",
]
