"""The first arc of the wheel: recordings in, screened, remembered, looked at, selected, published, verified."""

import argparse
import shutil
import time
from pathlib import Path

import volant
from sample import recordings
from volant.core.errors import VolantError
from volant.publish import verify

SETS = ("robosuite_hdf5", "g1_lerobot_v21", "octo_bridge_rlds", "lasa", "unitree_go2_bags", "rosbag_analyzer_fixtures")
"""Real recordings of several formats; every one that is there goes in."""


def main(data: Path, out: Path) -> None:
    if out.exists():
        shutil.rmtree(out)
    lake = volant.Lake(out / "lake")
    real = [data / name for name in SETS if (data / name).is_dir()]
    say("adding " + (f"real recordings from {data}" if real else "recordings made for this demo"))
    for path in [*real, *recordings(out / "made")]:
        start = time.perf_counter()
        try:
            added = lake.add(path)
        except VolantError as refusal:
            print(f"  {path.name:26} refused: {str(refusal)[:110]}...")
            continue
        told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(added.verdicts.items()) if count)
        print(
            f"  {path.name:26} {len(added.added):3} episodes {added.frames:7} frames  {told}  "
            f"({time.perf_counter() - start:.1f} s)"
        )
        for refusal in added.refused:
            print(f"    not read to the end: {refusal.why[:150]}")

    say("what is wrong, most frequent first")
    reasons = "SELECT key, count(DISTINCT subject) AS n FROM facts_now WHERE key LIKE 'reason/%' GROUP BY 1"
    for row in lake.facts(f"{reasons} ORDER BY n DESC, key LIMIT 10").to_pylist():
        print(f"  {row['key'].removeprefix('reason/'):20} {row['n']} episodes")

    say("figures, with intervals")
    for estimate in lake.measure("acceptance", "coverage"):
        if not estimate.group:
            print(f"  {estimate}")

    say("looking")
    print(f"  {lake.report(out / 'report.html')}")
    worst = lake.episodes("verdict <> 'accept'").to_pylist() or lake.episodes().to_pylist()
    print(f"  {lake.view(worst[0]['id'], out / 'view')[0]}")

    say("selecting and publishing")
    picked = lake.select("uri LIKE '%made/%' AND NOT quarantined", per_cell=10, why="the demo")
    for form in ("lerobot", "robomimic"):
        publish(picked, out / f"made-{form}", form)
    most = (
        "SELECT task, embodiment FROM episodes WHERE uri NOT LIKE '%made/%' AND NOT quarantined AND task <> '' "
        "GROUP BY ALL ORDER BY count(*) DESC, 1, 2 LIMIT 2"
    )
    for number, cell in enumerate(lake.facts(most).to_pylist(), 1):
        said = " AND ".join("{} = '{}'".format(name, value.replace("'", "''")) for name, value in cell.items())
        print(f"  {cell['task']!r}, {cell['embodiment'] or 'unknown body'}:")
        publish(lake.select(f"NOT quarantined AND {said}"), out / f"real-{number}", "lerobot")
    say(f"everything is in {out}; the lake is at version {lake.version}, {'sound' if lake.verify().ok else 'DAMAGED'}")


def publish(picked: volant.Picked, place: Path, form: str) -> None:
    """Publish and verify; a refusal is told, not hidden."""
    try:
        made = volant.publish(picked, place, format=form)
    except VolantError as refusal:
        print(f"  {form}: refused: {refusal}")
        return
    manifest, differences = verify(made.path)
    print(
        f"  {made.path}: {manifest.episodes} episodes, {manifest.frames} frames, {manifest.size / 1e6:.1f} MB as "
        f"{manifest.format}; read back, {len(differences)} files differ"
    )


def say(what: str) -> None:
    """A heading."""
    print(f"\n{what}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments.add_argument("--out", type=Path, default=Path("demo-out"))
    chosen = arguments.parse_args()
    main(chosen.data, chosen.out)
