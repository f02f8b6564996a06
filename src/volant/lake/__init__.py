"""The memory: episodes, facts, media, snapshots and questions, on a folder or an object store."""

from .ledger import Commit, Difference, Source
from .store import Receipt, Store, open_store

__all__ = ["Commit", "Difference", "Receipt", "Source", "Store", "open_store"]
