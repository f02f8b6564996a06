"""``features.json`` and ``dataset_info.json`` as TFDS writes them: ``builder_from_directory`` opens the folder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Field", "describe", "plain"]

_HOME = "tensorflow_datasets.core.features."
_CLASSES = {
    "dict": _HOME + "features_dict.FeaturesDict",
    "steps": _HOME + "dataset_feature.Dataset",
    "tensor": _HOME + "tensor_feature.Tensor",
    "scalar": _HOME + "scalar.Scalar",
    "image": _HOME + "image_feature.Image",
    "text": _HOME + "text_feature.Text",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One feature to be declared: its path below ``steps`` or beside it, and how its samples are stored."""

    path: str
    sort: str
    dtype: str = "float32"
    shape: tuple[int, ...] = ()
    encoding: str = ""
    about: str = ""


def plain(name: str) -> str:
    """A data set's name as TFDS allows it: lower case letters, digits and underscores, a letter first."""
    bare = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_") or "episodes"
    return bare if bare[0].isalpha() else f"set_{bare}"


def describe(folder: Path, fields: Iterable[Field], info: Mapping[str, Any]) -> None:
    """Write both descriptions. ``info`` holds name, description, licence and splits."""
    tree = _dict({})
    steps = _dict({})
    for field in fields:
        root, path = (steps, field.path[6:]) if field.path.startswith("steps/") else (tree, field.path)
        *folders, last = path.split("/")
        node = root["featuresDict"]["features"]
        for part in folders:
            node = node.setdefault(part, _dict({}))["featuresDict"]["features"]
        node[last] = _leaf(field)
    tree["featuresDict"]["features"]["steps"] = {
        "pythonClassName": _CLASSES["steps"],
        "sequence": {"feature": steps, "length": "-1"},
    }
    (folder / "features.json").write_text(json.dumps(tree, indent=4, sort_keys=True) + "\n")
    (folder / "dataset_info.json").write_text(json.dumps(_info(info), indent=2, sort_keys=True) + "\n")


def _dict(features: dict[str, Any]) -> dict[str, Any]:
    return {"pythonClassName": _CLASSES["dict"], "featuresDict": {"features": features}}


def _leaf(field: Field) -> dict[str, Any]:
    shape = {"dimensions": [str(side) for side in field.shape]} if field.shape else {}
    node: dict[str, Any]
    if field.sort == "text":
        node = {"pythonClassName": _CLASSES["text"], "text": {}}
    elif field.sort == "image":
        image = {"shape": shape, "dtype": field.dtype}
        node = {"pythonClassName": _CLASSES["image"], "image": {**image, "encodingFormat": field.encoding}}
        if not field.encoding:
            del node["image"]["encodingFormat"]
    else:
        tensor = {"shape": shape, "dtype": field.dtype, "encoding": field.encoding or "none"}
        node = {"pythonClassName": _CLASSES["tensor" if field.shape or field.encoding else "scalar"], "tensor": tensor}
    if field.about:
        node["description"] = field.about
    return node


def _info(info: Mapping[str, Any]) -> dict[str, Any]:
    splits = [
        {
            "filepathTemplate": "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}",
            "name": name,
            "numBytes": str(sum(size for _, size in shards)),
            "shardLengths": [str(count) for count, _ in shards],
        }
        for name, shards in info["splits"].items()
    ]
    made: dict[str, Any] = {
        "citation": "",
        "description": info["description"],
        "fileFormat": "tfrecord",
        "moduleName": "volant",
        "name": info["name"],
        "releaseNotes": {"1.0.0": "First release."},
        "splits": splits,
        "version": "1.0.0",
    }
    if info["licence"]:
        made["redistributionInfo"] = {"license": info["licence"]}
    return made
