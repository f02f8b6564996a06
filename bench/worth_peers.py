"""What data is worth, beside the peers that say any of it: cleanlab, FiftyOne's uniqueness, forge.

Each peer runs in an environment of its own (where it is not built, it is built into a temporary folder, untimed), on
the same file and both cores, in turns with us. Speed is that of the work alone for points (reading the file and
importing count for neither) and of whole processes for episodes. What is planted says who finds it.

FiftyOne itself needs a MongoDB server, which cannot be had here: its uniqueness is a stand-in, named as one, with the
neighbours, weights and scale of its brain and without its database (bench/peers/uniqueness.py).

    python -m bench.worth_peers                  # all
    python -m bench.worth_peers cleanlab         # or: uniqueness, forge, million

VOLANT_BENCH_POINTS (40,000) and VOLANT_BENCH_EPISODES (600) say how much, VOLANT_PEERS where peers are built already.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from bench import _worth_sides as sides
from bench._beside import ROOT, VOLANT, Run, alternate, middle, peer, run
from bench._clock import ratio

POINTS = int(os.environ.get("VOLANT_BENCH_POINTS", "40000"))
EPISODES = int(os.environ.get("VOLANT_BENCH_EPISODES", "600"))
EPS = "0.01"
PEERS = ROOT / "bench" / "peers"
Found = Mapping[str, npt.NDArray[np.float64]]


def main(wanted: list[str]) -> None:
    """Every peer once, or those asked for."""
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; cleanlab 2.9.0, forge-robotics 0.2.0", flush=True)
    parts = {"cleanlab": cleanlab, "uniqueness": uniqueness, "million": million, "forge": forge}
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        for part, look in parts.items():
            if not wanted or part in wanted:
                look(out)


def built(name: str, program: str, out: Path) -> tuple[str, ...] | None:
    """A peer's command; where nobody built it, it is built here first."""
    home = Path(os.environ.get("VOLANT_PEERS") or ROOT / ".venvs")
    if not (home / name / "bin" / program).exists():
        os.environ["VOLANT_PEERS"] = str(out / "peers")
        if not (out / "peers" / name).exists():
            subprocess.run(["bash", str(PEERS / "build.sh"), name], check=False, capture_output=True)
    found = peer(name, program)
    os.environ["VOLANT_PEERS"] = str(home)
    return found


def done(command: tuple[str, ...], out: Path) -> Run:
    """A process that must end well; its last line is a document with the seconds of the work alone."""
    made = run(command, out / "said.txt")
    if made.code:
        raise SystemExit(f"{' '.join(command[:4])} failed ({made.code}): {made.said[-400:]}")
    return made


def ours(job: str, first: Path, second: str, *more: str, out: Path) -> Run:
    """One of our jobs in a process of its own."""
    return done((sys.executable, "-m", "bench._worth_sides", job, str(first), second, *more), out)


def seconds(runs: list[Run], key: str = "seconds") -> float:
    """Median of what processes say their work took."""
    return float(np.median([json.loads(one.said.strip().splitlines()[-1])[key] for one in runs]))


def loaded(path: Path) -> dict[str, npt.NDArray[np.float64]]:
    """What a process found, by name."""
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def laid(count: int, out: Path) -> tuple[Path, npt.NDArray[np.int8]]:
    """The points as a file, and what each is; kernels of ours are compiled, once for all."""
    rows, kind = sides.points(count)
    np.save(out / "rows.npy", rows)
    np.save(out / "few.npy", rows[:3000])
    for job, more in (("near", (EPS,)), ("unique", ())):
        ours(job, out / "few.npy", str(out / "few.npz"), *more, out=out)
    return out / "rows.npy", kind


def cleanlab(out: Path) -> None:
    """Near repeats and outliers: Datalab as it is set, beside near repeats and rarity at the limit that it chose."""
    python = built("cleanlab", "python", out)
    if not python:
        return
    rows, kind = laid(POINTS, out)
    theirs, mine = out / "theirs.npz", out / "mine.npz"

    def peers() -> Run:
        return done((*python, str(PEERS / "cleanlab_worth.py"), str(rows), str(theirs)), out)

    other, us = alternate(
        peers, lambda: ours("near", rows, str(mine), str(loaded(theirs)["limit"]), out=out), 1
    )  # theirs goes first: it chooses the limit
    near = seconds(us, "near")
    rate = f"Datalab near_duplicate and outlier {seconds(other):.1f} s"
    both = f"near repeats and rarity {seconds(us):.2f} s (repeats {near:.2f})"
    value = seconds(other) / seconds(us)
    ratio(f"{POINTS:,} points of 64", both, rate, value, "at least 1", value >= 1)
    walls = f"whole processes {middle(us).wall:.1f} and {middle(other).wall:.1f} s"
    print(f"  {walls}; memory {middle(us).peak:,.0f} and {middle(other).peak:,.0f} MB", flush=True)
    told = {"Volant": loaded(mine), "cleanlab": loaded(theirs)}
    limit = float(told["cleanlab"]["limit"])
    print(f"  rows near an earlier row, cosine within {limit:.4f} (cleanlab: 0.13 of the median):", flush=True)
    for who, found in told.items():
        _repeats(who, found["again"] > 0, kind)
    ours("near", rows, str(mine), EPS, out=out)
    _repeats(f"Volant at its own eps of {EPS}", loaded(mine)["again"] > 0, kind)
    same = [found["again"] > 0 for found in told.values()]
    union = (same[0] | same[1]).sum()
    print(f"  both say it of {(same[0] & same[1]).sum():,} of the {union:,} that either says it of")
    table = np.load(rows)
    np.save(rows, table / np.linalg.norm(table, axis=1, keepdims=True))
    ours("near", rows, str(mine), EPS, out=out)
    told["Volant, rows made of length one (as cosine sees them)"] = loaded(mine)
    lone = kind == sides.LONE
    for who, found in told.items():
        most = np.argsort(-found["rarity"])[: lone.sum()]
        print(f"  {who}: of the {lone.sum():,} rarest {lone[most].mean():.1%} were planted as lone", flush=True)
    flagged = told["cleanlab"]["lone"] > 0
    print(
        f"  cleanlab's verdict: {flagged.sum():,} outliers, {lone[flagged].sum():,} of them planted; Volant gives none"
    )
    score, *all_ours = (told[who]["rarity"] for who in sorted(told, reverse=True, key=lambda who: who == "cleanlab"))
    agree = " and ".join(f"{_spearman(one, score):.3f}" for one in all_ours)
    print(f"  rank agreement of rarity with its outlier score: {agree} with rows of length one", flush=True)


def _repeats(who: str, said: npt.NDArray[np.bool_], kind: npt.NDArray[np.int8]) -> None:
    """How many planted repeats of each strength are said to be ones, and how many rows that are none."""
    found = [f"{said[kind == k + 1].mean():.1%} at noise {noise:g}" for k, noise in enumerate(sides.STRENGTHS)]
    false = int(said[(kind == 0) | (kind == sides.LONE)].sum())
    print(f"    {who}: {', '.join(found)}; {false:,} that are none", flush=True)


def uniqueness(out: Path) -> None:
    """The stand-in's weighted distances beside the same by our index, and beside novelty."""
    python = built("cleanlab", "python", out)
    if not python:
        return
    rows, _ = laid(POINTS, out)
    theirs, mine = out / "theirs.npz", out / "mine.npz"
    us, other = alternate(
        lambda: ours("unique", rows, str(mine), out=out),
        lambda: done((*python, str(PEERS / "uniqueness.py"), str(rows), str(theirs)), out),
        2,
    )
    print("FiftyOne was not run: it needs MongoDB, which cannot be had here. Stand-in: scikit-learn's three nearest,")
    print("  weighted 0.6, 0.3, 0.1, divided by the largest; its database and writing a field are not counted")
    beside = f"stand-in {seconds(other):.2f} s"
    words = (("the same by an index", "seconds"), ("novelty (nearest earlier row)", "novelty"))
    for what, key in words:
        value = seconds(other) / seconds(us, key)
        made = f"{what} {seconds(us, key):.2f} s"
        ratio(f"uniqueness of {POINTS:,} points of 64", made, beside, value, "at least 1", value >= 1)
    told, known = loaded(theirs)["unique"], loaded(mine)
    apart = np.abs(known["unique"] - told)
    says = np.isfinite(known["novelty"])
    order = _spearman(known["unique"], told), _spearman(known["novelty"][says], told[says])
    equal = f"equal within 1e-4 for {(apart < 1e-4).mean():.2%}"
    print(f"  rank agreement with the stand-in: index {order[0]:.4f} ({equal}), novelty {order[1]:.3f}")
    print("  novelty asks of earlier rows only, so the first of a pair is not low", flush=True)


def million(out: Path) -> None:
    """Near repeats of a million, where no peer could follow: its time there is reckoned from its square."""
    rows, kind = laid(1_000_000, out)
    made = out / "mine.npz"
    us = [ours("repeats", rows, str(made), EPS, out=out)]
    print(f"near repeats of 1,000,000 points: {seconds(us):.1f} s, {us[0].peak:,.0f} MB; no peer was run", flush=True)
    print("  (each compares all pairs: a million take (1,000,000 / points) squared times what it took above)")
    _repeats(f"Volant at eps {EPS}", loaded(made)["again"] > 0, kind)


def forge(out: Path) -> None:
    """Whole processes over one LeRobot v3 set: `forge quality` beside the measures, and beside add and measure."""
    command = built("forge", "forge", out)
    if not command:
        return
    where, report, mine = out / "set", out / "report.json", out / "mine.npz"
    for folder, count in ((out / "small", 30), (where, EPISODES)):
        ours("write", folder, str(count), out=out)
    _added(out / "small", out)  # compiles what has changed
    ours("measures", where, str(mine), out=out)

    def theirs() -> Run:
        more = {"HF_HUB_OFFLINE": "1", "COLUMNS": "100"}
        made = run((*command, "quality", str(where), "--export", str(report)), out / "said.txt", more)
        if made.code or len(json.loads(report.read_text())["per_episode"]) != EPISODES:
            raise SystemExit(f"forge did not do the work ({made.code}): {made.said[-400:]}")
        return made

    us, other = alternate(lambda: ours("measures", where, str(mine), out=out), theirs, 2)
    whole = [_added(where, out) for _ in range(3)]
    rest = middle(other)
    beside = f"forge quality {rest.wall:.1f} s, {EPISODES / rest.wall:.0f} episodes/s, {rest.peak:.0f} MB"
    for what, runs in (("four measures", us), ("volant add and measure quality", whole)):
        mid = middle(runs)
        made = f"{what} {mid.wall:.1f} s, {EPISODES / mid.wall:.0f} episodes/s, {mid.peak:.0f} MB"
        value = rest.wall / mid.wall
        ratio(f"quality of {EPISODES} episodes, whole process", made, beside, value, "at least 1", value >= 1)
    print("  not the same work: forge also scores timestamps, saturation, chatter and entropy, and makes one score;")
    print(
        "  `volant add` also checks, judges and keeps; quality is then told of any part without reading again",
        flush=True,
    )
    _separation(json.loads(report.read_text())["per_episode"], loaded(mine))


def _added(where: Path, out: Path) -> Run:
    """`volant add` and `volant measure quality` into a lake that is not there yet, as one run."""
    lake = out / "lake"
    shutil.rmtree(lake, ignore_errors=True)
    add, ask = (
        done((*VOLANT, *words, "--lake", str(lake)), out) for words in (("add", str(where)), ("measure", "quality"))
    )
    return Run(add.wall + ask.wall, add.cpu + ask.cpu, max(add.peak, ask.peak), 0, ask.said)


def _separation(report: list[dict[str, float | None]], mine: Found) -> None:
    """Rank agreement of the jerks, and who tells a tremor and stops from even driving."""
    theirs = {
        name: np.array([one[key] for one in report], float) * sign
        for name, key, sign in (
            ("overall score", "overall_score", 1),
            ("LDLJ", "ldlj", 1),
            ("static fraction", "static_fraction", -1),
            ("dead fraction", "dead_fraction", -1),
        )
    }
    known = {**mine, "stalls": -mine["stalls"]}
    print(f"  rank agreement of the two log jerks {_spearman(known['jerk'], theirs['LDLJ']):.3f} (we scale each joint)")
    how = np.array([sides.KINDS[place % len(sides.KINDS)] for place in range(len(report))])
    for spoilt in sides.KINDS[1:]:
        for who, figures in (("Volant", known), ("forge", theirs)):
            said = [f"{name} {_auc(one[how == 'even'], one[how == spoilt]):.2f}" for name, one in figures.items()]
            print(f"  AUC, even above {spoilt}, {who}: {', '.join(said)}", flush=True)


def _auc(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Share of pairs in which the first is higher; ties count half."""
    return float(np.sign(one[:, None] - other[None]).mean() / 2 + 0.5)


def _spearman(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Correlation of ranks."""
    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])


if __name__ == "__main__":
    main(sys.argv[1:])
