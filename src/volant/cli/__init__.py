"""The command line: one file per verb, each parses, calls the library and prints.

Exit codes: 0 done, 1 refused with a reason, 2 the command itself is wrong, 130 stopped by Ctrl-C, 143 by SIGTERM, 141
the reader of our output went away. Nothing but click is imported until a verb is chosen.
"""

from __future__ import annotations

from ._group import VERBS, Verbs, cli
from ._reference import reference
from ._top import main

__all__ = ["VERBS", "Verbs", "cli", "main", "reference"]
