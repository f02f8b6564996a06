"""How a house is served: one frozen value that flags are made from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..core.errors import Misuse

__all__ = ["Serving"]


@dataclass(frozen=True, slots=True)
class Serving:
    """Where a lake is served, how, and within which limits.

    ``home`` is the folder of accounts and drafts (LAKE/serve for a lake in a folder); ``cert`` and ``key`` are PEM
    files for TLS; ``oidc`` a TOML file about the provider that signs people in; ``proxy`` the address of the proxy
    whose word on a client's address and scheme counts (none: nobody's). ``session_hours`` is how long a sign-in lasts,
    ``body_bytes`` and ``upload_bytes`` the most that one request may carry elsewhere and under /uploads, and
    ``drain_seconds`` how long a server that was told to stop waits for episodes under way.
    """

    lake: str = "lake"
    home: Path | None = None
    host: str = "127.0.0.1"
    port: int = 7070
    cert: Path | None = None
    key: Path | None = None
    oidc: Path | None = None
    proxy: str = ""
    session_hours: float = 12.0
    body_bytes: int = 4 << 20
    upload_bytes: int = 64 << 20
    drain_seconds: float = 30.0

    def __post_init__(self) -> None:
        if (self.cert is None) != (self.key is None):
            raise Misuse("TLS needs a certificate and its key.", do="Give both --cert and --key.")
        if self.home is None and "://" in self.lake:
            raise Misuse("A lake in an object store has no folder for accounts.", do="Name one with --home.")

    @property
    def place(self) -> Path:
        """The folder of accounts, the audit log and drafts."""
        return self.home if self.home is not None else Path(self.lake) / "serve"

    @property
    def in_clear(self) -> bool:
        """Whether others on the network could read what is sent: no TLS, no proxy, and more than this machine."""
        return not (self.cert or self.proxy or self.host in ("127.0.0.1", "::1", "localhost"))
