"""robomimic and robosuite demonstrations: one HDF5 file, ``data/demo_N``, an episode each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import h5py
import numpy as np

from ..core import Bid, Episode, Fact, Origin, Reading, Signal, Stream, Value, Writing, Written
from ..core.errors import BadInput, BadValue, Damaged
from ..core.stream import Times
from ..video import RawFrames
from . import _robomimic_write as writer
from ._about import from_about, signal_from
from ._h5 import H5Rows, attribute, child, datasets, guard, magic, members, numbers, opened, plainly, words
from ._h5streams import streams_of
from ._landing import chosen
from ._packed import unpack
from ._rows import clock, said, seconds_clock

__all__ = ["Robomimic"]

_ALONE = {"actions": "action", "rewards": "reward", "dones": "done", "states": "state"}


class Robomimic:
    """HDF5 as robomimic and robosuite write it, and as Volant writes it for them.

    ``data/demo_N/{actions, states, rewards, dones, obs/*}``; the attributes ``env_args`` or ``env_info`` name the
    task, the robot and the control rate; ``mask/*`` name splits. Times are the simulator's own (first column of
    ``states``, in seconds, where it runs evenly), else the stated control rate, else row numbers.
    """

    name = "robomimic"
    version = "1"
    writes = True
    loses = (
        "pictures are decoded to plain arrays",
        "pictures on a clock of their own are held onto the rows of the action",
    )

    def bid(self, path: Path) -> Bid:
        """Sure where ``data`` holds ``demo_*`` groups."""
        if not path.is_file() or not magic(path):
            return Bid(0.0, "no HDF5 file")
        try:
            with opened(path) as file, plainly(path):
                if "data" in file and isinstance(data := child(file, "data"), h5py.Group):
                    if any(name.startswith("demo") for name in data):
                        return Bid(0.98, "data/demo_* groups")
                    if "env_args" in data.attrs or "env_info" in data.attrs:
                        return Bid(0.9, "robomimic attributes, no demonstrations")
        except (Damaged, BadValue) as error:
            return Bid(0.1, error.what)
        return Bid(0.05, "HDF5 without data/demo_*")

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """One episode per ``demo_N``, in the order of N."""
        return chosen(self._demos(path), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """One file with every episode as ``data/demo_N``, proven by reading it again."""
        return writer.write(episodes, out, how, lambda part: self.read(part, Reading()))

    def _demos(self, path: Path) -> Iterator[Episode]:
        with opened(path) as file:
            with plainly(path):
                if "data" not in file or not isinstance(data := child(file, "data"), h5py.Group):
                    raise Damaged(f"{path} has no group 'data'.", do="Is it a robomimic file?")
                names = sorted((name for name in data if name.startswith("demo")), key=_number)
                masks = _masks(file)
            general = _general(data)
            lost: list[tuple[str, BadInput]] = []
            for name in names:
                try:
                    with plainly(path, name):
                        group = child(data, name)
                        if not isinstance(group, h5py.Group):
                            raise Damaged(f"{path}: data/{name} is no group.")
                        episode = _demo(path, group, general, masks.get(name, ()))
                except (Damaged, BadValue) as error:
                    lost.append((name, error))
                    continue
                yield episode
            if lost:
                name, cause = lost[0]
                raise Damaged(
                    f"{path}: {len(lost)} of {len(names)} demonstrations cannot be read, first {name}: {cause.what}",
                    instead=f"{len(names) - len(lost)} were read.",
                )


def _number(name: str) -> tuple[int, str]:
    digits = re.search(r"(\d{1,18})$", name)
    return (int(digits.group(1)) if digits else 1 << 62, name)


def _masks(file: h5py.File) -> Mapping[str, tuple[str, ...]]:
    """Which filter keys name each demonstration."""
    found: dict[str, list[str]] = {}
    if "mask" in file and isinstance(group := child(file, "mask"), h5py.Group):
        for key, item in members(group):
            if isinstance(item, h5py.Dataset):
                for entry in numbers(item).reshape(-1):
                    demo = entry.decode(errors="replace") if isinstance(entry, bytes) else str(entry)
                    found.setdefault(demo, []).append(key)
    return {demo: tuple(sorted(keys)) for demo, keys in found.items()}


class _General:
    """What ``data`` states of all its demonstrations."""

    def __init__(self, data: h5py.Group) -> None:
        args = words(data, "env_args") or words(data, "env_info")
        inner = args.get("env_kwargs", args)
        kwargs = inner if isinstance(inner, dict) else {}
        task = args.get("env_name") or attribute(data, "env") or ""
        robots = kwargs.get("robots", args.get("robots", ""))
        rate = kwargs.get("control_freq", args.get("control_freq"))
        self.simulated = "env_info" in data.attrs or args.get("type") == 1
        self.task = str(task)
        self.robot = "+".join(str(robot) for robot in robots) if isinstance(robots, list) else str(robots or "")
        self.hz = float(rate) if isinstance(rate, int | float) and rate > 0 else None
        self.sparse = kwargs.get("reward_shaping") is False
        raw = attribute(data, "env_args") or attribute(data, "env_info")
        self.args = raw if isinstance(raw, str) else ""
        total = attribute(data, "total")
        self.total = total if isinstance(total, int) else None
        self.count = sum(name.startswith("demo") for name in data)


def _general(data: h5py.Group) -> _General:
    return _General(data)


def _demo(path: Path, group: h5py.Group, general: _General, masks: tuple[str, ...]) -> Episode:
    by = f"formats/{Robomimic.name}@{Robomimic.version}"
    if attribute(group, "volant") is not None:
        return _ours(path, group)
    facts: list[tuple[str, Value]] = [("declared/split", mask) for mask in masks]
    found = dict(datasets(group))
    count = _count(group, found)
    times, clocked = _clock(found, count, general)
    facts += clocked
    if general.args:
        facts.append(("declared/env_args", general.args))
    facts.append(("declared/total_episodes", general.count))
    streams: list[Stream] = []
    damage: list[Fact] = []
    for inner, dataset in found.items():
        if inner.startswith("next_obs/"):
            continue
        name = _called(inner)
        try:
            streams += streams_of(name, dataset, times, general.hz)
        except (BadValue, Damaged) as error:
            damage.append(Fact("", "damage/unreadable", f"{inner}: {error.what}", by, None, name))
    if not streams:
        raise Damaged(f"{path}: {group.name} holds nothing that can be read.")
    if any(inner.startswith("next_obs/") for inner in found):
        facts.append(("declared/left_out", "next_obs repeats obs one row later"))
    declared = attribute(group, "num_samples")
    if isinstance(declared, int) and declared != count:
        facts = [(key, declared if key == "declared/length" else value) for key, value in facts]
    facts += _outcome(streams, general, attribute(group, "success"))
    return Episode(
        tuple(streams),
        origin=Origin(
            uri=f"{path}#{group.name}", embodiment=general.robot, tier="simulation" if general.simulated else ""
        ),
        task=general.task,
        tags=masks,
        said=(*said(by, facts), *damage),
    )


def _called(inner: str) -> str:
    """``obs/agentview_image`` is an observation; ``actions`` and its like have names of their own."""
    if inner in _ALONE:
        return _ALONE[inner]
    return f"observation.{inner[4:].replace('/', '.')}" if inner.startswith("obs/") else inner.replace("/", ".")


def _count(group: h5py.Group, found: Mapping[str, h5py.Dataset]) -> int:
    for name in ("actions", "states"):
        if name in found and found[name].shape:
            return int(found[name].shape[0])
    sized = [int(item.shape[0]) for item in found.values() if item.shape]
    if not sized:
        raise Damaged(f"{group.file.filename}: {group.name} has no rows.")
    return max(sized)


def _clock(found: Mapping[str, h5py.Dataset], count: int, general: _General) -> tuple[Times, list[tuple[str, Value]]]:
    """The simulator's seconds where ``states`` starts with them, else the control rate, else row numbers."""
    states = found.get("states")
    if (
        general.simulated
        and states is not None
        and states.ndim == 2
        and states.shape[0] == count
        and states.shape[1] > 1
    ):
        guard(states)
        with plainly(Path(states.file.filename), "states"):
            times = seconds_clock(np.asarray(states[:, 0])) if states.dtype.kind == "f" else None
        if times is not None:
            rate: list[tuple[str, Value]] = [("declared/fps", general.hz)] if general.hz else []
            return times, [("declared/clock", "states[:, 0]"), *rate, ("declared/length", count)]
    times, facts = clock(count, general.hz)
    return times, list(facts)


def _outcome(streams: list[Stream], general: _General, success: object) -> list[tuple[str, Value]]:
    """Success as an attribute, or as the sparse reward that robosuite gives for it alone."""
    if isinstance(success, bool | int):
        return [("outcome", "success" if success else "failure")]
    reward = next((stream for stream in streams if stream.name == "reward"), None)
    if general.sparse and reward is not None and len(reward):
        return [("outcome", "success" if float(np.nanmax(reward.values.astype(np.float64))) >= 1 else "failure")]
    return []


def _ours(path: Path, group: h5py.Group) -> Episode:
    """A demonstration that Volant wrote: every channel with its own meaning and its own clock."""
    where = f"{path}: {group.name}"
    words_of = from_about(attribute(group, "volant"), where)
    streams: dict[str, Stream] = {}
    times: Times | None = None
    found = dict(datasets(group))
    for inner, dataset in found.items():
        text = attribute(dataset, "signal")
        if text is None:
            continue
        signal = signal_from(text, where)
        if inner.startswith("volant/"):
            own = inner.rpartition("/")[0]
            streams[signal.name] = _aside(signal, found, own, where)
        else:
            if times is None:
                times = _times(found, "volant/t", where)
            streams[signal.name] = _same_rows(signal, times, dataset)
    order = json.loads(str(attribute(group, "streams") or "[]"))
    ranked = sorted(
        streams.values(), key=lambda stream: order.index(stream.name) if stream.name in order else len(order)
    )
    return Episode(tuple(ranked), **words_of)


def _same_rows(signal: Signal, times: Times, dataset: h5py.Dataset) -> Stream:
    if signal.kind.visual and len(dataset.shape) == 4:
        rows = H5Rows.of(dataset)
        rows.shape, rows.last = tuple(int(side) for side in dataset.shape), False
        return Stream(signal, times, RawFrames(rows.between, len(rows), rows.shape[1:], dataset.dtype.name))
    values = numbers(dataset)
    try:
        return Stream(signal, times, values.reshape(len(values), *signal.shape))
    except (ValueError, BadValue) as error:
        raise Damaged(f"{dataset.file.filename}: {dataset.name} contradicts its signal: {error}.") from error


def _aside(signal: Signal, found: Mapping[str, h5py.Dataset], own: str, where: str) -> Stream:
    """A stream that kept its own clock."""
    times, values = _times(found, f"{own}/t", where), numbers(found[f"{own}/x"])
    try:
        if signal.dtype in ("str", "bytes"):
            return Stream(signal, times, unpack(values, numbers(found[f"{own}/ends"]), signal.dtype, signal.shape))
        return Stream(signal, times, values)
    except BadValue as error:
        raise Damaged(f"{where}: {own} contradicts its signal: {error}.") from error


def _times(found: Mapping[str, h5py.Dataset], name: str, where: str) -> Times:
    if name not in found:
        raise Damaged(f"{where} has lost its clock {name}.")
    values = numbers(found[name])
    if values.dtype != np.int64 or values.ndim != 1:
        raise Damaged(f"{where}: {name} is no clock in nanoseconds.")
    return values.astype(np.int64, copy=False)
