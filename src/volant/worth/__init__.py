"""The stage that says what the lake's episodes are worth: where they lie beside one another, and what follows."""

from .alike import Group, Leak, Near, duplicates, leaks, rare, similar
from .measure import figures, known_figures
from .space import Space, embed, known

__all__ = [
    "Group",
    "Leak",
    "Near",
    "Space",
    "duplicates",
    "embed",
    "figures",
    "known",
    "known_figures",
    "leaks",
    "rare",
    "similar",
]
