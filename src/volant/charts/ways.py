"""A rollout seen from above, as a strip of small pictures: for worlds that have no camera."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .svg import svg, text

__all__ = ["ways"]

Array = npt.NDArray[np.float64]
SIDE, GAP = 172, 8


def ways(tracks: Sequence[Array], goal: Array, *, title: str, good: bool, frames: int = 6) -> str:
    """Where things went, in ``frames`` pictures: each of ``tracks`` is ``[T, 2]`` in metres, ``goal`` ``[2]``.

    All pictures share one scale; the last is framed in the colour of how it ended.
    """
    every = np.concatenate([*tracks, goal[None]])
    low, span = every.min(axis=0) - 0.03, float((np.ptp(every, axis=0) + 0.06).max())
    steps = len(tracks[0])
    parts: list[str] = []
    for frame in range(frames):
        now, left = max(1, round(steps * (frame + 1) / frames)), frame * (SIDE + GAP)
        parts.append(f'<rect class="track" x="{left}" y="0" width="{SIDE}" height="{SIDE}" rx="8"/>')
        gx, gy = _at(goal[None], low, span, left)[0]
        parts.append(f'<circle class="ring" cx="{gx:.1f}" cy="{gy:.1f}" r="9"/>')
        for tone, track in enumerate(tracks):
            shown = _at(track[:now], low, span, left)
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in shown[:: max(1, now // 60)])
            parts.append(f'<polyline class="curve l{tone}" points="{path}"/>')
            parts.append(f'<circle class="f{tone}" cx="{shown[-1][0]:.1f}" cy="{shown[-1][1]:.1f}" r="5"/>')
        parts.append(text(left + 8, SIDE - 8, f"step {now}", "tick"))
    edge, last = ("good" if good else "bad"), (frames - 1) * (SIDE + GAP)
    parts.append(f'<rect class="edge {edge}" x="{last + 1}" y="1" width="{SIDE - 2}" height="{SIDE - 2}" rx="8"/>')
    return svg(parts, SIDE, title, frames * (SIDE + GAP) - GAP)


def _at(points: Array, low: Array, span: float, left: float) -> list[tuple[float, float]]:
    """Places in the picture: x to the right, y up."""
    scaled = (points - low) / span * SIDE
    return [(left + x, SIDE - y) for x, y in scaled.tolist()]
