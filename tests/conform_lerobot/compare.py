"""Open exported sets with the released LeRobotDataset, compare every value and sampled frames; without Volant."""

from __future__ import annotations

import json
import logging
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from lerobot.datasets.lerobot_dataset import LeRobotDataset

HEAD = """# What the released LeRobot reader finds in what Volant writes

Written by `make conform-lerobot`, which publishes recordings as LeRobot v3.0 with Volant and opens them with the
released `LeRobotDataset` in an environment of its own. Every value of every row is compared bit for bit; of every
episode and camera up to four frames (first, last, two between) are decoded by both and compared in steps of 0 to 255.

"""


def load(entry: dict) -> LeRobotDataset:
    """The set, opened as a user would."""
    return LeRobotDataset("volant/conform", root=entry["root"], video_backend="pyav")


def compare(entry: dict, arrays: dict) -> dict:
    """Counts of what was compared and the largest difference found."""
    dataset = load(entry)
    assert dataset.num_episodes == len(entry["episodes"]), "episode count"
    edges = np.cumsum([0, *(episode["length"] for episode in entry["episodes"])])
    assert dataset.num_frames == edges[-1], "frame count"
    values, frames, worst, wrong = 0, 0, 0, []
    raw = dataset.hf_dataset.data.table
    for key, wanted in arrays.items():
        number, name = key.split("|", 1)
        a, b = int(edges[int(number)]), int(edges[int(number) + 1])
        if key in entry["frames"]:
            for place, picture in zip(entry["frames"][key], wanted, strict=True):
                item = dataset[a + place]
                found = np.rint(np.asarray(item[name]).transpose(1, 2, 0) * 255).astype(int)
                worst = max(worst, int(np.abs(found - picture.astype(int)).max()))
                frames += 1
            continue
        cells = raw[name].slice(a, b - a).to_pylist()
        found = np.array(cells) if wanted.dtype.kind in "US" else np.array(cells, dtype=wanted.dtype)
        if not np.array_equal(found.reshape(wanted.shape), wanted, equal_nan=wanted.dtype.kind == "f"):
            wrong.append(key)
        values += wanted.size
    items = 0
    for number, episode in enumerate(entry["episodes"]):
        item = dataset[int(edges[number])]
        if item["task"] != episode["task"]:
            wrong.append(f"task of episode {number}: {item['task']!r}")
        for name, x in item.items():
            key = f"{number}|{name}"
            if key in arrays and key not in entry["frames"] and arrays[key].dtype.kind in "fiub":
                items += 1
                if not np.allclose(
                    np.asarray(x).reshape(arrays[key][0].shape), arrays[key][0], rtol=1e-6, equal_nan=True
                ):
                    wrong.append(f"item {key}")
    for name, stats in (dataset.meta.stats or {}).items():
        for part in ("min", "max", "mean", "std", "q01", "q99"):
            if part not in stats or not np.isfinite(np.asarray(stats[part], dtype=float)).all():
                wrong.append(f"statistics {name}/{part}")
    filtered = ""
    if entry.get("facts"):
        chosen = [i for i, ok in enumerate(dataset.meta.episodes["success"]) if ok]
        part = LeRobotDataset("volant/conform", root=entry["root"], video_backend="pyav", episodes=chosen)
        filtered = f"{part.num_episodes} of {dataset.num_episodes}"
        if int(part[len(part) - 1]["episode_index"]) != chosen[-1]:
            wrong.append("filter by success")
    return {"values": values, "frames": frames, "worst": worst, "wrong": wrong, "items": items, "filtered": filtered,
            "episodes": dataset.num_episodes, "rows": dataset.num_frames}  # fmt: skip


def main(folder: Path, page: Path) -> int:
    """Compare every set and write the page; 1 where anything differs."""
    logging.disable(logging.WARNING)
    index = json.loads((folder / "index.json").read_text())
    lines, failed, notes = [], 0, []
    for number, entry in enumerate(index):
        if "refused" in entry:
            lines.append(f"| {entry['title']} | | | | | | refused: {entry['refused']} |")
            failed += 1
            continue
        with np.load(folder / f"set{number}.npz") as arrays:
            got = compare(entry, dict(arrays))
        bad = bool(got["wrong"]) or got["worst"] > 0
        failed += bool(got["wrong"]) or got["worst"] > 3
        verdict = (
            f"differs: {', '.join(got['wrong'][:3])}"
            if got["wrong"]
            else "equal"
            if not bad
            else "equal in colour rounding"
        )
        cells = (got["episodes"], f"{got['rows']:,}", f"{got['values']:,}", got["frames"], got["worst"], verdict)
        lines.append("| " + " | ".join(str(cell) for cell in (entry["title"], *cells)) + " |")
        if got["filtered"]:
            notes.append(f"`success` of meta/episodes filters natively: {got['filtered']} episodes open alone.")
        notes.append(
            f"{entry['title']}: {entry['same']} of {got['episodes']} episodes read back under the source's id."
        )
        notes += [f"{entry['title']}: {loss}." for loss in entry["losses"]]
        print(lines[-1])
    head = f"LeRobot {version('lerobot')}, Python {platform.python_version()}, decoder PyAV {version('av')}.\n\n"
    titles = ("set", "episodes", "rows", "values compared", "frames compared", "largest frame difference", "result")
    table = "| " + " | ".join(titles) + " |\n" + "|---" * len(titles) + "|\n"
    tail = "\n\n" + "\n".join(f"- {note}" for note in notes) + "\n" if notes else "\n"
    page.write_text(HEAD + head + table + "\n".join(lines) + tail)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
