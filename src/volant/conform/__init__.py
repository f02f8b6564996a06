"""The public laws: what every plug-in must keep, for built-ins and strangers alike.

volant conform freeze            # on the command line
volant.conform.run("checks", "freeze")
"""

from .laws import Broken, Law, LawResult, laws, run

__all__ = ["Broken", "Law", "LawResult", "laws", "run"]
