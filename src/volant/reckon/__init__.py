"""Reckoning with units: what follows from stated numbers, and what does not."""

from .formula import Quantity, converted, evaluate, javascript, mentioned

__all__ = [
    "Quantity",
    "converted",
    "evaluate",
    "javascript",
    "mentioned",
]
