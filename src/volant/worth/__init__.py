"""The stage that says what the lake's episodes are worth: where they lie beside one another, and what follows."""

from .space import Space, embed, known

__all__ = ["Space", "embed", "known"]
