"""The one pass over a luma plane that every picture check shares, compiled without the interpreter's lock.

Sums are integers, so that a frame looks the same on every machine. Each inner loop is shaped so that it becomes one
vector instruction (sums of absolute differences, 16-bit products): one loop over everything took 3600 us for 640 x 480
where this takes 110 us. Change and sameness see every pixel, mean and row-to-row steps every second row, and properties
of texture (spread, sharpness, dark, bright, moved, thumbnail) some sixty rows, always at full width.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from .machine import kept

__all__ = ["count_rgb", "count_yuv", "glance", "glances", "grey", "skin_of_rgb", "skin_share", "turned"]

SIDE = 8
SEAM_REACH = 4
MARGIN = 20
FINE = 64
F32: Any = np.float32
I16: Any = np.int16
I32: Any = np.int32
U16: Any = np.uint16
U64: Any = np.uint64


@numba.njit(nogil=True)
def _every(h):  # type: ignore[no-untyped-def]
    """Which rows show texture: every eighth of 480 and more, all of 119 and fewer."""
    return max(1, min(8, h // 60))


@numba.njit(nogil=True)
def _fourth(pieces):  # type: ignore[no-untyped-def]
    """The fourth largest of eight, which are left reordered: what half of a row reaches, and a box in it does not."""
    for i in range(4):
        top = i
        for j in range(i + 1, SIDE):
            if pieces[j] > pieces[top]:
                top = j
        pieces[i], pieces[top] = pieces[top], pieces[i]
    return pieces[3]


@numba.njit(nogil=True)
def _apart(one, other):  # type: ignore[no-untyped-def]
    """Sum of absolute differences of two rows of bytes."""
    cost = I32(0)
    for x in range(len(one)):
        cost = I32(cost + I32(abs(I32(I32(one[x]) - I32(other[x])))))
    return cost


@numba.njit(nogil=True)
def _texture(here, old, band):  # type: ignore[no-untyped-def]
    """Square, dark, bright and moved of a row, which is added to the column sums of its band."""
    w = len(band)
    square, dark, bright, moved = I32(0), I16(0), I16(0), I16(0)
    for x in range(w):
        v = I16(here[x])
        square = I32(square + I32(I32(v) * I32(v)))
    for x in range(w):
        v = I16(here[x])
        d = I16(v - I16(old[x]))
        dark = I16(dark + I16(v <= I16(20)))
        bright = I16(bright + I16(v >= I16(235)))
        moved = I16(moved + I16(I16(abs(d)) > I16(8)))
    for x in range(w):
        band[x] = I32(band[x] + I32(here[x]))
    return square, dark, bright, moved


@numba.njit(nogil=True)
def _bends(up, mid, down, w):  # type: ignore[no-untyped-def]
    """Sum of the squared Laplacian of one row; 2048 of them (1020 squared each) fit 32 bits."""
    total = 0
    for a in range(0, w - 2, 2048):
        b = min(w - 2, a + 2048)
        above, left, here = up[a + 1 : b + 1], mid[a:b], mid[a + 1 : b + 1]
        right, below = mid[a + 2 : b + 2], down[a + 1 : b + 1]
        q = I32(0)
        for x in range(b - a):
            around = I16(I16(I16(above[x]) + I16(below[x])) + I16(I16(left[x]) + I16(right[x])))
            v = I16(I16(I16(4) * I16(here[x])) - around)
            q = I32(q + I32(I32(v) * I32(v)))
        total += q
    return total


@numba.njit(nogil=True)
def _sum(row):  # type: ignore[no-untyped-def]
    """Sum of a row of bytes: 256 of them fit 16 bits, in which twice as many are added at once as in 32."""
    total = 0
    for a in range(0, len(row), 256):
        part = row[a : a + 256]
        t = U16(0)
        for x in range(len(part)):
            t = U16(t + U16(part[x]))
        total += t
    return total


@numba.njit(nogil=True)
def _steps(now, before, rows, pieces, w):  # type: ignore[no-untyped-def]
    """Sum of luma of every second row, and of absolute differences to the plane before; both over ``w`` columns.

    Fills the sums of every second row and their steps from the one before in eight pieces. Each row is gone through
    once, while it is near: two planes are larger than the cache.
    """
    total, change, h = 0, 0, now.shape[0]
    above = now[0][:w]
    for y in range(0, h, 2):
        here = now[y][:w]
        change += _apart(here, before[y][:w])
        if y + 1 < h:
            change += _apart(now[y + 1][:w], before[y + 1][:w])
        t = _sum(here)
        for i in range(SIDE):
            a, b = U64(w * i // SIDE), U64(w * (i + 1) // SIDE)
            pieces[y // 2, i] = _apart(here[a:b], above[a:b])
        total += t
        rows[y // 2] = t
        above = here
    return total, change


@numba.njit(nogil=True)
def _textures(now, before, columns, thumbs):  # type: ignore[no-untyped-def]
    """Sums over the textured rows: square, dark, bright, moved, squared Laplacian; fills column sums and thumbnail.

    A row is at most 32767 pixels, so that its counts fit 16 bits.
    """
    h, w = now.shape[0], len(columns)
    every = _every(h)
    square, dark, bright, moved, bends = 0, 0, 0, 0, 0
    band = np.zeros(w, np.int32)
    part, count = 0, 0
    for y in range(every // 2, h + every, every):
        while part < SIDE and y >= h * (part + 1) // SIDE:
            _band(band, thumbs[part * SIDE : (part + 1) * SIDE], count)
            part += 1
            if part == SIDE or h * (part + 1) // SIDE > h * part // SIDE:
                columns += band
                band[:] = 0
                count = 0
        if y >= h:
            break
        q, k, i, m = _texture(now[y], before[y], band)
        square += q
        dark += k
        bright += i
        moved += m
        count += 1
        if 0 < y < h - 1:
            bends += _bends(now[y - 1], now[y], now[y + 1], w)
    return square, dark, bright, moved, bends


@numba.njit(nogil=True)
def _shift(now, before):  # type: ignore[no-untyped-def]
    """By how many pixels a profile moved: least absolute difference, refined by a parabola; 0 unless 2 % better."""
    n = len(now)
    margin = min(MARGIN, n // 8)
    if margin < 1:
        return 0.0
    costs = np.empty(2 * margin + 1, np.int32)
    best = 0
    for s in range(2 * margin + 1):
        costs[s] = _apart(now[margin : n - margin], before[2 * margin - s : n - s])
        if costs[s] < costs[best]:
            best = s
    if costs[margin] <= 1.02 * costs[best] or best == 0 or best == 2 * margin:
        return float(best - margin) if costs[margin] > 1.02 * costs[best] else 0.0
    bend = float(costs[best - 1]) - 2.0 * costs[best] + costs[best + 1]
    return best - margin + (0.5 * (costs[best - 1] - costs[best + 1]) / bend if bend > 0 else 0.0)


@numba.njit(nogil=True)
def _median(values):  # type: ignore[no-untyped-def]
    """The upper median, by Hoare's selection."""
    left, right, k = 0, len(values) - 1, len(values) // 2
    work = values.copy()
    while left < right:
        pivot = work[k]
        i, j = left, right
        while i <= j:
            while work[i] < pivot:
                i += 1
            while work[j] > pivot:
                j -= 1
            if i <= j:
                work[i], work[j] = work[j], work[i]
                i += 1
                j -= 1
        if j < k:
            left = i
        if k < i:
            right = j
    return work[k]


@numba.njit(nogil=True)
def _seam(pieces, before):  # type: ignore[no-untyped-def]
    """The largest rise, over half of a row, of steps above the largest of the steps near them in the frame before."""
    worst, h = I32(0), len(pieces)
    near, flat = before.ravel().copy(), before.ravel()
    for k in range(1, SEAM_REACH + 1):
        for x in range(len(flat) - SIDE * k):
            near[x] = max(near[x], flat[x + SIDE * k])
        for x in range(len(flat) - SIDE * k):
            near[x + SIDE * k] = max(near[x + SIDE * k], flat[x])
    work = np.empty(SIDE, np.int32)
    for y in range(1, h):
        rising = 0
        for i in range(SIDE):
            work[i] = pieces[y, i] - near[SIDE * y + i]
            rising += work[i] > worst
        if rising >= 4:
            worst = _fourth(work)
    return worst * SIDE


@numba.njit(nogil=True)
def _band(columns, thumbs, count):  # type: ignore[no-untyped-def]
    """Close one row of the thumbnail: block means from column sums over ``count`` rows."""
    w = len(columns)
    for i in range(SIDE):
        a, b = w * i // SIDE, w * (i + 1) // SIDE
        total = I32(0)
        for x in range(U64(a), U64(b)):
            total = I32(total + columns[x])
        thumbs[i] = total / max(1, (b - a) * count)


@numba.njit(nogil=True)
def _scaled(sums, times, by):  # type: ignore[no-untyped-def]
    """Sums times a number over a number, rounded down: a quotient of doubles is exact where it is whole."""
    for x in range(len(sums)):
        sums[x] = I32(np.float64(sums[x]) * np.float64(times) / np.float64(by))


@kept
def glance(now, before, first, memory, out):  # type: ignore[no-untyped-def]
    """Look at a luma plane ``[h, >= w]`` (contiguous, rows may be padded) beside the plane before it.

    ``first`` says that there is none before (pass ``now`` twice). ``memory`` holds what is kept of the frame before,
    int32: columns ``[w]``, rows ``[(h + 1) // 2]``, eight steps of each ``[(h + 1) // 2, 8]``; it is left describing
    this one. ``out`` float32 receives the numbers of ``core.LOOK`` in their order, except the share of skin.
    """
    columns_before, rows_before, pieces_before = memory
    h, w = now.shape[0], len(columns_before)
    half = len(rows_before)
    columns, rows, pieces = np.zeros(w, np.int32), np.zeros(half, np.int32), np.zeros((half, SIDE), np.int32)
    total, change = _steps(now, before, rows, pieces, w)
    square, dark, bright, moved, bends = _textures(now, before, columns, out[len(out) - SIDE * SIDE :])
    every = _every(h)
    textured = (h + every - 1 - every // 2) // every
    pixels, seen = textured * w, 0
    for x in range(w):
        seen += columns[x]
    _scaled(columns, FINE, textured)
    _scaled(rows, FINE, w)
    steps = np.zeros(half, np.int32)
    for y in range(half):
        of = pieces[y]
        steps[y] = of[0] + of[1] + of[2] + of[3] + of[4] + of[5] + of[6] + of[7]
    middle = max(0.5 * w, float(_median(steps[1:]))) if half > 1 else 0.5 * w
    out[0] = total / (half * w)
    out[1] = np.sqrt(max(0.0, square / pixels - (seen / pixels) ** 2))
    inner = 0
    for y in range(every // 2, h, every):
        inner += 1 if 0 < y < h - 1 else 0
    out[2] = bends / max(1, inner * (w - 2))
    out[3] = dark / pixels
    out[4] = bright / pixels
    out[5] = 0.0 if first else change / (h * w)
    out[6] = 0.0 if first else moved / pixels
    out[7] = steps.max() / middle
    out[8] = 1.0 if change == 0 and not first else 0.0
    out[9:12] = 0
    if not first and change:
        out[9] = _seam(pieces, pieces_before) / (w * max(4.0, out[1]))
        out[10] = _shift(columns, columns_before) / w
        out[11] = _shift(rows, rows_before) / half
    columns_before[:] = columns
    rows_before[:] = rows
    pieces_before[:] = pieces


@kept
def glances(planes, before, first, memory, out):  # type: ignore[no-untyped-def]
    """``glance`` at planes ``[n, h, w]`` one after the other, each beside the one before it; ``out`` ``[n, numbers]``.

    One call for many frames: what comes back to Python between two of them waits for the interpreter's lock.
    """
    for i in range(len(planes)):
        glance(planes[i], before, first and i == 0, memory, out[i])
        before = planes[i]


@kept
def skin_share(blue, red, w):  # type: ignore[no-untyped-def]
    """Share of chroma samples (every eighth, lower two thirds) inside Cb 77..127, Cr 133..173 (Chai and Ngan 1999)."""
    h = blue.shape[0]
    found, seen = 0, 0
    for y in range(h // 3, h, 8):
        for x in range(0, w, 8):
            seen += 1
            if 77 <= blue[y, x] <= 127 and 133 <= red[y, x] <= 173:
                found += 1
    return found / seen if seen else 0.0


@kept
def count_yuv(planes, sides, step, mixed, counts):  # type: ignore[no-untyped-def]
    """Count R, G and B of every ``step``-th pixel of a YUV frame into int64 ``[3, 256]``.

    ``sides`` are height and width of luma and of chroma, ``mixed`` the luma scale and offset and the weights of the
    chroma differences: red, blue, green of red, green of blue.
    """
    light, blue, red = planes
    (h, w), (down, across) = sides
    scale, black, to_red, to_blue, green_red, green_blue = mixed
    for y in range(0, h, step):
        below = min(y * down // h, down - 1)
        for x in range(0, w, step):
            beside = min(x * across // w, across - 1)
            base = (light[y, x] - black) * scale + 0.5
            u, v = blue[below, beside] - 128.0, red[below, beside] - 128.0
            counts[0, int(min(255.0, max(0.0, base + to_red * v)))] += 1
            counts[1, int(min(255.0, max(0.0, base - green_red * v - green_blue * u)))] += 1
            counts[2, int(min(255.0, max(0.0, base + to_blue * u)))] += 1


@kept
def count_rgb(pixels, step, counts):  # type: ignore[no-untyped-def]
    """Count R, G and B of every ``step``-th pixel of RGB pixels, rows end to end, into int64 ``[3, 256]``."""
    for y in range(0, pixels.shape[0], step):
        for x in range(0, pixels.shape[1] // 3, step):
            for i in range(3):
                counts[i, pixels[y, 3 * x + i]] += 1


@kept
def grey(pixels, out):  # type: ignore[no-untyped-def]
    """BT.601 luma of RGB pixels, rows end to end ``[h, 3 * w]``, into uint8 ``[h, w]``.

    A fixed step of three becomes vector shuffles: 29 us for 320 x 240, where ``[h, w, 3]`` takes 129. The weighted sum
    is at most 65408, in 16 bits.
    """
    h, w = out.shape
    for y in range(h):
        row, made = pixels[y], out[y]
        for x in range(U64(w)):
            red, green, blue = U16(row[3 * x]), U16(row[3 * x + 1]), U16(row[3 * x + 2])
            mixed = U16(U16(U16(77) * red) + U16(U16(150) * green))
            made[x] = np.uint8(U16(mixed + U16(U16(U16(29) * blue) + U16(128))) >> U16(8))


@kept
def turned(pixels, out):  # type: ignore[no-untyped-def]
    """BGR to RGB and back, all pixels end to end; numpy takes 34 times as long."""
    for x in range(U64(len(pixels) // 3)):
        out[3 * x] = pixels[3 * x + 2]
        out[3 * x + 1] = pixels[3 * x + 1]
        out[3 * x + 2] = pixels[3 * x]


@kept
def skin_of_rgb(pixels, w):  # type: ignore[no-untyped-def]
    """The same share from RGB pixels, rows end to end: BT.601 chroma of every eighth pixel of the lower two thirds."""
    found, seen = 0, 0
    for y in range(pixels.shape[0] // 3, pixels.shape[0], 8):
        for x in range(0, w, 8):
            seen += 1
            r, g, b = F32(pixels[y, 3 * x]), F32(pixels[y, 3 * x + 1]), F32(pixels[y, 3 * x + 2])
            blue = F32(F32(F32(F32(128) - F32(F32(0.168736) * r)) - F32(F32(0.331264) * g)) + F32(F32(0.5) * b))
            red = F32(F32(F32(F32(128) + F32(F32(0.5) * r)) - F32(F32(0.418688) * g)) - F32(F32(0.081312) * b))
            if F32(77) <= blue <= F32(127) and F32(133) <= red <= F32(173):
                found += 1
    return found / seen if seen else 0.0
