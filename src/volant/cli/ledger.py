"""``volant ledger``: the wheel's own history, and the proof of it."""

from __future__ import annotations

import click

from ._options import as_json, now, opened, with_lake
from ._say import document, note, table


@click.command("ledger")
@click.option("--replay", type=click.IntRange(min=0), metavar="TURN", help="Make this turn again and compare.")
@with_lake
@as_json
def command(replay: int | None, lake: str | None, json: bool) -> int:
    """Show every turn of the wheel, or make one again from its settings and compare each hash.

    A replay turns a fresh wheel from the first demonstrations up to TURN and compares selections, policies,
    evaluations and plans. Exit code 1 where anything differs.
    """
    with opened(lake) as memory:
        if replay is not None:
            return _replayed(memory.store, replay, json=json)
        from volant.stations import ledger

        rows = [
            {
                "turn": turn.number,
                "strategy": turn.strategy,
                "record": turn.hash,
                "parent": turn.parent,
                "lake_version": turn.version,
                "episodes": turn.episodes,
                "cost": turn.cost,
                "currency": turn.currency,
                "success": turn.success,
                "trials": sum(trials for _, trials in turn.by_task().values()),
                "asked": turn.asked,
                "operations": turn.operations,
                "minutes": turn.minutes,
            }
            for turn in ledger(memory.store)
        ]
    if json:
        document(rows)
    elif rows:
        table([{**row, "record": str(row["record"])[:12], "parent": str(row["parent"])[:12]} for row in rows])
    else:
        note("The ledger is empty. `volant turn` writes it.")
    return 0


def _replayed(store: object, number: int, *, json: bool) -> int:
    from volant.lake import Store
    from volant.replay import replay

    assert isinstance(store, Store)
    found = replay(store, number, clock=now, tell=note)
    if json:
        document(found)
    else:
        table(
            [
                {"what": line.what, "recorded": line.recorded, "made again": line.again, "same": line.same}
                for line in found
            ]
        )
    return 0 if all(line.same for line in found) else 1
