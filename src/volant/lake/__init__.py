"""The memory: episodes, facts, media, snapshots and questions, on a folder or an object store."""

from .ledger import Commit, Difference, Source
from .query import Limits
from .store import Receipt, Store, open_store
from .vectors import Vectors
from .verify import Problem, Report

__all__ = [
    "Commit",
    "Difference",
    "Limits",
    "Problem",
    "Receipt",
    "Report",
    "Source",
    "Store",
    "Vectors",
    "open_store",
]
