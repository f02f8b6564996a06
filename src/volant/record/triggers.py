"""Passive recording: nothing is kept but the last seconds, until something happens that is worth keeping."""

from __future__ import annotations

import tomllib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from .. import plug
from ..core import Check, Signal
from ..core.errors import BadValue, NotFound, suggest
from ..intake.bank import Bank

__all__ = ["APART", "Fired", "Gate", "Passive", "Trigger", "load", "parse"]

APART = 2_000_000_000
"""How far streams may lag behind one another, ns: so much more is kept than the longest trigger asks for."""

Times = npt.NDArray[np.int64]
Values = npt.NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a stretch is worth keeping, and how much of it.

    ``mark`` fires on a mark of that name (takeover, estop, button). ``check`` fires where that check finds something,
    of one ``stream`` or of any; ``above`` replaces its limit. Otherwise ``stream`` fires where the Euclidean length of
    its samples (of the dimensions ``dims`` where given) is above ``above``, or changes by more than ``step`` from one
    sample to the next, for at least ``lasts`` seconds. ``before`` and ``after`` are the seconds that are kept around
    that moment, ``rest`` those that pass until it may fire again.
    """

    name: str
    mark: str = ""
    check: str = ""
    stream: str = ""
    dims: tuple[int, ...] = ()
    above: float | None = None
    step: float | None = None
    lasts: float = 0.0
    before: float = 10.0
    after: float = 5.0
    rest: float = 0.0

    def __post_init__(self) -> None:
        if bool(self.mark) == bool(self.stream or self.check):
            raise BadValue(
                f"The trigger {self.name!r} waits for nothing, or for two things.",
                do="Give a mark, a check, or a stream with above or step.",
            )
        if self.check and self.check not in (known := _checks()):
            raise NotFound(
                f"The trigger {self.name!r} has no check {self.check!r}.", instead=suggest(self.check, known)
            )
        if self.stream and not self.check and (self.above is None) == (self.step is None):
            raise BadValue(f"The trigger {self.name!r} needs either above or step.")
        if not all(0 <= value <= 3600 for value in (self.lasts, self.before, self.after, self.rest)):
            raise BadValue(f"The trigger {self.name!r} has an impossible duration.", do="Use 0 to 3600 seconds.")


@dataclass(frozen=True, slots=True)
class Gate:
    """One step on the way to firing: what was asked, what was found, and whether it was passed."""

    asked: str
    found: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Fired:
    """What a trigger made of one moment: gate by gate, and whether it fired."""

    trigger: str
    t: int
    gates: tuple[Gate, ...]

    @property
    def fired(self) -> bool:
        """Whether every gate was passed."""
        return all(gate.passed for gate in self.gates)


@dataclass(slots=True)
class _Kept:
    """The last seconds of one stream: batches with their times."""

    what: object
    batches: deque[tuple[Times, Any]] = field(default_factory=deque)


@dataclass(eq=False)
class Passive:
    """A ring buffer and its triggers. Feed it what happens; ``due`` gives stretches that are whole, once each.

    What fires again before a stretch is whole makes it longer. ``told`` keeps, for a dry run, what each trigger made of
    the moments at which it came nearer to firing, or went farther from it.
    """

    triggers: Sequence[Trigger]
    explain: bool = False
    told: list[Fired] = field(default_factory=list)
    _streams: dict[str, _Kept] = field(default_factory=dict)
    _stretches: list[tuple[int, int, list[str]]] = field(default_factory=list)
    _since: dict[str, int] = field(default_factory=dict)
    _last: dict[str, int] = field(default_factory=dict)
    _before: dict[str, Values] = field(default_factory=dict)
    _banks: dict[tuple[str, str], Bank] = field(default_factory=dict)
    now: int = 0

    def samples(self, signal: Signal, t: Times, x: Values) -> None:
        """A batch of numbers."""
        self._keep(signal.name, signal, t, x)
        flat = x.reshape(len(t), -1).astype(np.float64)
        for trigger in self.triggers:
            if trigger.check and trigger.stream in ("", signal.name):
                self._checked(trigger, signal, t, flat)
            elif trigger.stream == signal.name and not trigger.check:
                self._looked(trigger, t, flat[:, list(trigger.dims)] if trigger.dims else flat)

    def picture(self, name: str, what: object, t: int, blob: bytes) -> None:
        """A picture or packet; ``what`` comes back with it."""
        self._keep(name, what, np.array([t], np.int64), [blob])

    def mark(self, name: str, t: int) -> None:
        """Something happened."""
        self.now = max(self.now, t)
        for trigger in self.triggers:
            if trigger.mark:
                gates = [Gate(f"mark {trigger.mark}", f"mark {name}", name == trigger.mark)]
                self._decide(trigger, t, gates)

    def due(self, *, final: bool = False) -> list[tuple[int, int, list[str]]]:
        """Stretches (first ns, last ns, names of triggers) whose end has passed; all of them where it is ``final``."""
        ready = [one for one in self._stretches if final or one[1] < self.now]
        self._stretches = [one for one in self._stretches if one not in ready]
        return ready

    def between(self, first: int, last: int) -> dict[str, tuple[object, Times, Any]]:
        """Everything that was kept of a stretch, both ends included, by stream."""
        found = {}
        for name, kept in self._streams.items():
            t = np.concatenate([part for part, _ in kept.batches]) if kept.batches else np.zeros(0, np.int64)
            inside = (t >= first) & (t <= last)
            if inside.any():
                whole: Any = [one for _, part in kept.batches for one in part]
                chosen = np.flatnonzero(inside).tolist()
                values = [whole[i] for i in chosen]
                found[name] = (kept.what, t[inside], values if isinstance(values[0], bytes) else np.stack(values))
        return found

    def _keep(self, name: str, what: object, t: Times, x: Any) -> None:
        kept = self._streams.setdefault(name, _Kept(what))
        kept.batches.append((t, x))
        self.now = max(self.now, int(t.max()))
        longest = max((trigger.before for trigger in self.triggers), default=0.0)
        begun = int(t.min()) - round(longest * 1e9) - APART
        oldest = min([begun, *(first for first, _, _ in self._stretches)])
        for one in self._streams.values():
            while one.batches and int(one.batches[0][0].max()) < oldest:
                one.batches.popleft()

    def _checked(self, trigger: Trigger, signal: Signal, t: Times, x: npt.NDArray[np.float64]) -> None:
        """Scores of a check for a batch, with its look-back before it."""
        check = _checks()[trigger.check]
        if not check.applies(signal):
            return
        bank = self._banks.get((trigger.name, signal.name))
        if bank is None:
            bank = self._banks[trigger.name, signal.name] = Bank(signal, reach=check.reach.samples)
            bank.open("")
        bank.add(np.zeros(len(t), np.int64), t, x)
        scores = check.scores(bank.last(0, check.reach.samples + len(t)))[-len(t) :]
        limit = check.limit if trigger.above is None else trigger.above
        self._judged(trigger, t, scores, (f"{check.name} of {signal.name} above {limit:g} {check.unit}", limit))

    def _looked(self, trigger: Trigger, t: Times, x: npt.NDArray[np.float64]) -> None:
        """The size of samples, or of what they change by."""
        if trigger.step is not None:
            joined = np.concatenate([self._before.get(trigger.name, x[:1]), x])
            self._before[trigger.name] = x[-1:]
            size, limit = np.linalg.norm(np.diff(joined, axis=0), axis=1), trigger.step
            self._judged(trigger, t, size, (f"{trigger.stream} changes by more than {limit:g}", limit))
        else:
            limit = trigger.above or 0.0
            self._judged(trigger, t, np.linalg.norm(x, axis=1), (f"{trigger.stream} above {limit:g}", limit))

    def _judged(self, trigger: Trigger, t: Times, size: npt.NDArray[Any], asked: tuple[str, float]) -> None:
        words, limit = asked
        if not self.explain and not (size > limit).any():
            self._since.pop(trigger.name, None)
            return
        for at, value in zip(t.tolist(), size.tolist(), strict=True):
            over = value > limit
            if not over:
                self._since.pop(trigger.name, None)
                if not self.explain:
                    continue
            since = self._since.setdefault(trigger.name, at) if over else at
            gates = [Gate(words, f"{value:.4g}", over)]
            if trigger.lasts:
                lasted = (at - since) / 1e9
                gates.append(Gate(f"for {trigger.lasts:g} s", f"for {lasted:.3g} s", lasted >= trigger.lasts))
            self._decide(trigger, at, gates)

    def _decide(self, trigger: Trigger, t: int, gates: list[Gate]) -> None:
        last = self._last.get(trigger.name)
        passed = (t - last) / 1e9 if last is not None else None
        if trigger.rest:
            words = "never before" if passed is None else f"{passed:.3g} s after"
            late = passed is None or passed >= trigger.rest
            gates.append(Gate(f"{trigger.rest:g} s after the last", words, late))
        made = Fired(trigger.name, t, tuple(gates))
        if self.explain:
            self._remember(made)
        if made.fired:
            self._last[trigger.name] = t
            self._stretch(t - round(trigger.before * 1e9), t + round(trigger.after * 1e9), trigger.name)

    def _stretch(self, first: int, last: int, name: str) -> None:
        names = [name]
        apart = []
        for one in self._stretches:
            if one[0] <= last and first <= one[1]:
                first, last = min(first, one[0]), max(last, one[1])
                names = [*one[2], *(word for word in names if word not in one[2])]
            else:
                apart.append(one)
        self._stretches = [*apart, (first, last, names)]

    def _remember(self, made: Fired) -> None:
        """Of each trigger the moments at which another number of its gates was passed than before."""
        passed = sum(gate.passed for gate in made.gates)
        before = next((one for one in reversed(self.told) if one.trigger == made.trigger), None)
        if before is None or sum(gate.passed for gate in before.gates) != passed:
            self.told.append(made)


@cache
def _checks() -> dict[str, Check]:
    return {name: check for name, check in plug.checks().items() if isinstance(check, Check)}


class _File(msgspec.Struct, forbid_unknown_fields=True):
    trigger: list[dict[str, Any]]


def load(path: Path) -> tuple[Trigger, ...]:
    """The triggers of a TOML file."""
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise NotFound(f"The triggers {path} cannot be read: {error.strerror}.") from error


def parse(text: str, where: str = "triggers") -> tuple[Trigger, ...]:
    """Triggers from TOML: one ``[[trigger]]`` table each, with the names of ``Trigger``."""
    try:
        raw = msgspec.convert(tomllib.loads(text), _File)
        found = tuple(_trigger(one) for one in raw.trigger)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadValue(
            f"{where} holds no triggers: {error}.", do="Write [[trigger]] tables with name, mark or stream."
        ) from error
    names = [one.name for one in found]
    if len(set(names)) != len(names):
        raise BadValue(f"{where} names a trigger twice.")
    return found


def _trigger(raw: Mapping[str, Any]) -> Trigger:
    said: dict[str, Any] = {**raw, "dims": tuple(raw.get("dims", ()))}
    return Trigger(**said)
