"""What a fleet looks like, as the JSON that a wall of tiles is drawn from."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import msgspec
import numpy as np

from ..deploy.causes import CAUSES
from ..deploy.glance import Glance
from ..deploy.logbook import MODES
from ..deploy.words import Opened, Told

__all__ = ["figured", "glanced", "opened"]


def opened(said: Opened, name: str) -> dict[str, Any]:
    """What a browser is told first: the place, the rate, what to draw, which causes there are, and who it is."""
    low, high = said.scene.low, said.scene.high
    return {
        "opened": {
            "me": name, "world": said.world, "task": said.task, "hz": said.hz, "robots": said.robots,
            "lease": said.lease, "things": said.scene.things, "low": low, "high": high, "modes": MODES,
            "causes": CAUSES, "axes": said.axes, "gate": said.gate,
            "foresight": [asdict(one) for one in said.foresight],
        }
    }  # fmt: skip


def figured(told: Told) -> dict[str, Any]:
    """Figures of the last minutes with their intervals, and everybody's own load."""
    figures = [asdict(one) for one in told.figures]
    return {"figures": [one for one in figures if math.isfinite(one["value"])], "own": told.own}


def glanced(seen: Glance, hz: float, home: int, at: int) -> bytes:
    """A glance as JSON, columns in the order of the robots: shares as thousandths, seconds as tenths, -1 for none.

    ``at`` is when the server had it (ns since 1970), told in ms, so that a browser knows how old it is.
    """
    places = np.where(np.isnan(seen.places), -1e6, seen.places * [1000, 1000, 1000, 100])
    return msgspec.json.encode(
        {
            "t": seen.tick,
            "at": at / 1e6,
            "mode": seen.mode.tolist(),
            "need": _thousandths(np.minimum(seen.need, 9.0)),
            "risk": _thousandths(np.where(np.isnan(seen.risk), -0.001, seen.risk)),
            "holder": seen.holder.tolist(),
            "held": _tenths(seen.held, hz),
            "left": _tenths(seen.left, hz),
            "waits": _tenths(seen.waits, hz),
            "step": seen.step.tolist(),
            "op": seen.operation.tolist(),
            "progress": _thousandths(seen.progress),
            "good": seen.success.astype(np.int8).tolist(),
            "xy": np.rint(places).astype(np.int64).ravel().tolist(),
            "people": [[one.seat, one.name, one.here, one.robot] for one in seen.people],
            "counts": {**seen.counts, "lake": home},
        }
    )


def _thousandths(column: np.ndarray[Any, Any]) -> list[int]:
    rounded: list[int] = np.rint(np.asarray(column, np.float64) * 1000).astype(np.int64).tolist()
    return rounded


def _tenths(ticks: np.ndarray[Any, Any], hz: float) -> list[int]:
    rounded: list[int] = np.where(ticks < 0, -1, np.rint(ticks * 10 / hz)).astype(np.int64).tolist()
    return rounded
