"""The memory: episodes, facts, media, snapshots and questions, on a folder or an object store."""

from .store import Receipt, Source, Store, open_store

__all__ = ["Receipt", "Source", "Store", "open_store"]
