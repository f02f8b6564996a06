"""What a collector's phone asks for: today's orders with an example, what was accepted, what came back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import review
from ..core import Kind, Turn
from ..core.errors import NotFound, Refused
from .sight import sheet

if TYPE_CHECKING:
    from ..api import Lake
    from ..lake import Store
    from .catalogue import Catalogue

__all__ = ["example", "objected", "today"]

_ORDERS, _BACK, _FRAMES = 12, 20, 8


def today(store: Store, catalogue: Catalogue, who: str, since: int) -> dict[str, Any]:
    """Orders of the last plan, what was accepted of this collector since then (ns), and what came back to them."""
    turns = Turn.all_of(store.facts(key="turn/record"))
    orders = [
        {"task": one.task, "scene": one.scene, "count": one.count, "price": one.price, "currency": one.currency}
        for one in sorted(turns[-1].next, key=lambda order: -order.promised)[:_ORDERS]
    ] if turns else []  # fmt: skip
    wanted = [str(order["task"]) for order in orders]
    filmed = store.sql(
        """SELECT DISTINCT t.task FROM (SELECT unnest(?) AS task) t, catalogued e JOIN streams s ON s.episode = e.id
        WHERE s.kind = 'image' AND (e.task = t.task OR ends_with(e.task, '/' || t.task))""",
        params=[wanted],
    )["task"].to_pylist() if wanted else []  # fmt: skip
    for order in orders:
        order["filmed"] = order["task"] in filmed
    catalogue.refresh(store)
    rows = catalogue.answer(
        """SELECT count(*) AS n, count(*) FILTER (accepted) AS accepted,
                  coalesce(sum(seconds) FILTER (accepted), 0) AS seconds
        FROM episodes WHERE operator = ? AND recorded_at >= ?""",
        [who, since],
    )
    back = [case for case in review.board(store, since).cases.values() if case.state == "returned" and not case.gold]
    mine = store.sql(
        "SELECT id, task FROM catalogued WHERE operator = ? AND list_contains(?, id)",
        params=[who, [case.subject for case in back]],
    ).to_pylist() if back else []  # fmt: skip
    tasks = {row["id"]: row["task"] for row in mine}
    returned = [
        {
            "id": case.subject,
            "task": tasks[case.subject],
            "reason": case.reason,
            "final": bool(case.objection),
        }
        for case in sorted(back, key=lambda one: -one.at)
        if case.subject in tasks
    ]
    return {"orders": orders, **rows[0], "returned": returned[:_BACK]}


def example(lake: Lake, task: str) -> bytes:
    """Eight frames, side by side, of the newest accepted episode of a task that worked and was filmed."""
    found = lake.store.sql(
        """SELECT e.id FROM episodes e JOIN streams s ON s.episode = e.id
        WHERE s.kind = 'image' AND (e.task = ? OR ends_with(e.task, '/' || ?))
        ORDER BY e.verdict = 'accept' DESC, e.outcome = 'success' DESC, e.added DESC LIMIT 1""",
        params=[task, task],
    )
    if not len(found):
        raise NotFound(f"Nobody has filmed {task!r:.80} yet.")
    episode = lake.store.episode(found["id"][0].as_py())
    camera = next((s for s in episode.streams if s.signal.kind is Kind.IMAGE and s.video is not None), None)
    if camera is None:
        raise NotFound(f"Nobody has filmed {task!r:.80} yet.")
    return sheet(camera, _FRAMES, _FRAMES, 160)[0]


def objected(store: Store, subject: str, who: tuple[str, bool], words: str, at: int) -> None:
    """An objection by whoever recorded it, or by a curator for them."""
    name, any_ = who
    if not any_ and store.known([subject]) and store.episode(subject).origin.operator != name:
        raise Refused("This was recorded by somebody else.", do="Ask them, or a curator.")
    review.objection(store, subject, name, words, at=at)
