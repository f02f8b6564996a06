"""A recorder that waits: what happens goes through a ring buffer, and only what a trigger asks for is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt

from ..core import Signal
from ..core.errors import BadValue
from .recorder import Recorder, signal_of
from .triggers import Fired, Passive, Trigger

__all__ = ["Standby"]


@dataclass(eq=False)
class Standby:
    """Takes samples as ``Recorder`` does. Each stretch that a trigger asks for becomes one episode of ``recorder``.

    Without a recorder it is a dry run: nothing is kept, and ``told`` says gate by gate why triggers fired or did not.
    Video packets cannot wait, because they need those before them: stills can.
    """

    triggers: Sequence[Trigger]
    recorder: Recorder | None = None
    fired: list[tuple[int, int, list[str]]] = field(default_factory=list)
    _ring: Passive = field(init=False)
    _signals: dict[str, Signal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ring = Passive(self.triggers, explain=self.recorder is None)

    @property
    def told(self) -> list[Fired]:
        """What each trigger made of the moments at which it came nearer to firing, or went farther from it."""
        return self._ring.told

    def log(self, name: str, t: int, value: npt.ArrayLike, **meaning: Any) -> None:
        """One sample of numbers, as ``Recorder.log`` takes it; ``t`` in ns."""
        x = np.asarray(value)
        signal = self._signals.get(name)
        if signal is None:
            signal = self._signals[name] = signal_of(name, x, meaning)
        self.columns(signal, np.array([t], np.int64), x[None])

    def columns(self, signal: Signal, t: npt.NDArray[np.int64], x: npt.NDArray[Any]) -> None:
        """Many samples at once."""
        if len(t):
            self._ring.samples(signal, t, x)
            self._record()

    def picture(self, name: str, t: float | None, frame: npt.NDArray[np.uint8] | bytes, **meaning: Any) -> None:
        """One still, as ``Recorder.picture`` takes it; ``t`` in ns."""
        if t is None:
            raise BadValue("A picture that waits needs its time.")
        if meaning.get("codec") and not meaning.get("key", True):
            raise BadValue(f"Packets of {name} cannot wait.", do="Record stills, or record everything.")
        blob = frame if isinstance(frame, bytes) else bytes(imagecodecs.jpeg_encode(np.ascontiguousarray(frame), 90))
        self._ring.picture(name, meaning, int(t), blob)
        self._record()

    def mark(self, name: str, value: str = "", t: int = 0) -> None:
        """Something happens; ``t`` in ns."""
        del value
        self._ring.mark(name, t)
        self._record()

    def flush(self) -> None:
        """Nothing waits here but what the ring holds."""

    def close(self) -> None:
        """Record stretches that would have gone on, as far as they came."""
        self._record(final=True)

    def _record(self, *, final: bool = False) -> None:
        for first, last, names in self._ring.due(final=final):
            self.fired.append((first, last, names))
            rec = self.recorder
            if rec is None:
                continue
            rec.begin()
            rec.mark("trigger", ", ".join(names), t=min(last, self._ring.now))
            for name, (what, t, x) in self._ring.between(first, last).items():
                if isinstance(what, Signal):
                    rec.columns(what, t, x)
                elif isinstance(what, dict):
                    for at, blob in zip(t.tolist(), x, strict=True):
                        rec.picture(name, at, blob, **what)
            rec.end()
