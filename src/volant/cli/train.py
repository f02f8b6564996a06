"""``volant train``: a policy from a selection."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ._options import as_json, opened, with_lake
from ._say import document, progress


@click.command("train")
@click.argument("policy", metavar="POLICY")
@click.argument("selection", metavar="SELECTION")
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="CKPT", help="Default: POLICY-HASH.ckpt here.")
@click.option(
    "--minutes",
    type=click.FloatRange(0, 10_000),
    default=0.0,
    help="How long to learn (default: what the policy asks).",
)
@click.option("--ensemble", type=click.IntRange(1, 1000), default=5, help="Members of the ensemble (default: 5).")
@click.option("--seed", type=int, default=0, help="Seed of everything random (default: 0).")
@click.option("--failures", default="drop", help="drop, keep, sirius, rabc or recap (default: drop).")
@click.option("--set", "options", multiple=True, metavar="NAME=VALUE", help="A dial of the policy's own; repeatable.")
@with_lake
@as_json
def command(
    policy: str, selection: str, *, lake: str | None, json: bool, out: Path | None, options: tuple[str, ...], **how: Any
) -> None:
    """Teach POLICY (bc, flow, nearest ..., or lerobot:act) by a selection, and remember which episodes taught it.

    SELECTION is a .sel file, or the hash of a selection that the lake keeps. The same selection, settings and seed
    give the same bytes; a minute stands for a number of steps, not for time by the clock. CKPT is never overwritten
    by another policy.
    """
    from volant.train.train import save

    with opened(lake) as memory, progress(f"training {policy}"):
        made = memory.train(policy, memory.selection(selection), options=_dials(options), **how)
    where = save(made.policy, out or Path(f"{policy.replace(':', '-')}-{made.policy.hash[:8]}.ckpt"))
    if json:
        document(
            {
                "path": str(where),
                "hash": made.policy.hash,
                "learner": policy,
                "selection": made.selection,
                "lesson": made.lesson,
                "episodes": made.episodes,
                "samples": made.samples,
                "tasks": made.tasks,
                "seconds": made.seconds,
                "bytes": len(made.policy.blob),
            }
        )
        return
    tasks = ", ".join(made.tasks) or "a task without a name"
    count = f"{made.episodes} episodes ({made.samples} samples)"
    click.echo(f"{policy} {made.policy.hash[:8]} learnt {tasks} from {count} in {made.seconds:.1f} s: {where}")


def _dials(options: tuple[str, ...]) -> dict[str, str]:
    from volant.core.errors import Misuse

    made: dict[str, str] = {}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals or not name:
            raise Misuse(f"{option!r} sets nothing.", do="Write --set NAME=VALUE.")
        made[name] = value
    return made
