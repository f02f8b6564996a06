"""``volant duplicates``: episodes that repeat each other, and what leaks from one selection into another."""

from __future__ import annotations

from pathlib import Path

import click

from ._options import as_json, limit, opened, with_lake
from ._say import document, note, progress, table


@click.command("duplicates")
@click.option(
    "--eps", type=click.FloatRange(0, 0.5), default=0.01, show_default=True,
    help="Largest 1 - cosine of a repetition; 0: only what is equal to the last bit.",
)  # fmt: skip
@click.option(
    "--between", nargs=2, type=click.Path(path_type=Path), metavar="A B",
    help="Two selections (files or hashes): what of B is in A, or is repeated there.",
)  # fmt: skip
@click.option("--space", default="motion", show_default=True, help="The embedding to look in.")
@limit(50)
@with_lake
@as_json
def command(
    *, eps: float, between: tuple[Path, Path] | None, space: str, limit: int, lake: str | None, json: bool
) -> None:
    """List groups of episodes that repeat each other, the most repeated first; nothing is removed.

    The first that came of each group is kept as its original. With --between, look for leakage instead: episodes of
    the second selection (a test set, say) that the first holds or repeats.
    """
    with opened(lake) as memory, progress("Embedding") as tick:
        if between:
            one, other = (memory.selection(str(name)).selection for name in between)
            found = memory.leaks(one, other, eps, space=space)
            if json:
                document({"space": space, "eps": eps, "of": len(other), "leaks": found})
                return
            table([{"id": x.id[:12], "like": x.like[:12], "kind": x.kind, "apart": round(x.apart, 5)}
                   for x in found[: limit or None]])  # fmt: skip
            note(f"{len(found)} of {len(other)} episodes of {between[1]} are in {between[0]} or repeated there.")
            return
        groups = memory.duplicates(eps, space=space, progress=tick)
    again = sum(len(group.repeats) for group in groups)
    if json:
        document({"space": space, "eps": eps, "repetitions": again, "groups": groups})
        return
    table([{"original": x.kept[:12], "repetitions": len(x.repeats), "kind": x.kind, "farthest": round(x.farthest, 5),
            "task": x.task, "first": x.repeats[0][:12]} for x in groups[: limit or None]])  # fmt: skip
    note(f"{again} repetitions of {len(groups)} originals.")
