"""LeRobot's own policies and trainers (ACT, diffusion, ...), in an environment of their own.

Learning writes the episodes as LeRobot v3.0 and calls LeRobot's trainer; the folder it leaves becomes a checkpoint
like any other. Acting starts a process of that environment and talks to it over pipes, so that torch never meets
what is installed here. The environment is named by ``VOLANT_LEROBOT`` (its Python), or is ``.venvs/lerobot`` in the
folder one works in or above it; ``make lerobot`` makes it.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from .. import plug
from ..core.checkpoint import Arrays, Header, digest, pack, unpack
from ..core.demonstrations import Demonstrations, Learning
from ..core.episode import Episode, Origin
from ..core.errors import BadValue, MissingPart, Refused
from ..core.ports import Controller, Policy, Writing
from ..core.signal import Kind, Signal
from ..core.stream import Stream
from ._lerobot_client import Remote

__all__ = ["LeRobot", "Wrapped", "python"]

_KEPT = ("config.json", "model.safetensors", "policy_preprocessor", "policy_postprocessor")
_STEPS, _PER_MINUTE = 1000, 400
_OWN = ("type", "steps", "batch")


def python() -> Path:
    """The interpreter of LeRobot's environment; refused with what to do where there is none."""
    named = os.environ.get("VOLANT_LEROBOT")
    places = [Path(named)] if named else [
        folder / ".venvs" / "lerobot" / "bin" / "python" for folder in (Path.cwd(), *Path.cwd().parents)
    ]  # fmt: skip
    for place in places:
        if place.is_file():
            return place
    raise MissingPart(
        f"LeRobot's environment is not at {places[0]}.",
        do="Make it with `make lerobot` (about 5 GB), or name its Python in VOLANT_LEROBOT.",
    )


class LeRobot:
    """Teaches and opens policies of LeRobot; which one is the option ``type`` (``lerobot:act`` says it shorter).

    Further options are the trainer's own (``policy.dim_model=128``); ``steps`` and ``batch`` are its steps and batch
    size. A minute stands for 400 steps.
    """

    name = "lerobot"
    version = "1"

    def learn(self, demonstrations: Demonstrations, how: Learning) -> Policy:
        """A policy from columns: they are written as episodes first."""
        return self.learn_from(_episodes(demonstrations), how, demonstrations)

    def learn_from(self, episodes: Iterable[Episode], how: Learning, lesson: Demonstrations) -> Policy:
        """A policy from the episodes themselves, pictures included; ``lesson`` says which and what of them counts."""
        if "type" not in how.options:
            raise BadValue("LeRobot has many policies.", do="Name one: lerobot:act, lerobot:diffusion ...")
        kept = {lesson.ids[one] for one in np.unique(lesson.episode[lesson.weight > 0]).tolist()}
        if len(kept) < 2:
            raise BadValue(f"{len(kept)} episodes that count are too little to learn from.", do="Collect more.")
        interpreter = python()
        with tempfile.TemporaryDirectory(prefix="volant-lerobot-") as place:
            data, out = Path(place) / "data", Path(place) / "out"
            form = plug.formats()["lerobot"]
            senses = (*(signal.name for signal in lesson.observations), lesson.action.name)
            form.write(_plain(episodes, senses, kept, lesson.ids), data, Writing(robot="robot"))
            _train(interpreter, data, out, how)
            return self.open(_packed(self, out, lesson, how))

    def open(self, blob: bytes) -> Policy:
        """The policy of these bytes; its process starts with its first controller."""
        return Wrapped(blob)


@dataclass(frozen=True)
class Wrapped:
    """A folder of LeRobot's as the bytes of one checkpoint."""

    blob: bytes = field(repr=False)

    @cached_property
    def _parts(self) -> tuple[Header, Arrays]:
        return unpack(self.blob)

    @property
    def header(self) -> Header:
        """What the checkpoint says of itself."""
        return self._parts[0]

    @property
    def name(self) -> str:
        """Which of LeRobot's policies it is."""
        return f"lerobot:{self.header['type']}"

    @property
    def version(self) -> str:
        """The version of what packed it."""
        return str(self.header["version"])

    @cached_property
    def hash(self) -> str:
        """Digest of the bytes."""
        return digest(self.blob)

    @cached_property
    def observations(self) -> tuple[Signal, ...]:
        """What it must see."""
        return tuple(map(Signal.from_json, self.header["observations"]))

    @cached_property
    def action(self) -> Signal:
        """What it does."""
        return Signal.from_json(self.header["action"])

    def controller(self, lanes: int) -> Controller:
        """The policy at work in a process of its own, which ends with the controller."""
        _, arrays = self._parts
        bounds = arrays["bounds"].astype(np.float64)
        files = {name.removeprefix("file/"): array for name, array in arrays.items() if name.startswith("file/")}
        names = tuple(signal.name for signal in self.observations)
        return Remote(python(), {name: array.tobytes() for name, array in files.items()}, names, bounds, lanes)

    def __repr__(self) -> str:
        return f"Policy({self.hash[:8]}, {self.name}, {', '.join(self.header['tasks'])})"


def _plain(
    episodes: Iterable[Episode], senses: tuple[str, ...], kept: set[str], ids: tuple[str, ...]
) -> Iterable[Episode]:
    """The episodes that count, with nothing but what the policy sees and does."""
    for subject, episode in zip(ids, episodes, strict=True):
        if subject in kept:
            streams = tuple(stream for stream in episode.streams if stream.name in senses or stream.signal.kind.visual)
            yield Episode(streams, Origin(embodiment=episode.origin.embodiment), task=episode.task)


def _episodes(lesson: Demonstrations) -> Iterable[Episode]:
    """Columns as episodes on their own clock."""
    hz = lesson.action.hz or 30.0
    for one, task in enumerate(lesson.tasks):
        rows = np.flatnonzero(lesson.episode == one)
        t = np.round(np.arange(len(rows)) * 1e9 / hz).astype(np.int64)
        columns = {**lesson.obs, lesson.action.name: lesson.actions}
        streams = (
            Stream(signal, t, columns[signal.name][rows].astype(signal.dtype).reshape(len(rows), *signal.shape))
            for signal in (*lesson.observations, lesson.action)
        )
        yield Episode(tuple(streams), task=task)


def _train(interpreter: Path, data: Path, out: Path, how: Learning) -> None:
    """LeRobot's trainer, as its own program; the end of what it said where it fails."""
    said = how.options
    steps = int(said.get("steps", 0)) or (round(how.minutes * _PER_MINUTE) if how.minutes else _STEPS)
    flags: Mapping[str, object] = {
        "dataset.repo_id": "volant/selection",
        "dataset.root": data,
        "policy.type": said["type"],
        "policy.device": os.environ.get("VOLANT_LEROBOT_DEVICE", "cpu"),
        "policy.push_to_hub": "false",
        "output_dir": out,
        "steps": steps,
        "save_freq": steps,
        "batch_size": int(said.get("batch", 8)),
        "num_workers": 0,
        "seed": how.seed,
        "wandb.enable": "false",
        **{name: value for name, value in said.items() if name not in _OWN},
    }
    words = [str(interpreter), "-m", "lerobot.scripts.lerobot_train", *(f"--{n}={v}" for n, v in flags.items())]
    quiet = {**os.environ, "HF_HUB_OFFLINE": "1", "WANDB_MODE": "disabled", "HF_DATASETS_CACHE": str(out.parent / "hf")}
    done = subprocess.run(words, capture_output=True, text=True, env=quiet, check=False)
    if done.returncode:
        last = "\n".join(done.stderr.strip().splitlines()[-6:])
        raise Refused(f"LeRobot's trainer ended with {done.returncode}: {last}")


def _packed(learner: LeRobot, out: Path, lesson: Demonstrations, how: Learning) -> bytes:
    folder = out / "checkpoints" / "last" / "pretrained_model"
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name.startswith(_KEPT)}
    seen = [signal for signal in lesson.observations if signal.kind is not Kind.FLAG]
    header: Header = {
        "learner": learner.name,
        "version": learner.version,
        "type": str(how.options["type"]),
        "observations": [signal.to_json() for signal in seen],
        "action": lesson.action.to_json(),
        "tasks": sorted(set(lesson.tasks)),
        "taught": lesson.digest,
        "episodes": len(lesson.ids),
        "samples": len(lesson),
        "seed": how.seed,
        "options": {name: how.options[name] for name in sorted(how.options)},
    }
    if lesson.scenes and all(lesson.scenes):
        header["scenes"] = sorted(set(lesson.scenes))
    arrays: Arrays = {f"file/{name}": np.frombuffer(blob, np.uint8) for name, blob in files.items()}
    counts = lesson.actions[lesson.weight > 0]
    arrays["bounds"] = np.stack((counts.min(axis=0), counts.max(axis=0)))
    return pack(header, arrays)
