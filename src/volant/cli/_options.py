"""Options that verbs share, and how they find the lake."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from volant.api import Lake

__all__ = ["as_json", "at_version", "limit", "now", "opened", "reading", "with_lake"]

Wrapped = TypeVar("Wrapped", bound=Callable[..., Any])

as_json = click.option("--json", "json", is_flag=True, help="Print one JSON document.")
with_lake = click.option("--lake", metavar="DIR", help="The lake (default: $VOLANT_LAKE, else ./lake).")


def limit(default: int | None) -> Callable[[Wrapped], Wrapped]:
    """``--limit N``: at most so many rows; 0 means all of them."""
    shown = "all" if not default else str(default)
    return click.option(
        "--limit", type=click.IntRange(min=0), default=default, help=f"At most so many; 0 means all (default: {shown})."
    )


def _version(_: click.Context, __: click.Parameter, value: str | None) -> int | str | None:
    return int(value) if value is not None and value.isdigit() and len(value) < 16 else value


at_version = click.option(
    "--version", metavar="N|TAG", callback=_version, help="As the lake was at that version (default: now)."
)


def opened(lake: str | None, *, make: bool = False, rescue: bool = False) -> Lake:
    """The lake that the verb, the group, the environment or the folder names, in this order."""
    from volant.api import Lake

    return Lake(lake_place(lake), make=make, rescue=rescue)


def lake_place(lake: str | None) -> str:
    """Where the lake lies."""
    above = click.get_current_context().find_root().obj or {}
    return lake or above.get("lake") or os.environ.get("VOLANT_LAKE") or "lake"


def now() -> int:
    """The time that is written beside facts, ns since 1970; SOURCE_DATE_EPOCH (seconds) makes runs repeatable."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    return int(fixed) * 10**9 if fixed.isdigit() else time.time_ns()


def reading(function: Wrapped) -> Wrapped:
    """The options that say how recordings are read."""
    for option in (
        click.option("--limit", type=click.IntRange(min=1), help="At most so many episodes of each source."),
        click.option("--mapping", type=click.Path(path_type=Path), help="TOML: which topics become which signals."),
        click.option("--split", default="", help="Cut logs into episodes: topic:/name, gap:SECONDS, annotation:FILE."),
        click.option("--task", default="", help="The task's name, where the recording does not say."),
        click.option("--format", default="", help="The format, instead of letting formats bid (see volant formats)."),
    ):
        function = option(function)
    return function
