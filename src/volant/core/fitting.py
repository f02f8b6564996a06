"""Whether a policy can act in a body at all: signals compared by what they mean, before anything moves."""

from __future__ import annotations

from collections.abc import Sequence

from .embodiment import Embodiment
from .errors import BadValue, suggest
from .signal import UNKNOWN, Signal

__all__ = ["fits"]

_MEANING = ("shape", "unit", "frame", "hz", "dims")


def fits(who: str, needed: Sequence[Signal], body: Embodiment, where: str) -> None:
    """Refuse a policy that sees or does something other than the body's signals of the same name.

    ``needed`` are what it must see and, last, what it does. Every difference is named, with both values. What one
    side does not know (unit or frame unknown, no rate, no names) contradicts nothing.
    """
    there = {signal.name: signal for signal in body.signals}
    wrong: list[str] = []
    for signal in needed:
        own = there.get(signal.name)
        if own is None:
            wrong.append(f"{signal.name!r} does not exist there. {suggest(signal.name, there)}")
            continue
        for field in _MEANING:
            mine, its = getattr(signal, field), getattr(own, field)
            if mine != its and (field == "shape" or not (_unsaid(mine) or _unsaid(its))):
                wrong.append(f"{signal.name!r} has {field} {_said(mine)} in the policy and {_said(its)} in the world.")
    if needed and needed[-1].name in there and needed[-1].name != body.signals[-1].name:
        wrong.append(f"it does {needed[-1].name!r}, and the body does {body.signals[-1].name!r}.")
    if wrong:
        raise BadValue(
            f"{who} does not fit {where}: {' '.join(wrong)}",
            do="Use it where it was trained, or train one on episodes of this body.",
        )


def _unsaid(value: object) -> bool:
    return value in (None, UNKNOWN, ())


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
