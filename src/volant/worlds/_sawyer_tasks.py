"""What each of the fifty tasks shows of its things, and what it calls done: a table, so that lanes need no task's code.

Every row is held against the unmodified environment by a test, number by number.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EXPERTS", "SIGHTS", "Rule", "Sight"]


@dataclass(frozen=True, slots=True)
class Rule:
    """When a task is done: ``what`` is measured against the goal, and must come to ``within`` (m, or rad for levers).

    ``where`` is the first thing as it is seen (``thing``), the middle between the fingers (``fingers``), or a named
    point; it is moved by ``shift`` and weighed by ``scale`` on each axis. ``height`` replaces the goal's own.
    ``also`` names what a rule of its own needs: a nut over its peg, a nail's joint, a lever's, a stick inserted.
    """

    within: float
    where: str = "thing"
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    height: float | None = None
    also: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """Where one thing (or two) of a task are seen: ``body:``, ``site:`` or ``geom:`` and the name, with an offset.

    ``turns`` are where their quaternions come from: ``body:`` is MuJoCo's own order (wxyz), ``geom:``, ``site:`` and
    ``frame:`` (a body) are made from matrices (xyzw), ``zero`` and ``unit`` are constants. Meta-World mixes both
    orders; what a policy sees stays what Meta-World shows. ``offset`` moves the last thing (m); ``touch`` says whether
    the task is done by touching the first.
    """

    rule: Rule
    things: tuple[str, ...]
    turns: tuple[str, ...]
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    touch: bool = True


_X, _Y, _Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
_OBJ, _OBJ_GEOM, _PUCK, _MUG = ("body:obj",), ("geom:objGeom",), ("geom:puck",), ("geom:mug",)
_ZERO, _LINK = ("zero",), ("body:door_link",)


def _button(down: bool, within: float) -> Sight:
    offset = (0.0, 0.0, 0.193) if down else (0.0, -0.193, 0.0)
    return Sight(Rule(within, scale=_Z if down else _Y), ("body:button",), ("body:button",), offset)


SIGHTS: dict[str, Sight] = {
    "assembly-v3": Sight(Rule(0.0, "site:RoundNut", also="nut on peg"), ("site:RoundNut-8",), ("body:RoundNut",)),
    "basketball-v3": Sight(Rule(0.08, scale=(1.0, 1.0, 2.0), height=0.3), ("body:bsktball",), ("body:bsktball",)),
    "bin-picking-v3": Sight(Rule(0.05), _OBJ, _OBJ),
    "box-close-v3": Sight(Rule(0.08), ("body:top_link",), ("body:top_link",)),
    "button-press-topdown-v3": _button(True, 0.024),
    "button-press-topdown-wall-v3": _button(True, 0.024),
    "button-press-v3": _button(False, 0.02),
    "button-press-wall-v3": _button(False, 0.03),
    "coffee-button-v3": Sight(Rule(0.02, scale=_Y), ("site:buttonStart",), ("unit",)),
    "coffee-pull-v3": Sight(Rule(0.07), _OBJ, _MUG),
    "coffee-push-v3": Sight(Rule(0.07), _OBJ, _MUG),
    "dial-turn-v3": Sight(Rule(0.07), ("dial:dial",), ("body:dial",)),
    "disassemble-v3": Sight(Rule(0.0, scale=_Z, also="above the goal"), ("site:RoundNut-8",), ("body:RoundNut",)),
    "door-close-v3": Sight(Rule(0.08), ("geom:handle",), ("geom:handle",)),
    "door-lock-v3": Sight(Rule(0.02, scale=_Z), ("site:lockStartLock",), _LINK),
    "door-open-v3": Sight(Rule(0.08, scale=_X), ("geom:handle",), ("geom:handle",)),
    "door-unlock-v3": Sight(Rule(0.02, scale=_X), ("site:lockStartUnlock",), _LINK),
    "drawer-close-v3": Sight(Rule(0.05 + 0.015), ("body:drawer_link",), _ZERO, (0.0, -0.16, 0.05)),
    "drawer-open-v3": Sight(Rule(0.03), ("body:drawer_link",), ("body:drawer_link",), (0.0, -0.16, 0.0)),
    "faucet-close-v3": Sight(Rule(0.07), ("site:handleStartClose",), ("body:faucetBase",), (0.0, 0.0, -0.01)),
    "faucet-open-v3": Sight(
        Rule(0.07, shift=(-0.04, 0.0, 0.03)), ("site:handleStartOpen",), ("body:faucetBase",), (0.0, 0.0, -0.01)
    ),
    "hammer-v3": Sight(
        Rule(0.09, also="nail in"), ("body:hammer", "body:nail_link"), ("body:hammer", "body:nail_link")
    ),
    "hand-insert-v3": Sight(Rule(0.05), _OBJ, _OBJ),
    "handle-press-side-v3": Sight(Rule(0.02, scale=_Z), ("site:handleStart",), _ZERO),
    "handle-press-v3": Sight(Rule(0.02, scale=_Z), ("site:handleStart",), _ZERO),
    "handle-pull-side-v3": Sight(Rule(0.08), ("site:handleCenter",), _ZERO),
    "handle-pull-v3": Sight(Rule(0.05, scale=_Z), ("site:handleRight",), _ZERO),
    "lever-pull-v3": Sight(Rule(0.0, also="lever up"), ("site:leverStart",), _OBJ_GEOM),
    "peg-insert-side-v3": Sight(
        Rule(0.07, "site:pegHead", scale=(1.0, 2.0, 2.0)), ("site:pegGrasp",), ("site:pegGrasp",)
    ),
    "peg-unplug-side-v3": Sight(Rule(0.07), ("site:pegEnd",), ("body:plug1",)),
    "pick-out-of-hole-v3": Sight(Rule(0.07), _OBJ, _OBJ),
    "pick-place-v3": Sight(Rule(0.07), _OBJ, _OBJ_GEOM),
    "pick-place-wall-v3": Sight(Rule(0.07), _OBJ_GEOM, _OBJ_GEOM),
    "plate-slide-back-side-v3": Sight(Rule(0.07), _PUCK, _PUCK),
    "plate-slide-back-v3": Sight(Rule(0.07), _PUCK, _PUCK),
    "plate-slide-side-v3": Sight(Rule(0.07), _PUCK, _PUCK),
    "plate-slide-v3": Sight(Rule(0.07), _PUCK, _PUCK),
    "push-back-v3": Sight(Rule(0.07), _OBJ_GEOM, _OBJ_GEOM),
    "push-v3": Sight(Rule(0.05), _OBJ, _OBJ_GEOM),
    "push-wall-v3": Sight(Rule(0.07), _OBJ_GEOM, _OBJ_GEOM),
    "reach-v3": Sight(Rule(0.05, "fingers"), _OBJ, _OBJ_GEOM, touch=False),
    "reach-wall-v3": Sight(Rule(0.05, "fingers"), _OBJ, _OBJ_GEOM, touch=False),
    "shelf-place-v3": Sight(Rule(0.07), _OBJ, _OBJ_GEOM),
    "soccer-v3": Sight(Rule(0.07), ("body:soccer_ball",), ("frame:soccer_ball",)),
    "stick-pull-v3": Sight(
        Rule(0.12, "second", also="stick inserted"), ("body:stick", "site:insertion"), ("frame:stick", "zero")
    ),
    "stick-push-v3": Sight(
        Rule(0.12, "second", also="stick held"),
        ("body:stick", "site:insertion"),
        ("frame:stick", "zero"),
        (0.0, 0.09, 0.0),
    ),
    "sweep-into-v3": Sight(Rule(0.05, scale=(1.0, 1.0, 0.0)), _OBJ, _OBJ_GEOM),
    "sweep-v3": Sight(Rule(0.05), _OBJ, _OBJ),
    "window-close-v3": Sight(Rule(0.05, scale=_X), ("site:handleCloseStart",), _ZERO),
    "window-open-v3": Sight(Rule(0.05, scale=_X), ("site:handleOpenStart",), _ZERO),
}
"""One row a task."""

EXPERTS: dict[str, tuple[int, int, int]] = {
    "assembly-v3": (40, 40, 96),
    "basketball-v3": (38, 40, 104),
    "bin-picking-v3": (40, 40, 161),
    "box-close-v3": (39, 40, 143),
    "button-press-topdown-v3": (40, 40, 72),
    "button-press-topdown-wall-v3": (40, 40, 62),
    "button-press-v3": (40, 40, 62),
    "button-press-wall-v3": (38, 40, 68),
    "coffee-button-v3": (40, 40, 41),
    "coffee-pull-v3": (40, 40, 85),
    "coffee-push-v3": (40, 40, 57),
    "dial-turn-v3": (40, 40, 78),
    "disassemble-v3": (38, 40, 238),
    "door-close-v3": (40, 40, 76),
    "door-lock-v3": (40, 40, 129),
    "door-open-v3": (37, 40, 110),
    "door-unlock-v3": (40, 40, 66),
    "drawer-close-v3": (40, 40, 79),
    "drawer-open-v3": (40, 40, 92),
    "faucet-close-v3": (40, 40, 67),
    "faucet-open-v3": (40, 40, 63),
    "hammer-v3": (40, 40, 77),
    "hand-insert-v3": (38, 40, 67),
    "handle-press-side-v3": (40, 40, 49),
    "handle-press-v3": (40, 40, 45),
    "handle-pull-side-v3": (40, 40, 105),
    "handle-pull-v3": (40, 40, 123),
    "lever-pull-v3": (40, 40, 86),
    "peg-insert-side-v3": (36, 40, 165),
    "peg-unplug-side-v3": (40, 40, 150),
    "pick-out-of-hole-v3": (40, 40, 125),
    "pick-place-v3": (40, 40, 58),
    "pick-place-wall-v3": (40, 40, 95),
    "plate-slide-back-side-v3": (40, 40, 55),
    "plate-slide-back-v3": (40, 40, 84),
    "plate-slide-side-v3": (40, 40, 53),
    "plate-slide-v3": (40, 40, 54),
    "push-back-v3": (40, 40, 480),
    "push-v3": (40, 40, 69),
    "push-wall-v3": (40, 40, 88),
    "reach-v3": (40, 40, 63),
    "reach-wall-v3": (40, 40, 54),
    "shelf-place-v3": (39, 40, 145),
    "soccer-v3": (30, 40, 101),
    "stick-pull-v3": (37, 40, 193),
    "stick-push-v3": (40, 40, 78),
    "sweep-into-v3": (35, 40, 65),
    "sweep-v3": (40, 40, 105),
    "window-close-v3": (40, 40, 85),
    "window-open-v3": (40, 40, 93),
}
"""What the scripted experts did in environments as the task draws them: episodes that succeeded, episodes lived (up to
500 steps each), and the steps within which 95 of 100 successes came. Measured by ``bench/experts.py``."""
