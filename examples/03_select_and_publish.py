"""A dataset is a question, frozen: same hash, same episodes; a publication says where it comes from."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import volant
from sample import recordings
from volant.core.errors import Refused
from volant.publish import verify


def main(folder: Path) -> None:
    lake = volant.Lake(folder / "lake")
    lake.add(*recordings(folder / "files"), origin=volant.Origin(operator="ann", licence="CC-BY-4.0"))

    picked = lake.select("not quarantined", per_cell=4, weights="cell", seed=7, why="first training set")
    print(picked.selection)
    print("kept as", picked.save(folder / "first.sel").name)
    same = lake.select("not quarantined", per_cell=4, weights="cell", seed=7)
    print("the same question again:", same.hash == picked.hash)

    made = volant.publish(picked, folder / "first", format="robomimic")
    print(made.manifest.name, made.manifest.version, made.manifest.proof)
    manifest, differences = verify(made.path)
    print(f"{len(manifest.files)} files hashed, {len(differences)} differ")

    smaller = lake.select("not quarantined and task = 'stack'")
    try:  # who uses version 1 relies on what is in it: taking away needs a new major number
        volant.publish(smaller, folder / "second", format="robomimic", previous=made.path)
    except Refused as reason:
        print("refused:", reason)
    second = volant.publish(smaller, folder / "second", format="robomimic", previous=made.path, version="2.0.0")
    print(second.manifest.name, second.manifest.version)


if __name__ == "__main__":
    with TemporaryDirectory() as scratch:
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch))
