"""The writing half of robomimic: rows on the action's clock for trainers, every own clock beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from ..core import Episode, Kind, Signal, Stream, Value, Writing, Written
from ..core.errors import BadValue, Refused
from ..core.stream import Times
from ._about import about
from ._landing import landing, plain_facts, proof, prove
from ._packed import pack
from ._rows import held, leader, plain_name

__all__ = ["write"]

_MADE = "rewards and dones were not recorded: written as 0 and as 1 on the last row, marked 'made'"


def write(episodes: Iterable[Episode], out: Path, how: Writing, read: Callable[[Path], Iterable[Episode]]) -> Written:
    """Write every episode, prove the file with ``read`` and put it in place."""
    losses: set[str] = set()
    proofs = []
    total = 0
    splits: dict[str, list[str]] = {}
    with landing(out) as part:
        with h5py.File(part, "w") as file:
            data = file.create_group("data")
            first: Episode | None = None
            for number, episode in enumerate(episodes):
                first = first or episode
                group = data.create_group(f"demo_{number}")
                rows = _demo(group, episode, losses)
                _facts(group, plain_facts(how.facts, episode), episode)
                total += rows
                for fact in episode.said:
                    if fact.key == "declared/split" and isinstance(fact.value, str) and fact.value:
                        splits.setdefault(plain_name(fact.value), []).append(f"demo_{number}")
                proofs.append(proof(episode, leader(episode)))
                if how.progress:
                    how.progress(number + 1)
            if first is None:
                raise BadValue("No episodes to write.")
            data.attrs["total"] = total
            data.attrs["env_args"] = _env_args(first, how)
            if how.licence:
                data.attrs["licence"] = how.licence
            for key, demos in splits.items():
                file.create_dataset(f"mask/{key}", data=np.array([demo.encode() for demo in demos]))
        prove(read(part), proofs)
    return Written(len(proofs), sum(one.frames for one in proofs), (out.name,), tuple(sorted(losses)))


def _env_args(first: Episode, how: Writing) -> str:
    """What robomimic asks for the environment: as it was read, else the task and the rate."""
    for fact in first.said:
        if fact.key == "declared/env_args" and isinstance(fact.value, str) and '"env_kwargs"' in fact.value:
            return fact.value
    hz = how.fps or leader(first).signal.hz
    kwargs: dict[str, Value] = {"robots": how.robot or first.origin.embodiment}
    if hz:
        kwargs["control_freq"] = hz
    return json.dumps({"env_name": first.task or first.instruction, "type": 2, "env_kwargs": kwargs}, sort_keys=True)


def _demo(group: h5py.Group, episode: Episode, losses: set[str]) -> int:
    main = leader(episode)
    if not main.ordered:
        raise Refused(f"The clock of {main.name!r} runs backwards; rows cannot be laid on it.", do="Repair it first.")
    rows = len(main)
    group.attrs["num_samples"] = rows
    group.attrs["volant"] = about(episode)
    group.attrs["streams"] = json.dumps([stream.name for stream in episode.streams])
    own = group.create_group("volant")
    own.create_dataset("t", data=main.t)
    taken: set[str] = set()
    for place, stream in _places(episode):
        if stream.video is not None:
            _pictures(group, place, stream, main.t, losses)
        elif stream.signal.dtype in ("str", "bytes") or not _plain(stream):
            name = plain_name(stream.name, taken | {"t"})
            taken.add(name)
            _aside(own.create_group(name), stream)
        elif np.array_equal(stream.t, main.t):
            dataset = group.create_dataset(place, data=_columns(stream.values, place))
            dataset.attrs["signal"] = stream.signal.to_json()
        else:
            name = plain_name(stream.name, taken | {"t"})
            taken.add(name)
            _aside(own.create_group(name), stream)
            if len(stream) and stream.ordered:
                group.create_dataset(place, data=_columns(stream.values[held(stream.t, main.t)], place))
    for name, values in (("rewards", np.zeros(rows)), ("dones", np.eye(1, rows, rows - 1, dtype=np.int64)[0])):
        if name not in group:
            group.create_dataset(name, data=values).attrs["made"] = True
            losses.add(_MADE)
    return rows


def _plain(stream: Stream) -> bool:
    return np.asarray(stream.values).dtype.kind in "biuf"


def _columns(values: npt.NDArray[np.generic], place: str) -> npt.NDArray[np.generic]:
    """robomimic wants observations as ``[n, d]``; its own columns of rewards and ends stay ``[n]``."""
    return values.reshape(-1, 1) if values.ndim == 1 and place not in ("rewards", "dones") else values


def _places(episode: Episode) -> Iterator[tuple[str, Stream]]:
    """Where each stream lies: robomimic's own names first, then ``action_dict`` and ``obs``."""
    taken: set[str] = set()
    actions = [stream.name for stream in episode.of(Kind.ACTION)]
    first_action = "action" if "action" in actions else next(iter(actions), "")
    alone = {first_action: "actions", "reward": "rewards", "done": "dones", "state": "states"}
    for stream in episode.streams:
        place = alone.get(stream.name, "")
        if not place or place in taken or (stream.signal.kind.visual or stream.signal.kind.textual):
            bare = stream.name.removeprefix("observation.").removeprefix("images.")
            folder = "action_dict" if stream.signal.kind is Kind.ACTION else "obs"
            near = {name.partition("/")[2] for name in taken if name.startswith(folder + "/")}
            place = f"{folder}/{plain_name(bare, near)}"
        taken.add(place)
        yield place, stream


def _pictures(group: h5py.Group, place: str, stream: Stream, rows: Times, losses: set[str]) -> None:
    """Frames as one plain dataset on the rows' clock, a frame at a time."""
    video = stream.video
    assert video is not None
    count, shape = len(video), tuple(video.shape[1:])
    same = np.array_equal(stream.t, rows)
    if not same and not stream.ordered:
        raise Refused(f"The clock of {stream.name!r} runs backwards; its pictures cannot be laid on rows.")
    at = np.arange(count) if same else held(stream.t, rows)
    if not same:
        losses.add(f"{stream.name}: pictures held onto the rows of the action, so some repeat or are left out")
    if video.codec != "raw":
        losses.add(f"{stream.name}: pictures decoded from {video.codec}")
    target = _canvas(group, place, (len(at) if count else 0, *shape), video.dtype)
    seen = written = 0
    for seen, frame in enumerate(video.frames()):
        stop = written + int(np.searchsorted(at[written:], seen, side="right"))
        if stop > written:
            target[written:stop] = frame
            written = stop
    if count and (seen + 1 != count or written != len(at)):
        raise Refused(f"{stream.name!r} has {count} pictures and {seen + 1} could be decoded.")
    signal = stream.signal
    if signal.shape != shape or signal.dtype != video.dtype:
        signal = Signal(signal.name, signal.kind, shape, video.dtype, signal.unit, signal.frame, signal.hz)
    target.attrs["signal"] = signal.to_json()


def _canvas(group: h5py.Group, place: str, shape: tuple[int, ...], dtype: str) -> h5py.Dataset:
    """An empty picture dataset, one frame per chunk so that one frame is one read."""
    chunks = (1, *shape[1:]) if shape[0] else None
    return group.create_dataset(place, shape=shape, dtype=dtype, chunks=chunks)


def _aside(group: h5py.Group, stream: Stream) -> None:
    """A stream with its own clock, exactly."""
    group.create_dataset("t", data=stream.t)
    values = stream.values
    if stream.signal.dtype in ("str", "bytes") or values.dtype == object:
        flat, ends = pack(values)
        group.create_dataset("ends", data=ends)
        dataset = group.create_dataset("x", data=flat)
    else:
        dataset = group.create_dataset("x", data=values)
    dataset.attrs["signal"] = stream.signal.to_json()


def _facts(group: h5py.Group, facts: dict[str, Value], episode: Episode) -> None:
    group.attrs["episode_id"] = episode.id
    if facts:
        group.attrs["facts"] = json.dumps(facts, sort_keys=True)
    for key, value in facts.items():
        if isinstance(value, bool | int | float | str):
            group.attrs[plain_name(key)] = value
