"""``volant check``: screening without a lake, for people's own CI."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ._options import as_json, reading
from ._say import document, note, progress, table

if TYPE_CHECKING:
    from volant.intake import Checked


@click.command("check")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@reading
@click.option("--origin", type=click.Path(path_type=Path), help="TOML: where these come from, and the body's limits.")
@click.option("--policy", type=click.Path(path_type=Path), help="Gate policy (default: every check's own limits).")
@as_json
def command(paths: tuple[str, ...], json: bool, **said: Any) -> None:
    """Screen recordings frame by frame without storing anything.

    Exits with 0 where every episode is accepted, with 1 and the reasons where something is wrong.
    """
    from volant import api

    with progress("checking") as tick:
        found = api.check(*paths, progress=lambda uri, done: tick(done, None, uri.rpartition("/")[2]), **said)
    wrong = [j for j in found.judgements.values() if j.verdict.rank]
    if json:
        document(
            {
                "ok": not wrong and not found.refused,
                "episodes": _episodes(found),
                "refused": found.refused,
                "ignored": [str(path) for path in found.ignored],
            }
        )
    else:
        _print(found, len(wrong))
    sys.exit(1 if wrong or found.refused else 0)


def _episodes(found: Checked) -> list[dict[str, object]]:
    return [
        {
            "id": seen.id,
            "uri": seen.uri,
            "task": seen.task,
            "seconds": seen.seconds,
            "frames": seen.frames,
            "verdict": found.judgements[seen.id].verdict,
            "findings": [
                {
                    "check": finding.check,
                    "verdict": finding.verdict,
                    "value": finding.value,
                    "unit": finding.unit,
                    "stream": finding.stream,
                    "start": finding.span.start if finding.span else None,
                    "stop": finding.span.stop if finding.span else None,
                    "why": finding.why,
                }
                for finding in found.judgements[seen.id].findings
            ],
        }
        for seen in found.episodes
    ]


def _print(found: Checked, wrong: int) -> None:
    rows = []
    for seen in found.episodes:
        judgement = found.judgements[seen.id]
        for finding in judgement.findings:
            if finding.verdict.rank:
                rows.append(
                    {
                        "episode": seen.id[:8],
                        "source": seen.uri.rpartition("/")[2],
                        "verdict": finding.verdict.value,
                        "check": finding.check,
                        "stream": finding.stream,
                        "why": finding.why,
                    }
                )
    if rows:
        table(rows)
    for refusal in found.refused:
        note(f"{refusal.uri}: {refusal.why}")
    if found.ignored:
        note(f"{len(found.ignored)} files belong to no format, such as {found.ignored[0]}.")
    total = len(found.episodes)
    click.echo(
        f"{total} episodes checked, {total - wrong} accepted, {wrong} with reasons, {len(found.refused)} refused."
    )
