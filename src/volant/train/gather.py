"""From episodes to what a learner reads: the robot's own senses beside its commands, sample by sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..core import CONTROL, Demonstrations, Episode, Kind, Selection, Signal, Stream
from ..core.errors import BadValue, suggest

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["FAILED", "Gathering", "gather", "gather_from"]

FAILED = ("failure", "aborted", "invalid")
"""Outcomes that count as failures. Where nobody said how an episode ended it is taken for a demonstration."""

_KINDS = (Kind.ACTION, Kind.REWARD, Kind.FLAG, Kind.EVENT, Kind.CLOCK, Kind.LANGUAGE, Kind.BLOB, Kind.LOOK)
_OWN = ("control", "success", "progress")
_TRUTHS = ("label/", "mark/")

Array = npt.NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Gathering:
    """What to learn from in each episode.

    ``observations`` names the signals that the policy will see (empty: every number that the robot senses; never
    labels, for no robot could sense them), ``action`` the command (empty: the only one there is). Without ``own``,
    samples in which a policy acted weigh nothing.
    """

    observations: tuple[str, ...] = ()
    action: str = ""
    own: bool = True


def gather(
    episodes: Iterable[Episode], how: Gathering | None = None, *, weights: Mapping[str, float] | None = None
) -> Demonstrations:
    """Lay episodes out for a learner, every observation as it was when the command was given.

    Streams on other clocks are read at their last sample before the command's. All episodes must have the same
    signals; the first that differs is named. ``weights`` is how much an episode counts, by id (default 1).
    """
    named = ((episode.id, episode, _outcome(episode)) for episode in episodes)
    return _laid(named, how or Gathering(), weights or {})


def gather_from(store: Store, selection: Selection, how: Gathering | None = None) -> Demonstrations:
    """The same for a selection of a lake: its weights, and outcomes as they were known at its version."""
    how = how or Gathering()
    table = store.sql("SELECT id, outcome FROM episodes", version=selection.version)
    known = dict(zip(table["id"].to_pylist(), table["outcome"].to_pylist(), strict=True))
    weights = dict(zip(selection.ids, selection.weights, strict=True)) if selection.weights else {}
    first = next(store.episodes(selection.ids[:1]), None)
    columns: list[str] | None = None
    if first is not None:
        action, senses = _signals(first, how)
        columns = [action.name, *(signal.name for signal in senses), *_OWN]
    kept = store.episodes(selection.ids, columns=columns)
    named = ((subject, episode, known.get(subject) or "") for subject, episode in zip(selection.ids, kept, strict=True))
    return _laid(named, how, weights)


def _laid(named: Iterator[tuple[str, Episode, str]], how: Gathering, weights: Mapping[str, float]) -> Demonstrations:
    start = next(named, None)
    if start is None:
        raise BadValue("There is no episode to learn from.", do="Collect some, or select others.")
    action, senses = _signals(start[1], how)
    obs: dict[str, list[Array]] = {signal.name: [] for signal in senses}
    parts: dict[str, list[Array]] = {name: [] for name in ("action", "control", "progress", "weight")}
    ids, tasks, outcomes, scenes, sizes = [], [], [], [], []
    for subject, episode, outcome in chain([start], named):
        _same(episode, subject, (action, *senses))
        command = episode[action.name]
        for signal in senses:
            obs[signal.name].append(_at(episode[signal.name], command))
        control = _control(episode, command)
        counts = np.full(len(command), weights.get(subject, 1.0)) * (1.0 if how.own else control != 0)
        progress = _at(episode["progress"], command) if "progress" in episode else np.full(len(command), np.nan)
        for name, column in (
            ("action", command.values.reshape(len(command), -1)),
            ("control", control),
            ("progress", progress),
            ("weight", counts),
        ):
            parts[name].append(column)
        ids.append(subject)
        tasks.append(episode.task or episode.instruction)
        outcomes.append(outcome)
        scenes.append(episode.scene)
        sizes.append(len(command))
    return Demonstrations(
        senses,
        action,
        {name: np.concatenate(columns) for name, columns in obs.items()},
        np.concatenate(parts["action"]).astype(np.float64),
        np.repeat(np.arange(len(sizes)), sizes),
        np.concatenate(parts["control"]).astype(np.int8),
        np.concatenate(parts["weight"]).astype(np.float64),
        np.concatenate(parts["progress"]).astype(np.float64),
        tuple(outcomes),
        tuple(tasks),
        tuple(ids),
        tuple(scenes),
    )


def _signals(episode: Episode, how: Gathering) -> tuple[Signal, tuple[Signal, ...]]:
    """The command, and what is sensed, in the episode's order."""
    known = {stream.name: stream.signal for stream in episode.streams}
    for name in (*how.observations, *filter(None, [how.action])):
        if name not in known:
            raise BadValue(f"The episodes have no signal {name!r}.", instead=suggest(name, known))
    commands = [signal for signal in known.values() if signal.kind is Kind.ACTION and signal.numeric]
    if not how.action and len(commands) != 1:
        names = ", ".join(repr(signal.name) for signal in commands) or "none"
        raise BadValue(
            f"The episodes have {len(commands)} commands to learn ({names}); a policy has one.", do="Name the action."
        )
    action = known[how.action] if how.action else commands[0]
    if how.observations:
        return action, tuple(known[name] for name in how.observations)
    senses = tuple(signal for signal in known.values() if signal.name != action.name and _sensed(signal))
    if not senses:
        raise BadValue("Nothing that the robot senses is a number.", instead="Known: " + ", ".join(sorted(known)) + ".")
    return action, senses


def _sensed(signal: Signal) -> bool:
    return (
        signal.numeric and signal.kind not in _KINDS and signal.name not in _OWN and not signal.name.startswith(_TRUTHS)
    )


def _same(episode: Episode, subject: str, signals: tuple[Signal, ...]) -> None:
    known = {stream.name: stream.signal for stream in episode.streams}
    for signal in signals:
        own = known.get(signal.name)
        if own != signal:
            raise BadValue(
                f"Episode {subject[:12]} differs from the first: it has {own or f'no {signal.name!r}'} "
                f"where that has {signal}.",
                do="Select episodes of one robot, or name the observations they share.",
            )


def _at(stream: Stream, command: Stream) -> Array:
    """The stream's last sample at or before each command; its first where there is none."""
    if stream.t is command.t or np.array_equal(stream.t, command.t):
        return stream.values
    if not len(stream):
        raise BadValue(f"Stream {stream.name!r} is empty where commands were given.")
    found: Array = stream.values[np.maximum(np.searchsorted(stream.t, command.t, side="right") - 1, 0)]
    return found


def _control(episode: Episode, command: Stream) -> npt.NDArray[np.int8]:
    """Who acted: the recorded column, else spans of control, else the policy of the origin, else a person."""
    if "control" in episode and episode["control"].signal.numeric:
        return _at(episode["control"], command).astype(np.int8)
    told = np.full(len(command), 0 if episode.origin.policy else 1, np.int8)
    for segment in episode.segments:
        if segment.level == "control" and segment.label in CONTROL:
            inside = (command.t >= segment.span.start) & (command.t < segment.span.stop)
            told[inside] = CONTROL.index(segment.label)
    return told


def _outcome(episode: Episode) -> str:
    told = [fact.value for fact in episode.said if fact.key == "outcome" and fact.span is None]
    return str(told[-1]) if told else ""
