"""What a robot's program holds while it records: streams by name, episodes, marks, and the light."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, TypedDict

import imagecodecs
import numpy as np
import numpy.typing as npt

from ..core import Kind, Signal
from ..core.errors import BadValue, Refused
from ..video import image_codec
from ..wire import ORIGIN, Offset, event, picture, samples, seal, unpack
from ..wire.spool import Spool
from .link import Link, Told, address
from .outbox import Outbox
from .sync import hold, place

__all__ = ["Recorder", "Recording", "signal_of"]

BATCH = 0.01
"""Seconds that numbers are gathered for before they travel."""
SYNC = 0.5
"""Seconds between two moments at which the spool survives a loss of power."""
_MEANING = ("dtype", "unit", "frame", "hz", "dims")
_DTYPES = "?bhilqBHILQfd"

Number = npt.ArrayLike


class Recording(TypedDict, total=False):
    """What may be said of a recording as it begins; see ``Recorder``."""

    task: str
    instruction: str
    scene: str
    order: str
    embodiment: str
    robot: str
    operator: str
    site: str
    region: str
    tier: str
    licence: str
    consent: str
    policy: str
    simulated: bool
    token: str
    spool: str | Path
    on_light: Callable[[Told], None]
    timeout: float
    clock: Callable[[], int]


class Recorder:
    """Records one session. Samples go to disk at once and to the server as soon as it can be reached.

    ``to`` is a server (``http://host:7070``), or a folder that ``volant record --sync`` sends later; ``None`` is the
    spool's own folder. Times are ns since 1970 as integers, or seconds as floats; ``None`` is now. Leaving the ``with``
    block ends the episode, ``aborted`` after an exception, and waits up to ``timeout`` seconds until the server has it;
    what it has not then stays in the spool. ``on_light`` is told whenever the light changes.
    """

    def __init__(self, to: str | Path | None = None, **how: Any) -> None:
        self._clock: Callable[[], int] = how.pop("clock", time.time_ns)
        self._timeout = float(how.pop("timeout", 30.0))
        self._on_light = how.pop("on_light", None)
        token = how.pop("token", None) or os.environ.get("VOLANT_TOKEN", "")
        self._url = str(to) if to is not None and "://" in str(to) else ""
        if self._url:
            address(self._url)
        folder = how.pop("spool", None) or (to if to is not None and not self._url else None)
        self._said = _checked(how)
        self.session = secrets.token_hex(12)
        """The name of the session."""
        self.path = place(folder) / f"{self.session}.mcap"
        """The spool's file; it goes when the server has everything."""
        self._held = hold(self.path)
        self._spool = Spool(self.path)
        self._box = Outbox(self.path, self.session, self._spool)
        self._lock = threading.RLock()
        self._numbers: dict[str, int] = {}
        self._signals: dict[str, Signal] = {}
        self._gathered: dict[str, tuple[list[int], list[npt.NDArray[Any]]]] = {}
        self._episode, self._count = "", 0
        self._crcs: list[int] = []
        self._ended: set[str] = set()
        self._closed = threading.Event()
        title = str(self._said["origin"].get("robot") or "")
        self._link = None
        if self._url:
            self._link = Link(self._url, self._box, token, title, self._clock, self._heard, self._compared)
        if self._link:
            self._link.start()
        self._flusher = threading.Thread(target=self._flushing, name="volant-record", daemon=True)
        self._flusher.start()

    @property
    def told(self) -> Told:
        """What the server said last."""
        return self._link.told if self._link else Told()

    @property
    def offset(self) -> Offset | None:
        """How far the server's clock is ahead of this one; ``None`` until they were compared."""
        return self._link.offset if self._link else None

    @property
    def stored(self) -> Mapping[str, Mapping[str, Any]]:
        """Episodes that are in the lake, by this recorder's names: id, verdict and reasons."""
        return self._link.stored if self._link else {}

    def begin(self, **said: Any) -> str:
        """An episode begins; what is said here goes before what was said to the recorder. Its name."""
        with self._lock:
            self._open()
            if self._episode:
                self.end("aborted")
            self._count += 1
            self._episode = f"{self._count:04d}-{secrets.token_hex(4)}"
            whole = {**self._said, **{k: v for k, v in said.items() if k not in ORIGIN}}
            whole["origin"] = {**self._said["origin"], **{k: v for k, v in said.items() if k in ORIGIN}}
            _checked({**{k: v for k, v in whole.items() if k != "origin"}, **whole["origin"]})
            self._crcs = []
            self._event({"event": "begin", "episode": self._episode, **whole})
            return self._episode

    def declare(self, name: str, kind: str | Kind, shape: Sequence[int] = (), *, codec: str = "", **more: Any) -> None:
        """Say what a stream means before its first sample: ``dtype``, ``unit``, ``frame``, ``hz``, ``dims``."""
        with self._lock:
            self._open()
            stated: dict[str, Any] = {**more, "dims": tuple(more.get("dims", ()))}
            signal = Signal(name, Kind(kind), tuple(shape), **stated)
            if name in self._numbers:
                if self._signals[name] != signal:
                    raise Refused(f"Stream {name!r} was declared as {self._signals[name]!r}.", do="Use another name.")
                return
            number = self._numbers[name] = len(self._numbers) + 1
            self._signals[name] = signal
            said = {**asdict(signal), "kind": signal.kind.value}
            self._event(
                {"event": "stream", "number": number, "signal": said, "codec": codec}, sealed=bool(self._episode)
            )

    def log(self, name: str, t: float | None, value: Number, **meaning: Any) -> None:
        """One sample of numbers. A stream's first declares it: ``kind`` (default state), ``unit``, ``hz``, ``dims``."""
        x = np.asarray(value)
        if x.dtype.char not in _DTYPES:
            raise BadValue(
                f"{name}: {str(value)[:60]!r} is no number.", instead="Numbers, or arrays of them, are logged."
            )
        with self._lock:
            self._begun()
            signal = self._signals.get(name)
            if signal is None:
                signal = signal_of(name, x, meaning)
                self.declare(name, signal.kind, x.shape, **{key: getattr(signal, key) for key in _MEANING})
            if x.shape != signal.shape:
                raise BadValue(f"{name}: a sample of shape {x.shape}, and {signal.shape} was declared.")
            times, values = self._gathered.setdefault(name, ([], []))
            times.append(self._ns(t))
            values.append(x.astype(signal.dtype, copy=True))

    def columns(self, signal: Signal, t: npt.NDArray[np.int64], x: npt.NDArray[Any]) -> None:
        """Many samples of one stream at once: ``t`` ``[n]`` ns, ``x`` ``[n, *shape]``; they travel now."""
        if not len(t):
            return
        with self._lock:
            self._begun()
            self.declare(signal.name, signal.kind, signal.shape, **{key: getattr(signal, key) for key in _MEANING})
            self.flush()
            number, plain = self._numbers[signal.name], np.ascontiguousarray(x, signal.dtype)
            self._add(lambda seq: samples(number, seq, t, plain), int(t[0]))

    def picture(
        self, name: str, t: float | None, frame: npt.NDArray[np.uint8] | bytes, *, key: bool = True, **meaning: Any
    ) -> None:
        """One picture: ``[h, w, 3]`` RGB or ``[h, w]`` grey uint8, sent as JPEG; or an encoded still or packet.

        The first of a stream declares it; packets need ``codec`` and ``shape`` then, and ``key`` where one begins anew.
        """
        blob = frame if isinstance(frame, bytes) else bytes(imagecodecs.jpeg_encode(np.ascontiguousarray(frame), 90))
        with self._lock:
            self._begun()
            if name not in self._numbers:
                codec = meaning.pop("codec", "") or image_codec(blob)
                shape = meaning.pop("shape", None) or _shape(blob)
                kind = meaning.pop("kind", Kind.IMAGE)
                self.declare(name, kind, shape, codec=codec, **{"dtype": "uint8", "unit": "1", **meaning})
            self.flush()
            number, now = self._numbers[name], self._ns(t)
            self._add(lambda seq: picture(number, seq, now, blob, key=key), now)

    def mark(self, name: str, value: str = "", t: float | None = None) -> None:
        """Something happens now: takeover, handback, estop, button, or a word of one's own."""
        with self._lock:
            self._begun()
            self.flush()
            self._event({"event": "mark", "name": name, "value": value}, t=self._ns(t))

    def end(self, outcome: str = "", cause: str = "") -> None:
        """The episode ends; what came of it, and why where it failed."""
        with self._lock:
            if not self._episode:
                return
            self.flush()
            said = {
                "event": "end",
                "episode": self._episode,
                "outcome": outcome,
                "cause": cause,
                "seal": seal(self._crcs),
            }
            self._event(said, sealed=False)
            self._ended.add(self._episode)
            self._episode = ""
            self._box.write(sync=True)

    def flush(self) -> None:
        """Let everything that was gathered travel now."""
        with self._lock:
            for name, (times, values) in self._gathered.items():
                if times:
                    number, t, x = self._numbers[name], np.array(times, np.int64), np.stack(values)
                    self._add(lambda seq, number=number, t=t, x=x: samples(number, seq, t, x), int(t[0]))  # type: ignore[misc]
                    times.clear()
                    values.clear()

    def close(self, outcome: str = "") -> bool:
        """End, and wait for the server; whether it has everything. What it has not stays in the spool."""
        if self._closed.is_set():
            return not self.path.exists()
        self.end(outcome)
        self._closed.set()
        self._flusher.join()
        self._box.write(sync=True)
        try:
            whole = self._link.finish(set(self._ended), self._timeout) if self._link else False
            self._spool.close()
            if whole and not self._box.waiting:
                self.path.unlink(missing_ok=True)
        finally:
            self._held.close()
            self.path.with_suffix(".lock").unlink(missing_ok=True)
        if self._link and self._link.refused:
            raise self._link.refused
        return whole

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close("aborted" if kind is not None and self._episode else "")

    def _flushing(self) -> None:
        synced = 0.0
        while not self._closed.wait(BATCH):
            self.flush()
            synced += BATCH
            self._box.write(sync=synced >= SYNC)
            synced = 0.0 if synced >= SYNC else synced

    def _begun(self) -> None:
        self._open()
        if not self._episode:
            self.begin()

    def _open(self) -> None:
        if self._closed.is_set():
            raise Refused("This recording was closed.", do="Begin another one.")
        if self._link and self._link.refused:
            raise self._link.refused

    def _event(self, said: dict[str, Any], *, sealed: bool = True, t: int | None = None) -> None:
        now = self._clock() if t is None else t
        self._add(lambda seq: event(seq, now, said), now, sealed=sealed)

    def _add(self, made: Callable[[int], bytes], t: int, *, sealed: bool = True) -> None:
        kept: list[bytes] = []

        def once(seq: int) -> bytes:
            kept.append(made(seq))
            return kept[0]

        self._box.add(once, t, self._clock())
        if sealed and self._episode:
            self._crcs.append(unpack(kept[0]).crc)

    def _compared(self, offset: Offset) -> None:
        """The clocks were compared: say so, where the session still goes on."""
        with self._lock:
            if not self._closed.is_set():
                self._event({"event": "clock", "offset": offset.ns, "rtt": offset.rtt, "n": offset.n})

    def _ns(self, t: float | None) -> int:
        if t is None:
            return self._clock()
        return int(t) if isinstance(t, int | np.integer) else round(t * 1e9)

    def _heard(self, told: Told) -> None:
        if self._on_light is not None:
            self._on_light(told)


def signal_of(name: str, x: npt.NDArray[Any], meaning: Mapping[str, Any]) -> Signal:
    """What a stream means by its first sample and what was said of it; ``kind`` is state where nothing was."""
    said: dict[str, Any] = {"dtype": x.dtype.name, **meaning, "dims": tuple(meaning.get("dims", ()))}
    kind = Kind(said.pop("kind", "state" if x.shape else "scalar"))
    return Signal(name, kind, x.shape, **said)


def _checked(said: Mapping[str, Any]) -> dict[str, Any]:
    """What an episode begins with; refused where nobody knows the word."""
    known = ("task", "instruction", "scene", "order", "simulated")
    for name in said:
        if name not in (*known, *ORIGIN):
            raise BadValue(f"A recording has no {name!r}.", instead=f"Known: {', '.join((*known, *ORIGIN))}.")
    origin = {name: said[name] for name in ORIGIN if said.get(name)}
    return {**{name: said[name] for name in known if said.get(name)}, "origin": origin}


def _shape(blob: bytes) -> tuple[int, int, int]:
    from ..video import image_shape

    return image_shape(blob)[0]
