"""Who may come in, and what they may do.

``Book.open(house.home)`` is the house's accounts; ``add_user``, ``begin`` (a session's secret for ``COOKIE``) and
``make_token`` are what a test or a program needs to come in.
"""

from __future__ import annotations

from .audit import noted
from .book import Book
from .sessions import COOKIE, begin
from .tokens import make_token
from .users import add_user
from .who import RIGHTS, ROLES, Who, who_of

__all__ = ["COOKIE", "RIGHTS", "ROLES", "Book", "Who", "add_user", "begin", "make_token", "noted", "who_of"]
