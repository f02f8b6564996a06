"""Publish recordings as LeRobot v3.0 with Volant and write down what the official reader must find in them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from volant import plug
from volant.core import Episode, Kind, Origin, Reading, Signal, Stream, Writing
from volant.core.errors import VolantError
from volant.formats.lerobot3 import LeRobot3
from volant.video import RawFrames, encode, open_video

SETS = {
    "Unitree G1 (v2.1, AV1 video)": ("lerobot2", "g1_lerobot_v21"),
    "GR1 arms, GR00T (v2.0, H.264)": ("lerobot2", "groot_picknplace/demo_data/robot_sim.PickNPlace"),
    "Koch arm (v2.1, no video)": (
        "lerobot2",
        "lerobot_data_studio/tests/template_datasets/v2_1/screwdriver_panel_ls_080225_4_e5",
    ),
    "ALOHA simulation (v1, H.264)": ("lerobot1", "lerobot_v1_arrow/lerobot/aloha_sim_insertion_human"),
    "UMI cup (v1, H.264)": ("lerobot1", "lerobot_v1_arrow/lerobot/umi_cup_in_the_wild"),
    "PushT (v1, embedded PNG)": ("lerobot1", "lerobot_v1_arrow/lerobot/pusht_image"),
    "WidowX, Bridge (RLDS, JPEG)": ("rlds", "octo_bridge_rlds/tests/debug_dataset"),
    "WidowX, Bridge, re-encoded to AV1": ("rlds", "octo_bridge_rlds/tests/debug_dataset"),
}
FRAMES = 4


def real(form: str, path: Path) -> Iterator[Episode]:
    """The recordings as Volant reads them."""
    reader = plug.formats()[form]
    yield from reader.read(path, Reading(limit=6))


def made(folder: Path) -> Iterator[Episode]:
    """Everything at once: two cameras, many channels of every shape, jittered true clocks, words, a failure."""
    rng = np.random.default_rng(7)
    signals = (
        Signal(
            "observation.state", Kind.STATE, (7,), "float32", "rad", "base", 30.0, tuple(f"joint{i}" for i in range(7))
        ),
        Signal("observation.wide", Kind.STATE, (3, 4), "float64", hz=30.0),
        Signal("observation.count", Kind.SCALAR, (), "int64", "1", hz=30.0),
        Signal("action", Kind.ACTION, (7,), "float32", "rad", "base", 30.0),
        Signal("next.reward", Kind.REWARD, (), "float32", "1", hz=30.0),
        Signal("next.done", Kind.FLAG, (), "bool", "1", hz=30.0),
        Signal("observation.words", Kind.LANGUAGE, (), "str", hz=30.0),
    )
    for k in range(12):
        n = 40 + 7 * k
        t = np.rint(np.arange(n) * 1e9 / 30).astype(np.int64) + rng.integers(-2_000_000, 2_000_000, n) * (k > 5)
        streams = []
        for signal in signals:
            if signal.dtype == "str":
                x = np.array(["left" if i % 9 < 4 else "right" for i in range(n)], dtype=object)
            elif signal.dtype == "bool":
                x = np.arange(n) == n - 1
            else:
                x = rng.normal(size=(n, *signal.shape)).cumsum(0).astype(signal.dtype)
            streams.append(Stream(signal, t, x))
        for camera in ("observation.images.top", "observation.images.wrist"):
            path = folder / f"{camera}-{k}.mp4"
            rows, columns = np.mgrid[0:96, 0:128]
            frames = np.stack([((rows * 2 + columns + 5 * i + 31 * k) % 256)[..., None].repeat(3, 2) for i in range(n)])
            encode(RawFrames.of(frames.astype(np.uint8)), path, codec="h264", fps=30)
            streams.append(Stream(Signal(camera, Kind.IMAGE, (96, 128, 3), "uint8", hz=30.0), t, open_video(path)))
        text = ("stack the cubes", "open the drawer")[k % 2]
        yield Episode(tuple(streams), Origin(embodiment="arm", operator=f"op{k % 3}"), text, text)


def expected(root: Path, target: Path) -> dict[str, object]:
    """Values of every row and a few decoded frames of every episode and camera, as Volant reads its own set."""
    arrays: dict[str, np.ndarray] = {}
    info: dict[str, object] = {"episodes": [], "frames": {}}
    features = json.loads((root / "meta" / "info.json").read_text())["features"]
    keys = {json.loads(entry["volant"])["name"]: key for key, entry in features.items() if "volant" in entry}
    for number, episode in enumerate(LeRobot3().read(root, Reading())):
        info["episodes"].append({"task": episode.instruction, "length": episode.frames})
        for stream in episode.streams:
            key = f"{number}|{keys[stream.name]}"
            if stream.video is None:
                x = stream.values
                arrays[key] = x.astype(str) if x.dtype == object else x
            else:
                n = len(stream)
                places = sorted({0, n // 3, (2 * n) // 3, n - 1})[:FRAMES]
                info["frames"][key] = places
                arrays[key] = np.stack([next(iter(stream.video.frames(i, i + 1))) for i in places])
    np.savez(target.with_suffix(".npz"), **arrays)
    return info


def main(data: Path, out: Path) -> None:
    """Export every set that is there."""
    jobs = {title: (form, data / path) for title, (form, path) in SETS.items() if (data / path).exists()}
    aside = out / "made"
    aside.mkdir()
    index = []
    for number, title in enumerate((*jobs, "Generated: 7 channels, 2 cameras, jittered clock, outcomes")):
        root = out / f"set{number}"
        episodes = list(real(*jobs[title]) if title in jobs else made(aside))
        facts = {}
        if title not in jobs:
            for k, episode in enumerate(episodes):
                facts[episode.id] = {
                    "outcome": "failure" if k % 4 == 3 else "success",
                    "quality": k / 12,
                    "operator": f"op{k % 3}",
                }
        how = Writing(licence="see source", facts=facts, reencode="av1" if "re-encoded" in title else "")
        try:
            written = LeRobot3().write(iter(_alike(episodes)), root, how)
        except VolantError as error:
            print(f"{title}: {error}", file=sys.stderr)
            index.append({"title": title, "refused": str(error)})
            continue
        entry = expected(root, out / f"set{number}")
        ids = [one.id for one in LeRobot3().read(root, Reading())]
        entry["same"] = sum(one.id == other for one, other in zip(_alike(episodes), ids, strict=True))
        index.append({"title": title, "root": str(root), "losses": list(written.losses), "facts": len(facts), **entry})
        print(f"{title}: {written.episodes} episodes, {written.frames} frames")
    (out / "index.json").write_text(json.dumps(index))


def _alike(episodes: list[Episode]) -> list[Episode]:
    """Only channels that every episode has: what a person would select."""
    names = set.intersection(*({stream.name for stream in episode.streams} for episode in episodes))
    return [replace(e, streams=tuple(s for s in e.streams if s.name in names)) for e in episodes]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
