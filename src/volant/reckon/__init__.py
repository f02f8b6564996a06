"""Reckoning with units: what follows from stated numbers, and what does not."""

from .claims import VERDICTS, Claim, Finding, check, claims
from .formula import Quantity, converted, evaluate, javascript, mentioned
from .sheet import Formula, order, solved

__all__ = [
    "VERDICTS",
    "Claim",
    "Finding",
    "Formula",
    "Quantity",
    "check",
    "claims",
    "converted",
    "evaluate",
    "javascript",
    "mentioned",
    "order",
    "solved",
]
