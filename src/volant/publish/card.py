"""The data card: what a person should know before training on the set, in Markdown with a YAML head."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from .manifest import Manifest
from .material import Material

__all__ = ["card"]

_LOADING = {
    "lerobot": (
        "from lerobot.datasets.lerobot_dataset import LeRobotDataset\n\nset = LeRobotDataset({name}, root={path})"
    ),
    "rlds": "import tensorflow_datasets as tfds\n\nset = tfds.builder_from_directory({path}).as_dataset(split='train')",
    "robomimic": (
        "from robomimic.utils.dataset import SequenceDataset  # or h5py\n\nimport h5py\n\n"
        "with h5py.File({path} + '/{place}') as file:\n    actions = file['data/demo_0/actions'][:]"
    ),
    "zarr": (
        "import zarr\n\nroot = zarr.open({path} + '/{place}', mode='r')\n"
        "actions, ends = root['data/action'][:], root['meta/episode_ends'][:]"
    ),
    "mcap": (
        "from mcap.reader import make_reader\n\nfor path in sorted(Path({path}).rglob('*.mcap')):\n"
        "    for schema, channel, message in make_reader(path.open('rb')).iter_messages():\n        ..."
    ),
    "parquet": "import pyarrow.dataset as ds\n\ntable = ds.dataset({path}, format='parquet').to_table()",
    "webdataset": "import webdataset as wds\n\nset = wds.WebDataset(sorted(map(str, Path({path}).rglob('*.tar'))))",
}

_SIZES = ((1000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def card(manifest: Manifest, material: Material, place: str) -> str:
    """The README of a publication. ``place`` is where the data lies inside it, empty for the folder itself."""
    parts = [
        _head(manifest),
        f"# {_inline(manifest.name)} {manifest.version}",
        _what(manifest, material),
        _section("Tasks and scenes", _cells(material)),
        _section("Robots and origin", _origin(material)),
        _section("Outcomes", _outcomes(manifest)),
        _section("Quality", _quality(manifest, material)),
        _section("Signals", _signals(manifest)),
        _section("Licence", _licence(manifest)),
        _section("Known losses", _losses(manifest)),
        _section("Provenance", _provenance(manifest)),
        _section("How to load it", _loading(manifest, place)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(manifest: Manifest) -> str:
    size = next((word for most, word in _SIZES if manifest.frames < most), "n>1M")
    form = manifest.format.partition("@")[0]
    tags = ["robotics", "LeRobot" if form == "lerobot" else form]
    lines = [f"pretty_name: {json.dumps(manifest.name)}", f"license: {json.dumps(manifest.licence or 'unknown')}"]
    lines += ["task_categories:", "- robotics", "tags:", *(f"- {tag}" for tag in tags)]
    lines += ["size_categories:", f"- {size}", f"version: {json.dumps(manifest.version)}"]
    if form == "lerobot":
        lines += ["configs:", "- config_name: default", "  data_files: data/*/*.parquet"]
    return "---\n" + "\n".join(lines) + "\n---"


def _what(manifest: Manifest, material: Material) -> str:
    tasks = len(material.counts("task"))
    return (
        f"{manifest.episodes} episodes, {manifest.frames} frames, {_length(manifest.seconds)} of {tasks} "
        f"task{'' if tasks == 1 else 's'}, {_bytes(manifest.size)}, written as {manifest.format}. "
        f"Every file was opened again and counted before this was published; `manifest.json` holds the digest of each."
    )


def _cells(material: Material) -> str:
    counts: dict[tuple[str, str], list[float]] = {}
    columns = (material.rows[name] for name in ("task", "scene", "seconds"))
    for task, scene, seconds in zip(*columns, strict=True):
        cell = counts.setdefault((str(task or ""), str(scene or "")), [0, 0.0])
        cell[0] += 1
        cell[1] += float(str(seconds or 0))
    ranked = sorted(counts.items(), key=lambda item: (-item[1][0], item[0]))
    rows = [(task or "not stated", scene or "not stated", int(n), f"{s / 60:.1f}") for (task, scene), (n, s) in ranked]
    shown = _table(("task", "scene", "episodes", "minutes"), rows[:50])
    return shown + (f"\n\nand {len(rows) - 50} more combinations." if len(rows) > 50 else "")


def _origin(material: Material) -> str:
    rows = []
    for column, word in (
        ("embodiment", "body"),
        ("robot", "robot"),
        ("operator", "operator"),
        ("site", "site"),
        ("tier", "tier"),
    ):
        counts = material.counts(column)
        named = [f"{name or 'not stated'} ({count})" for name, count in counts.items()]
        more = f" and {len(named) - 12} more" if len(named) > 12 else ""
        rows.append((word, ", ".join(named[:12]) + more))
    return _table(("what", "episodes"), rows)


def _outcomes(manifest: Manifest) -> str:
    rows = [(name or "not stated", count) for name, count in manifest.outcomes.items()]
    kept = sum(manifest.outcomes.get(name, 0) for name in ("failure", "partial", "recovered", "aborted"))
    tail = (
        f"{kept} episodes that did not simply succeed are kept on purpose, labelled as such: use them as negatives, "
        "weights or conditioning, or filter on the column `outcome`."
        if kept
        else "Whether a recording is sound (verdict) and whether its task succeeded (outcome) are two different things."
    )
    return _table(("outcome", "episodes"), rows) + "\n\n" + tail


def _quality(manifest: Manifest, material: Material) -> str:
    verdicts = ", ".join(f"{count} {name or 'not judged'}" for name, count in manifest.verdicts.items())
    parts = [f"Verdicts of the gate: {verdicts}."]
    if material.reasons:
        found = list(material.reasons.items())[:30]
        parts.append(_table(("finding", "episodes"), found))
    if material.screened:
        checks = ", ".join(f"`{name}`" for name in material.screened)
        judges = ", ".join(f"`{name}`" for name in material.policies) or "nobody"
        parts.append(f"Screened frame by frame with {checks}; judged by {judges}.")
    else:
        parts.append("These episodes were not screened.")
    return "\n\n".join(parts)


def _signals(manifest: Manifest) -> str:
    rows = [
        (
            name,
            meaning["kind"],
            f"{meaning['dtype']}{meaning['shape']}",
            meaning["unit"],
            f"{meaning['hz']:g}" if meaning["hz"] else "own times",
            meaning["episodes"],
        )
        for name, meaning in manifest.signals.items()
    ]
    columns = ", ".join(f"`{name}`" for name in manifest.columns)
    return (
        _table(("signal", "kind", "samples", "unit", "Hz", "episodes"), rows)
        + f"\n\nBeside each episode, where the format has room: {columns}."
    )


def _licence(manifest: Manifest) -> str:
    if not manifest.licence:
        return "Nobody stated a licence. Ask the people who recorded this before you use it."
    others = {name: count for name, count in manifest.licences.items() if name != manifest.licence}
    if not others:
        return f"`{_inline(manifest.licence)}`"
    told = ", ".join(f"{_inline(name) or 'none stated'} ({count})" for name, count in others.items())
    return f"`{_inline(manifest.licence)}`, stated by the publisher; the episodes' own: {told}."


def _losses(manifest: Manifest) -> str:
    if not manifest.losses and not manifest.proof.ids:
        return "None of values: pictures that came plain are stored encoded, so episodes have other ids when read back."
    if not manifest.losses:
        return "None: every episode reads back with its identity."
    return "\n".join(f"- {_inline(loss)}" for loss in manifest.losses)


def _provenance(manifest: Manifest) -> str:
    chosen = manifest.selection
    made = (
        datetime.fromtimestamp(manifest.at / 1e9, UTC).strftime("%Y-%m-%d %H:%M UTC") if manifest.at else "not stated"
    )
    rows = [
        ("selection", f"`{chosen['hash']}`"),
        ("question", chosen["query"]),
        ("why", chosen["why"] or "not stated"),
        ("lake version", chosen["version"]),
        ("made", f"{made} by {manifest.by}"),
        (
            "read back",
            _back(manifest),
        ),
    ]
    if manifest.previous:
        rows.append(("follows", f"{manifest.previous['version']} (`{manifest.previous['hash']}`)"))
    return _table(("what", "value"), rows)


def _back(manifest: Manifest) -> str:
    proof = manifest.proof
    same = f"{proof.identical} number streams bit for bit, {proof.converted} converted"
    return f"{proof.episodes} episodes, {proof.frames} frames, {same}"


def _loading(manifest: Manifest, place: str) -> str:
    form = manifest.format.partition("@")[0]
    code = _LOADING.get(form, "")
    ours = "import volant\n\nfor episode in volant.read({path}):\n    print(episode)"
    shown = [text.format(name=json.dumps(manifest.name), path='"."', place=place) for text in (code, ours) if text]
    return "\n\n".join(f"```python\n{text}\n```" for text in shown)


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}"


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    names = list(head)
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(_inline(str(cell)) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _inline(text: str) -> str:
    """Text on one line that cannot end a table cell, open a tag or start a heading."""
    flat = " ".join(text.split())
    return flat.replace("|", "\\|").replace("<", "&lt;")


def _length(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds >= 7200 else f"{seconds / 60:.1f} minutes"


def _bytes(count: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"
