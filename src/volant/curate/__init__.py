"""The stage that turns a question into a dataset: selections, frozen and weighed, and the figures to choose by."""

from .keep import load, save
from .measure import figures
from .pick import Picking, select

__all__ = ["Picking", "figures", "load", "save", "select"]
