"""The stage that turns a question into a dataset: selections, frozen and weighed."""

from .keep import load, save
from .pick import Picking, select
from .tables import write_tables

__all__ = ["Picking", "load", "save", "select", "write_tables"]
