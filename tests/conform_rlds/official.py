"""Open RLDS folders with TensorFlow Datasets and compare every value. Runs in an environment without Volant."""

import hashlib
import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds


def leaves(node, prefix=""):
    for key, value in node.items():
        name = f"{prefix}/{key}" if prefix else key
        if isinstance(value, dict):
            yield from leaves(value, name)
        else:
            yield name, value


def pictures(features, prefix=""):
    """Paths of picture features below the steps, and a tree that leaves their bytes undecoded."""
    tree = {}
    for key, feature in features.items():
        if isinstance(feature, tfds.features.FeaturesDict):
            below = pictures(feature)
            if below:
                tree[key] = below
        elif isinstance(feature, tfds.features.Image):
            tree[key] = tfds.decode.SkipDecoding()
    return tree


def compare(folder: Path, values: Path) -> dict:
    """Counts of what was compared; raises where anything differs."""
    builder = tfds.builder_from_directory(str(folder))
    raw = {"steps": pictures(builder.info.features["steps"].feature)}
    plain = builder.as_dataset(split="train", shuffle_files=False)
    coded = builder.as_dataset(split="train", shuffle_files=False, decoders=raw)
    result = {"episodes": 0, "steps": 0, "numbers": 0, "words": 0, "pictures": 0, "worst": 0}
    for number, (episode, bytes_) in enumerate(zip(plain, coded, strict=True)):
        columns, blobs = {}, {}
        for into, steps in ((columns, episode["steps"]), (blobs, bytes_["steps"])):
            for step in tfds.as_numpy(steps):
                for name, value in leaves(step):
                    into.setdefault(name, []).append(value)
        wanted = {key.replace("|", "/"): array for key, array in np.load(values / f"{number}.npz").items()}
        said = json.loads((values / f"{number}.json").read_text())
        for name, array in wanted.items():
            found = np.stack(columns[name])
            assert found.shape == array.shape, (folder, number, name, found.shape, array.shape)
            assert found.dtype == array.dtype, (folder, number, name, found.dtype, array.dtype)
            if array.ndim == 4:
                picture(result, found, array, blobs[name], said["digests"].get(name))
            else:
                assert np.array_equal(found, array), (folder, number, name)
                result["numbers"] += array.size
        for name, words in said["words"].items():
            assert [word.decode() for word in columns[name]] == words, (folder, number, name)
            result["words"] += len(words)
        assert columns["language_instruction"][0].decode() == said["instruction"]
        assert bool(columns["is_first"][0]) and len(columns["is_last"]) == len(columns["is_first"])
        result["episodes"] += 1
        result["steps"] += len(columns["is_first"])
    assert result["episodes"] == builder.info.splits["train"].num_examples == len(list(values.glob("*.npz")))
    return result


def picture(result: dict, found, wanted, blobs, digests) -> None:
    """The stored bytes are the same; PNG decodes to the same levels; JPEG too with the accurate transform."""
    result["pictures"] += len(wanted)
    if digests:
        assert [hashlib.sha256(blob).hexdigest() for blob in blobs] == digests
    if blobs[0][:3] == b"\xff\xd8\xff":
        result["worst"] = max(result["worst"], int(np.abs(found.astype(int) - wanted.astype(int)).max()))
        found = np.stack([tf.io.decode_jpeg(blob, dct_method="INTEGER_ACCURATE").numpy() for blob in blobs])
    assert np.array_equal(found, wanted)


def main(out: Path, page: Path) -> None:
    found = {"generated set, every sort of channel": compare(out / "generated", out / "generated.values")}
    if (out / "bridge").is_dir():
        source = Path((out / "bridge.source").read_text())
        found["real Bridge set, read by both from the original"] = compare(source, out / "bridge.values")
        found["real Bridge set, written again by Volant"] = compare(out / "bridge", out / "bridge.values")
    heads = ["set", "episodes", "steps", "numbers", "words", "pictures", "fast JPEG transform"]
    rows = [[name, *(str(value) for value in row.values())] for name, row in found.items()]
    lines = [
        "# RLDS against an independent reader",
        "",
        f"`make conform-rlds` opens what Volant wrote with TensorFlow Datasets {tfds.__version__} on TensorFlow",
        f"{tf.__version__}, in an environment of its own, and compares every value. Numbers, types and words",
        "are equal. Picture bytes that were encoded already are the same bytes; PNG (8 and 16 bit, and 32-bit",
        "depth) decodes to the same levels, JPEG too with TensorFlow's accurate transform. Its default transform",
        "trades accuracy for speed: the last column is how far that moves a level, of 255.",
        "",
        "| " + " | ".join(heads) + " |",
        "|" + "---|" * len(heads),
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
    ]
    page.write_text("\n".join(lines))
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
