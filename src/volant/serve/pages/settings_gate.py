"""Settings of the gate: a policy tried on every episode from facts, compared, and only then applied."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from nicegui import ui

from ...core.errors import VolantError
from ...intake.policy import DEFAULT, parse
from ...intake.regate import Flip, Regated
from ..doors import noted
from .frame import button, markup
from .parts import badge, empty, how, link, table
from .reasons import reason_in
from .words import say, tongue

if TYPE_CHECKING:
    from ..doors import Book
    from ..house import House

__all__ = ["diff", "gate"]

_FLIPS = 50
EXAMPLE = """name = "default"
version = "1"

# Every installed check judges by its own limit unless it is named here:
# [checks.freeze]
# limit = 1.0
# verdict = "review"
#
# [checks.jerk]
# off = true
"""


async def gate(house: House, book: Book, by: str) -> None:
    """Two policies, what would change, and the deed."""
    now = await house.do(lambda lake: sorted(set(lake.store.facts(key="verdict").by)))
    markup(
        how(say("settings.gate.how"))
        + how(say("settings.gate.now", by=", ".join(now[:8]) or say("settings.gate.nobody")))
    )
    policy = ui.textarea(say("settings.gate.policy"), value=EXAMPLE).props("outlined autogrow").classes("v-code")
    other = ui.textarea(say("settings.gate.other")).props("outlined autogrow").classes("v-code")
    told = markup("", props='role="status" aria-live="polite"')

    async def dry(against: str) -> Regated | None:
        found = await _tried(house, told, str(policy.value or ""), against)
        if found is not None:
            told.set_content(diff(found))
        return found

    async def ask() -> None:
        found = await dry("")
        if found is not None:
            sure.set_text(say("settings.gate.sure", n=f"{len(found.flips):,}"))
            dialog.open()

    async def apply() -> None:
        dialog.close()
        done = await _tried(house, told, str(policy.value or ""), None)
        if done is not None:
            noted(book, by, "gate/apply", done.policy, house.clock(), changed=str(len(done.flips)))
            told.set_content(f"<p>{escape(say('settings.gate.done', by=done.policy, n=f'{len(done.flips):,}'))}</p>")

    with ui.dialog().props(f'aria-label="{escape(say("settings.gate.apply"))}"') as dialog, ui.card():
        sure = ui.label()
        with ui.element("div").classes("v-row"):
            button(say("settings.gate.yes"), apply, strong=True)
            button(say("settings.gate.no"), dialog.close)
    with ui.element("div").classes("v-row"):
        button(say("settings.gate.dry"), lambda: dry(str(other.value or "")), strong=True)
        button(say("settings.gate.apply"), ask)


async def _tried(house: House, told: ui.html, policy: str, against: str | None) -> Regated | None:
    """Judge by a policy in TOML: beside another, beside the verdicts now (empty), or for good (``None``)."""
    try:
        mine = parse(policy) if policy.strip() else DEFAULT
        other = parse(against, say("settings.gate.other")) if against and against.strip() else None
        return await house.read(lambda lake: lake.gate(mine, dry_run=against is not None, other=other))
    except VolantError as error:
        told.set_content(f'<p class="v-wrong" role="alert">{escape(str(error))}</p>')
        return None


def diff(found: Regated) -> str:
    """What a policy decides and which verdicts differ, as HTML."""
    counts = {name: f"{found.counts.get(name, 0):,}" for name in ("accept", "review", "quarantine")}
    words = say(
        "settings.gate.counts",
        policy=found.policy,
        accept=counts["accept"],
        review=counts["review"],
        quarantine=counts["quarantine"],
        n=f"{len(found.flips):,}",
    )
    if not found.flips:
        return f"<p>{escape(words)}</p>{empty(say('settings.gate.same'), '')}"
    heads = [say(f"settings.gate.{name}") for name in ("episode", "before", "after", "why")]
    more = how(say("settings.gate.first", n=_FLIPS)) if len(found.flips) > _FLIPS else ""
    return f"<p>{escape(words)}</p>{table(heads, [_flip(one) for one in found.flips[:_FLIPS]], label=words)}{more}"


def _flip(one: Flip) -> list[str]:
    why = "; ".join(reason_in(finding.why, tongue()) for finding in one.why[:2])
    return [link(f"/episode/{one.subject}", one.subject[:12]), badge(one.before), badge(one.after), escape(why)]
