"""Drawn scenes: an arm, a cube and a table seen by two cameras with sensor noise, made when they are looked at.

Nothing is stored but where things are in each frame, so a set of ten thousand frames costs kilobytes. A camera can be
broken on purpose (frozen, black, blurred, over-exposed) for a stretch of frames.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

__all__ = ["HEIGHT", "WIDTH", "Drawn", "Scene"]

WIDTH, HEIGHT = 320, 240
_LINK = 105.0
_BASE = (160.0, 232.0)
_TABLE = (2 * HEIGHT + 80, 2 * WIDTH + 140)

Picture = npt.NDArray[np.uint8]
Noise = npt.NDArray[np.int8]
Rows = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Where things are in each frame: ``hand``, ``elbow`` and ``cube`` ``[n, 2]`` pixels, ``open`` ``[n]`` 0 to 1."""

    hand: Rows
    cube: Rows
    open: Rows
    elbow: Rows
    target: tuple[float, float]
    light: float
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A camera on a scene, as a video: frames are drawn when asked for; ``fault`` names what is wrong from ``bad`` on.

    ``view`` is ``front`` or ``wrist``; ``fault`` is empty, ``freeze``, ``black``, ``blur``, ``bright`` or ``dark``,
    ``bad`` the first and last frame it hits, ``strength`` its size (deviation of the blur in pixels, gain otherwise).
    """

    scene: Scene
    view: str
    start: int
    stop: int
    fault: str = ""
    bad: tuple[int, int] = (0, 0)
    strength: float = 0.0

    @property
    def codec(self) -> str:
        """Plain arrays."""
        return "raw"

    @property
    def shape(self) -> tuple[int, ...]:
        """Frames, height, width, channels."""
        return (len(self), HEIGHT, WIDTH, 3)

    @property
    def dtype(self) -> str:
        """Eight bits."""
        return "uint8"

    def __len__(self) -> int:
        return self.stop - self.start

    def part(self, start: int, stop: int) -> Drawn:
        """Frames ``start`` to ``stop`` as a view."""
        begin = min(self.start + start, self.stop)
        return replace(self, start=begin, stop=max(begin, min(self.start + stop, self.stop)))

    def encoded(self) -> Iterator[bytes]:
        """The bytes of each frame."""
        for frame in self.frames():
            yield frame.tobytes()

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[npt.NDArray[np.generic]]:
        """RGB frames one after the other."""
        last = len(self) if stop is None else min(stop, len(self))
        for i in range(self.start + start, self.start + last):
            yield self._frame(i)

    def lumas(self, start: int = 0, stop: int | None = None) -> Iterator[Picture]:
        """The luma of each frame (BT.601)."""
        for frame in self.frames(start, stop):
            yield _luma(np.asarray(frame, dtype=np.uint8))

    def _frame(self, i: int) -> Picture:
        hit = bool(self.fault) and self.bad[0] <= i < self.bad[1]
        if hit and self.fault == "black":
            return np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        shown = self.bad[0] if hit and self.fault == "freeze" else i
        frame = draw(self.scene, self.view, shown)
        if hit and self.fault == "blur":
            soft = gaussian_filter(frame.astype(np.float32), (self.strength, self.strength, 0))
            frame = _clipped(soft + _noise(self.scene.seed + 7 * i)[:HEIGHT, :WIDTH, None])
        elif hit and self.fault in ("bright", "dark"):
            frame = _clipped(frame.astype(np.float32) * self.strength)
        return frame


def draw(scene: Scene, view: str, i: int) -> Picture:
    """One frame of a scene: table, target, cube, arm and gripper, with sensor noise that differs in every frame."""
    noise = _noise(scene.seed * 1009 + i * 31 + (view == "wrist"))
    hand, cube = scene.hand[i], scene.cube[i]
    if view == "front":
        canvas = _table(scene.seed % 7)[:HEIGHT, :WIDTH].copy()
        _square(canvas, np.array(scene.target), 17.0, np.array([60.0, 150.0, 80.0]))
        _square(canvas, cube, 11.0, np.array([235.0, 205.0, 70.0]))
        _bar(canvas, np.array(_BASE), scene.elbow[i], np.array([9.0, 70.0]))
        _bar(canvas, scene.elbow[i], hand, np.array([7.0, 95.0]))
    else:
        canvas = _moved(_table(scene.seed % 7), 1.6 * float(hand[0]) - 40, 1.6 * float(hand[1]) - 70)
        middle = np.array([WIDTH / 2, HEIGHT * 0.7])
        _square(canvas, middle + 1.6 * (np.array(scene.target) - hand), 30.0, np.array([60.0, 150.0, 80.0]))
        _square(canvas, middle + 1.6 * (cube - hand), 22.0, np.array([235.0, 205.0, 70.0]))
        hand = middle
    reach = 6.0 + 12.0 * scene.open[i] * (2.0 if view == "wrist" else 1.0)
    for side in (-1.0, 1.0):
        tip = hand + np.array([side * reach, 16.0 if view == "front" else 50.0])
        _bar(canvas, hand + np.array([side * reach, -6.0]), tip, np.array([3.0 if view == "front" else 9.0, 40.0]))
    done: Picture = _finish(canvas, noise, round(256 * scene.light))
    return done


@lru_cache(maxsize=16)
def _table(seed: int) -> Picture:
    """A wooden table larger than any view: fine grain of little contrast, flecks, stains and uneven light."""
    rng = np.random.default_rng(seed + 100)
    side = _TABLE
    grain = gaussian_filter(rng.normal(0, 1, side), (0.9, 2.5))
    flecks = gaussian_filter((rng.random(side) < 0.004).astype(np.float64), 1.1)
    stains = gaussian_filter(rng.normal(0, 1, side), 24.0)
    wood = 122 + 7 * grain / grain.std() - 9 * flecks / flecks.std() + 22 * stains / stains.std()
    return _clipped(wood[:, :, None] + np.array([22.0, 0.0, -24.0]))


@lru_cache(maxsize=1)
def _tile() -> Noise:
    """Sensor noise of deviation 2 that spreads over neighbours, as the colour filter and its interpolation make it."""
    noise = gaussian_filter(np.random.default_rng(5).normal(0, 1, (2 * HEIGHT, 2 * WIDTH)), 0.8, mode="wrap")
    return np.asarray((2.0 * noise / noise.std()).round().astype(np.int8))


def _noise(key: int) -> Noise:
    top, left = (key * 7919) % HEIGHT, (key * 104_729 // 3) % WIDTH
    return _tile()[top : top + HEIGHT, left : left + WIDTH]


def _clipped(picture: npt.NDArray[Any]) -> Picture:
    bytes_: Picture = np.clip(picture, 0, 255).astype(np.uint8)
    return bytes_


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _moved(table: Picture, left: float, top: float) -> Picture:
    """The view at a place between pixels, in 16ths of a pixel: a moving camera sees no steps."""
    left = min(max(left, 0.0), table.shape[1] - 322.0)
    top = min(max(top, 0.0), table.shape[0] - 242.0)
    x0, y0 = int(left), int(top)
    fx, fy = np.int32(16 * (left - x0)), np.int32(16 * (top - y0))
    out = np.empty((240, 320, 3), np.uint8)
    for y in range(240):
        for x in range(320):
            for c in range(3):
                upper = np.int32(table[y0 + y, x0 + x, c]) * (16 - fx) + np.int32(table[y0 + y, x0 + x + 1, c]) * fx
                lower = np.int32(table[y0 + y + 1, x0 + x, c]) * (16 - fx)
                lower += np.int32(table[y0 + y + 1, x0 + x + 1, c]) * fx
                out[y, x, c] = np.uint8((upper * (16 - fy) + lower * fy) >> 8)
    return out


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _square(canvas: Picture, middle: Rows, half: float, colour: Rows) -> None:
    """A square with a lit upper edge; pixels on its border are covered in part."""
    height, width, _ = canvas.shape
    for y in range(max(0, int(middle[1] - half)), min(height, int(middle[1] + half) + 2)):
        for x in range(max(0, int(middle[0] - half)), min(width, int(middle[0] + half) + 2)):
            inside = half + 0.5 - max(abs(x - middle[0]), abs(y - middle[1]))
            cover = min(1.0, max(0.0, inside))
            lit = 1.15 if y < middle[1] - 0.5 * half else 1.0
            for c in range(3):
                under = float(canvas[y, x, c])
                canvas[y, x, c] = np.uint8(under + cover * (min(255.0, colour[c] * lit) - under))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _bar(canvas: Picture, a: Rows, b: Rows, look: Rows) -> None:
    """A rounded bar from ``a`` to ``b``; ``look`` is its half width and grey."""
    height, width, _ = canvas.shape
    wide = look[0]
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy + 1e-9
    for y in range(max(0, int(min(a[1], b[1]) - wide) - 1), min(height, int(max(a[1], b[1]) + wide) + 2)):
        for x in range(max(0, int(min(a[0], b[0]) - wide) - 1), min(width, int(max(a[0], b[0]) + wide) + 2)):
            along = min(1.0, max(0.0, ((x - a[0]) * dx + (y - a[1]) * dy) / length))
            away = np.hypot(x - a[0] - along * dx, y - a[1] - along * dy)
            cover = min(1.0, wide + 0.5 - away)
            if cover > 0.0:
                shade = look[1] * (1.3 - 0.6 * min(1.0, away / wide))
                for c in range(3):
                    under = float(canvas[y, x, c])
                    canvas[y, x, c] = np.uint8(under + cover * (shade - under))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _finish(canvas: Picture, noise: Noise, gain: int) -> Picture:
    """Light (in 256ths) and noise, in place."""
    height, width, _ = canvas.shape
    for y in range(height):
        for x in range(width):
            for c in range(3):
                now = ((np.int32(canvas[y, x, c]) * np.int32(gain)) >> 8) + np.int32(noise[y, x])
                canvas[y, x, c] = np.uint8(min(np.int32(255), max(np.int32(0), now)))
    return canvas


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _luma(frame: Picture) -> Picture:
    """BT.601 in 256ths."""
    height, width, _ = frame.shape
    out = np.empty((height, width), np.uint8)
    for y in range(height):
        for x in range(width):
            red, green, blue = np.int32(frame[y, x, 0]), np.int32(frame[y, x, 1]), np.int32(frame[y, x, 2])
            out[y, x] = np.uint8((77 * red + 150 * green + 29 * blue) >> 8)
    return out
