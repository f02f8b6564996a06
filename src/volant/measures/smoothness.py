"""How smoothly a body moves: spectral arc length (SPARC) of its speed; 0 is ideal, more negative is jerkier."""

from __future__ import annotations

import numpy as np

from ..core import Episode
from ._motion import motion, speed

__all__ = ["Smoothness"]

CUTOFF = 10.0
"""Hz: human motion holds no more (Balasubramanian et al. 2015)."""
LEVEL = 0.05
"""Share of the largest amplitude below which the spectrum is taken for noise (same source)."""


class Smoothness:
    """SPARC: minus the length of the normalised amplitude spectrum of speed (Balasubramanian et al. 2015, eq. 9)."""

    name = "smoothness"
    version = "2"
    unit = "1"

    def of(self, episode: Episode) -> float | None:
        """One number for the whole episode; ``None`` where nothing moves."""
        found = motion(episode)
        if found is None:
            return None
        path, rate = found
        v = speed(path, rate)
        size = 1 << (int(np.ceil(np.log2(len(v)))) + 4)
        spectrum = np.abs(np.fft.rfft(v, size))
        if spectrum[0] <= 0:
            return None
        spectrum = spectrum / spectrum.max()
        hz = np.fft.rfftfreq(size, 1 / rate)
        inside = np.flatnonzero((hz <= CUTOFF) & (spectrum >= LEVEL))
        band = spectrum[inside[0] : inside[-1] + 1]
        if len(band) < 2:
            return 0.0
        return -float(np.sum(np.hypot(1 / (len(band) - 1), np.diff(band))))
