"""What the field argues about, each as one experiment with seeds, a figure and an interval."""

from .bench import Bench
from .result import Difference, Line, Result, difference, figure, page, picture

__all__ = [
    "EXPERIMENTS",
    "Bench",
    "Difference",
    "Line",
    "Result",
    "difference",
    "experiment",
    "figure",
    "page",
    "picture",
]

EXPERIMENTS = {
    "breadth": "Many environments once, or few of them often: the same number of demonstrations.",
    "takeovers": "Take-overs against plain demonstrations, round by round, at equal operator steps.",
    "failures": "Failures kept against failures dropped, and three weighted ways between.",
    "mixture": "How much of a budget real experience deserves beside cheap simulation of other physics.",
    "curation": "A curated set against random and largest-volume sets of the same size, from one uneven lake.",
    "weights": "Groups of an uneven lake as they come, by n^0.43, all the same, and by group DRO.",
    "repetition": "The thousand-and-first repetition of a demonstration against the first.",
    "value": "Which estimate of worth ranks groups of demonstrations as leaving each out does.",
}
"""Names and what each asks; the module of the same name has ``run(bench) -> Result``."""


def experiment(name: str, bench: Bench) -> Result:
    """Run one experiment. Raises ``NotFound`` for a name that is none."""
    from importlib import import_module

    from ..core.errors import NotFound, suggest

    if name not in EXPERIMENTS:
        raise NotFound(f"No experiment is called {name!r}.", instead=suggest(name, EXPERIMENTS))
    result: Result = import_module(f"{__name__}.{name}").run(bench)
    return result
