"""The stage that turns a question into a dataset: selections, frozen and weighed, and the figures to choose by."""

from .keep import load, save
from .measure import figures, known_figures
from .pick import Picking, select
from .tables import write_tables

__all__ = ["Picking", "figures", "known_figures", "load", "save", "select", "write_tables"]
