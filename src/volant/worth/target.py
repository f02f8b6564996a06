"""What the data is wanted for, and how far it is from that: a deployment as shares, and the gaps to it."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..core import Estimate
from ..core.errors import BadValue, NotFound, suggest
from ..statistics.intervals import wilson
from .cells import AXES, UNKNOWN, Cells

__all__ = ["Deployment", "Gap", "Representation", "load", "parse", "represent"]

DRAWS = 400
MOST = 100_000
"""Combinations of independent shares that are looked at: more would not be read by anybody."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where robots shall work: by axis the share of each value, and shares of combinations where they were stated."""

    name: str
    shares: Mapping[str, Mapping[str, float]]
    cells: tuple[tuple[Mapping[str, str], float], ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of the deployment that the data lacks: its share wanted and there (with interval), episodes missing.

    ``missing`` is how many episodes of it would make its share right at the present total.
    """

    where: Mapping[str, str]
    wanted: float
    there: float
    low: float
    high: float
    missing: int


@dataclass(frozen=True, slots=True)
class Representation:
    """How far the data is from a deployment, and what is missing most, the worst first."""

    estimates: tuple[Estimate, ...]
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...] = ()


def load(path: Path) -> Deployment:
    """A deployment from a TOML file; see ``parse``."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(f"The target {path} cannot be read: {error}.") from error
    return parse(text, str(path))


def parse(text: str, where: str = "target") -> Deployment:
    """``name``, a table of shares for each axis (``[task]``), and ``[[cell]]`` with axes and ``share``.

    Shares of an axis, and those of all cells, add up to 1 or to 100.
    """
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadValue(f"{where} is no TOML: {error}.") from error
    for key in raw:
        if key not in AXES and key not in ("name", "cell"):
            raise BadValue(f"{where}: {key!r} is no axis.", instead=suggest(key, AXES))
    shares = {axis: _shares(raw[axis], f"{where}: [{axis}]") for axis in raw if axis in AXES}
    cells = raw.get("cell", [])
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise BadValue(f"{where}: cell is no list of tables.", do="Write [[cell]] with axes and share.")
    found = []
    for number, cell in enumerate(cells):
        said = {key: value for key, value in cell.items() if key != "share"}
        wrong = [key for key in said if key not in AXES]
        if wrong or not said or not all(isinstance(value, str) for value in said.values()):
            raise BadValue(f"{where}: cell {number + 1} does not name axes by words.", instead=", ".join(AXES))
        found.append(said)
    if any(set(said) != set(found[0]) for said in found):
        raise BadValue(f"{where}: cells name different axes.", do="Name the same axes in every [[cell]].")
    parts = _shares({str(i): cell.get("share") for i, cell in enumerate(cells)}, f"{where}: [[cell]]") if cells else {}
    if not shares and not cells:
        raise BadValue(f"{where} states no share.", do="Write [task] with lines such as pick = 0.6, or [[cell]].")
    return Deployment(str(raw.get("name", "")), shares, tuple(zip(found, parts.values(), strict=True)))


def _shares(raw: object, where: str) -> dict[str, float]:
    if not isinstance(raw, dict) or not raw:
        raise BadValue(f"{where} is no table of shares.", do="Write lines such as pick = 0.6.")
    for name, share in raw.items():
        good = isinstance(share, int | float) and not isinstance(share, bool) and math.isfinite(share) and share >= 0
        if not good:
            raise BadValue(f"{where}: {name} has the share {share!r:.40}.", do="Write a number of 0 or more.")
    total = float(sum(raw.values()))
    for whole in (1.0, 100.0):
        if abs(total - whole) <= 0.005 * whole:
            return {str(name): float(share) / total for name, share in raw.items()}
    raise BadValue(f"{where}: shares add up to {total:g}.", do="Make them add up to 1, or to 100 per cent.")


def represent(cells: Cells, target: Deployment) -> Representation:
    """Divergence from the deployment on each axis and combined, what nobody said, and the gaps, most missing first."""
    made: list[Estimate] = []
    notes: list[str] = []
    for axis, shares in target.shares.items():
        wanted: dict[tuple[str, ...], float] = {(word,): share for word, share in shares.items()}
        made += _beside(cells, (axis,), wanted, notes)
    if target.cells:
        axes = tuple(target.cells[0][0])
        joint = {tuple(said[axis] for axis in axes): share for said, share in target.cells}
    else:
        axes = tuple(target.shares)
        parts = [sorted(shares.items(), key=lambda item: -item[1]) for shares in target.shares.values()]
        joint = {
            tuple(word for word, _ in combined): math.prod(share for _, share in combined)
            for combined in islice(product(*parts), MOST)
        }
        if len(axes) > 1:
            notes.append("Shares of combinations are assumed: the target states axes only, taken as independent.")
        if math.prod(len(part) for part in parts) > MOST:
            notes.append(f"Only {MOST:,} combinations of the target are looked at.")
    if len(axes) > 1:
        made += _beside(cells, axes, joint, notes)
    return Representation(tuple(made), _gaps(cells, axes, joint), tuple(dict.fromkeys(notes)))


def _there(cells: Cells, axes: tuple[str, ...]) -> dict[tuple[str, ...], int]:
    counts, codes = cells.counts(*axes)
    words = [np.array(cells.axes[name].words, object)[code] for name, code in zip(axes, codes, strict=True)]
    return dict(zip(zip(*words, strict=True), counts.tolist(), strict=True))


def _beside(
    cells: Cells, axes: tuple[str, ...], wanted: Mapping[tuple[str, ...], float], notes: list[str]
) -> list[Estimate]:
    """Jensen-Shannon divergence in bits, the share that would have to change, and what is outside the deployment."""
    there, group = _there(cells, axes), " x ".join(axes)
    n = sum(there.values())
    if not n:
        notes.append(f"Nothing can be said of {group}: no episode states it.")
        return []
    keys = sorted({*wanted, *there})
    p = np.array([wanted.get(key, 0.0) for key in keys])
    q = np.array([there.get(key, 0) for key in keys], np.float64)
    draws = np.random.default_rng(0).multinomial(n, q / n, size=DRAWS if len(keys) <= 10_000 else 40) / n
    made = []
    for name, unit, figure in (("divergence", "bits", _js), ("share to change", "share", _moved)):
        value = float(figure(p, (q / n)[None])[0])
        low, high = np.quantile(figure(p, draws), (0.025, 0.975))
        ends = min(float(low), value), max(float(high), value)
        method = f"{'Jensen-Shannon' if unit == 'bits' else 'total variation'} against the target; 95 % bootstrap"
        made.append(Estimate(name, value, unit, n, *ends, method=method, group=group))
    outside = int(q[p == 0].sum())
    made.append(Estimate("outside target", outside / n, "share", n, *wilson(outside, n), method="Wilson", group=group))
    silent = cells.n - n
    if silent:
        notes.append(f"{silent} of {cells.n} episodes do not say {group} ({UNKNOWN}) and are left out there.")
    return made


def _js(p: Floats, q: Floats) -> Floats:
    middle = (p + q) / 2
    return np.asarray((_kl(np.broadcast_to(p, q.shape), middle) + _kl(q, middle)) / 2)


def _kl(p: Floats, q: Floats) -> Floats:
    some = p > 0
    return np.asarray(np.sum(np.where(some, p * np.log2(np.where(some, p, 1) / np.where(some, q, 1)), 0), axis=-1))


def _moved(p: Floats, q: Floats) -> Floats:
    return np.asarray(np.abs(p - q).sum(axis=-1) / 2)


def _gaps(cells: Cells, axes: tuple[str, ...], wanted: Mapping[tuple[str, ...], float]) -> tuple[Gap, ...]:
    there = _there(cells, axes)
    n = sum(there.values())
    found = []
    for key, share in wanted.items():
        count = there.get(key, 0)
        held = count / n if n else 0.0
        if share > held:
            low, high = wilson(count, n) if n else (0.0, 1.0)
            missing = math.ceil(share * n - count) if n else 0
            found.append(Gap(dict(zip(axes, key, strict=True)), share, held, low, high, missing))
    return tuple(sorted(found, key=lambda gap: (gap.there - gap.wanted, tuple(gap.where.values()))))
