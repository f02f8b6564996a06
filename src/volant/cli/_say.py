"""How answers look: one JSON document for machines, tables for people, plain columns for pipes."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from os import PathLike, fspath
from typing import Protocol

import click

from ._stop import heed

__all__ = ["Row", "document", "moment", "note", "plain", "progress", "table"]

Row = Mapping[str, object]


def plain(value: object) -> object:
    """The same value as JSON knows it: arrays become lists, what is not a number becomes null."""
    if value is None or (isinstance(value, bool | int) and not isinstance(value, Enum)):
        return value
    if isinstance(value, str):
        return str(value.value) if isinstance(value, Enum) else value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, PathLike):
        return fspath(value)
    listed = getattr(value, "tolist", None)
    if callable(listed):
        return plain(listed())
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return str(value)


def document(value: object) -> None:
    """Print one JSON document."""
    narrow = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") != "utf8"
    click.echo(json.dumps(plain(value), ensure_ascii=narrow, allow_nan=False, indent=1))


def note(text: str) -> None:
    """A word beside the answer, on stderr."""
    click.echo(text, err=True)


def moment(ns: int) -> str:
    """A point in time for people, UTC; empty where nobody said."""
    if ns <= 0:
        return ""
    try:
        return datetime.fromtimestamp(ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return str(ns)


def table(rows: Sequence[Row], *, columns: Sequence[str] = (), title: str = "") -> None:
    """Rows for people: drawn on a terminal, aligned and never cut where the output is piped."""
    names = list(columns) or (list(rows[0]) if rows else [])
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    right = [_numeric([row.get(name) for row in rows]) for name in names]
    if sys.stdout.isatty():
        _drawn(names, cells, right, title)
        return
    wide = [max([len(name), *(len(row[i]) for row in cells)]) for i, name in enumerate(names)]
    for line in [names, *cells]:
        padded = (text.rjust(wide[i]) if right[i] else text.ljust(wide[i]) for i, text in enumerate(line))
        click.echo("  ".join(padded).rstrip())


def _drawn(names: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool], title: str) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    drawn = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for name, numeric in zip(names, right, strict=True):
        drawn.add_column(escape(name), justify="right" if numeric else "left", overflow="fold")
    for line in cells:
        drawn.add_row(*(escape(text) for text in line))
    Console().print(drawn)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.6g}"
    text = value if isinstance(value, str) else str(plain(value))
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _numeric(values: Sequence[object]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in known)


class Ticker(Protocol):
    """Tells how far the work is: ``done`` so far of ``total`` (``None`` where unknown), and what is at hand."""

    def __call__(self, done: int, total: int | None = None, what: str = "") -> None: ...


def _silent(done: int, total: int | None = None, what: str = "") -> None:  # noqa: ARG001
    """Where nobody watches, nothing is drawn."""
    heed()


@contextmanager
def progress(label: str) -> Generator[Ticker, None, None]:
    """A bar on stderr while work runs; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)

        def tick(done: int, total: int | None = None, what: str = "") -> None:
            heed()
            bar.update(task, completed=done, total=total, description=f"{label} {escape(what)}".rstrip())

        yield tick
