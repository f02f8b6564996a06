"""The stage that turns a question into a dataset: selections, frozen and weighed."""

from .choose import Curated, Curating, Pick, curate, remember
from .keep import load, save
from .mixing import Mixture
from .pick import Picking, select
from .tables import write_tables

__all__ = [
    "Curated",
    "Curating",
    "Mixture",
    "Pick",
    "Picking",
    "curate",
    "remember",
    "load",
    "save",
    "select",
    "write_tables",
]
