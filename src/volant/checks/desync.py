"""A lag between command and state that the rest of the set does not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from volant.core import Episode, Fact, Sketch, Stream, Verdict

from ._beside import align, followers
from ._groups import by_group
from .lag import best_lag

__all__ = ["Desync"]

_MOST = 24


class Desync:
    """How far an episode's lag between command and state lies from the median of its body, in milliseconds.

    The lag is the best shift of the first 512 samples, counted where its correlation is at least 0.7.
    """

    name = "desync"
    version = "1"
    unit = "ms"
    floor = 70.0
    limit = 150.0
    verdict = Verdict.REVIEW
    why = "{stream} follows its command {value:.3g} {unit} earlier or later than in the rest of the set."

    def sketch(self, episode: Episode, looks: Mapping[str, Stream]) -> tuple[Sketch, ...]:
        """The lag in milliseconds, per state and its command."""
        made = []
        for one, other in followers([stream.signal for stream in episode.streams]):
            state, command = episode[one].part(0, 512), episode[other]
            n = len(state)
            if n < 48 or not len(command):
                continue
            x = np.array(state.values, dtype=np.float64).reshape(n, -1)
            y = np.empty_like(x)
            align(
                np.array(state.t),
                np.array(command.t),
                np.array(command.values, dtype=np.float64).reshape(len(command), -1),
                y,
            )
            lag, sure = best_lag(x, y, _MOST)
            if sure >= 0.7:
                period = (int(state.t[-1]) - int(state.t[0])) / 1e6 / (n - 1)
                made.append(Sketch(episode.id, f"{episode.origin.embodiment}|{one}", (lag * period,)))
        return tuple(made)

    def compare(self, sketches: Sequence[Sketch]) -> Iterable[Fact]:
        """One fact per episode whose lag is unlike the others'."""
        by = f"checks/{self.name}@{self.version}"
        for name, subjects, values in by_group(sketches, least=5):
            away = np.abs(values[:, 0] - np.median(values[:, 0]))
            usual = 1.4826 * np.median(away)
            for place in np.flatnonzero(away > max(self.floor, 4 * usual)):
                stream = name.split("|")[-1]
                yield Fact(subjects[place], f"check/{self.name}", float(away[place]), by, stream=stream)
