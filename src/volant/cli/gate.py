"""``volant gate``: verdicts again, from facts."""

from __future__ import annotations

from pathlib import Path

import click

from ._options import as_json, limit, opened, with_lake
from ._say import document, note, table


@click.command("gate")
@click.argument("policy", type=click.Path(path_type=Path), required=False, metavar="[POLICY.toml]")
@click.option("--dry-run", is_flag=True, help="Show what would change and remember nothing.")
@click.option(
    "--diff", "other", type=click.Path(path_type=Path), help="Compare with this other policy; nothing is kept."
)
@limit(50)
@with_lake
@as_json
def command(
    policy: Path | None, *, dry_run: bool, other: Path | None, limit: int, lake: str | None, json: bool
) -> None:
    """Judge all episodes again under a policy, from facts alone: no sample is read.

    Without a policy, every check judges by its own limit. Shows which episodes flip, and why.
    """
    with opened(lake) as memory:
        made = memory.gate(policy, dry_run=dry_run, other=other)
    flips = made.flips[: limit or len(made.flips)]
    kept = not dry_run and other is None
    if json:
        rows = [{"id": f.subject, "before": f.before, "after": f.after, "why": f.why} for f in flips]
        document(
            {
                "policy": made.policy,
                "counts": made.counts,
                "flipped": len(made.flips),
                "flips": rows,
                "kept": kept,
                "version": made.version,
            }
        )
        return
    click.echo(f"{made.policy}: " + ", ".join(f"{count} {name}" for name, count in made.counts.items()) + ".")
    if flips:
        table(
            [
                {
                    "episode": f.subject[:12],
                    "before": f.before or "none",
                    "after": f.after,
                    "why": "; ".join(finding.why for finding in f.why[:2]),
                }
                for f in flips
            ]
        )
    click.echo(f"{len(made.flips)} episodes flip. " + ("Remembered." if kept else "Nothing was remembered."))
    if len(flips) < len(made.flips):
        note(f"{len(flips)} of {len(made.flips)}; use --limit to see more.")
