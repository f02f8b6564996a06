"""The stage that turns a question into a dataset: selections, frozen and weighed."""

from .choose import Curated, Curating, Pick, curate, remember
from .keep import load, save
from .pick import Picking, select
from .tables import write_tables

__all__ = ["Curated", "Curating", "Pick", "Picking", "curate", "remember", "load", "save", "select", "write_tables"]
