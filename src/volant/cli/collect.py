"""``volant collect``: experience made in a world."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ._options import as_json, opened, with_lake
from ._say import document, note, progress
from ._stop import telling

if TYPE_CHECKING:
    from volant.collect import Collected


@click.command("collect")
@click.argument("world", metavar="WORLD[/TASK]")
@click.option("--task", default="", help="The task, where it is not named behind the world.")
@click.option("--source", default="expert", help="expert, human, novice, hasty, careful, or policy (default: expert).")
@click.option("--policy", type=click.Path(path_type=Path), metavar="CKPT", help="The checkpoint that drives.")
@click.option("--episodes", type=click.IntRange(1), default=50, help="How many (default: 50).")
@click.option("--vary", type=click.IntRange(0), default=0, help="In so many environments (default: each in its own).")
@click.option("--physics", type=click.FloatRange(0, 1), default=0.0, help="How far physics deviates (default: 0).")
@click.option("--region", default="", help="Only environments of this region (see volant worlds).")
@click.option("--seed", type=int, default=0, help="Seed of everything random (default: 0).")
@click.option("--horizon", type=click.IntRange(0), default=0, help="Steps at most (default: the world's own).")
@click.option("--lanes", type=click.IntRange(1, 4096), default=16, help="Robots side by side (default: 16).")
@with_lake
@as_json
def command(
    world: str, task: str, policy: Path | None, *, source: str, lake: str | None, json: bool, **how: Any
) -> None:
    """Live episodes in a world and remember them; failures are kept and labelled.

    The same settings and seed give the same episodes, which the lake then knows: repeating adds nothing.
    """
    words = f"{world}/{task}" if task else world
    blob = _checkpoint(source, policy)
    started, lived = time.perf_counter(), [0]
    with opened(lake, make=True) as memory, progress("collecting") as tick, telling(lambda: _stopped(lived[0])):

        def far(done: int) -> None:
            lived[0] = done
            tick(done, how["episodes"], words)

        done = memory.collect(words, blob or source, progress=far, **how)
    wall = time.perf_counter() - started
    if json:
        document(_plain(done, wall))
    else:
        _print(done, wall)


def _checkpoint(source: str, policy: Path | None) -> bytes:
    from volant.core.errors import Misuse, NotFound

    if policy is None:
        if source == "policy":
            raise Misuse("A policy is to drive, but none is named.", do="Give --policy CKPT.")
        return b""
    if not policy.is_file():
        raise NotFound(f"There is no checkpoint at {policy}.")
    return policy.read_bytes()


def _stopped(lived: int) -> str:
    return (
        f"Stopped after {lived} episodes; those that the gate let in are kept. The same command again completes them."
    )


def _plain(done: Collected, wall: float) -> dict[str, object]:
    return {
        "world": done.world,
        "task": done.task,
        "source": done.source,
        "episodes": sum(done.outcomes.values()),
        "environments": done.environments,
        "steps": done.steps,
        "simulated_seconds": done.seconds,
        "wall_seconds": wall,
        "outcomes": dict(sorted(done.outcomes.items())),
        "success": done.success,
        "added": len(done.added.added),
        "known": done.added.known,
        "verdicts": {name: count for name, count in sorted(done.added.verdicts.items()) if count},
        "version": done.added.version,
    }


def _print(done: Collected, wall: float) -> None:
    ended = ", ".join(f"{count} {word}" for word, count in sorted(done.outcomes.items()))
    judged = ", ".join(f"{count} {word}" for word, count in sorted(done.added.verdicts.items()) if count)
    success = done.success
    click.echo(
        f"{sum(done.outcomes.values())} episodes of {done.world}/{done.task} by {done.source} in {done.environments} "
        f"environments: {ended}. Success {success.value:.1%} [{success.low:.1%}, {success.high:.1%}]."
    )
    known = f"{done.added.known} were known. " if done.added.known else ""
    gate = f"The gate says: {judged}. " if judged else ""
    click.echo(f"{gate}{known}The lake is at version {done.added.version}.")
    rate = done.seconds / max(wall, 1e-9)
    note(
        f"{done.seconds / 3600:.4f} simulated hours in {wall / 3600:.4f} of ours: {rate:.2f} an hour, "
        f"{done.steps / max(wall, 1e-9):.0f} steps a second."
    )
