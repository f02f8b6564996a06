"""What was told of the lake's worth, read from facts alone: measures, value of cells and sources, cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from .. import plug
from ..core import Estimate
from ..lake import Store
from ..statistics.intervals import wilson

__all__ = ["Worth", "section", "told"]

_MEASURED = """SELECT key, "by", count(*) AS n, avg(number) AS mean, coalesce(stddev_samp(number), 0) AS spread,
    count(*) FILTER (number >= 1) AS more, max(added) AS newest FROM facts
    WHERE (key LIKE 'measure/%' OR key LIKE 'value/%') AND isfinite(number) AND NOT contains(subject, ':')
    GROUP BY 1, 2 ORDER BY newest"""
"""Of each measure the author who spoke last; it tells every episode once, so nothing is grouped by a million ids."""
_VALUED = """SELECT subject, key, arg_max(number, (added, pos)) AS number, arg_max("by", (added, pos)) AS who FROM facts
    WHERE key LIKE 'value/%' AND (subject LIKE 'cell:%' OR subject LIKE 'source:%') AND isfinite(number)
    GROUP BY 1, 2 ORDER BY 1, 2"""
_COST = """SELECT subject, key, stream, arg_max(number, (added, pos)) AS number, arg_max(value, (added, pos)) AS word
    FROM facts WHERE key LIKE 'cost/%' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""
_ROWS = 40


@dataclass(frozen=True, slots=True)
class Worth:
    """What facts say: means of measures, how many episodes repeat another, values of cells and sources, costs.

    ``repeats`` is how many of how many episodes repeat at least one earlier one. Every tuple may be empty: then
    nobody measured it.
    """

    measured: tuple[Estimate, ...] = ()
    repeats: tuple[int, int] = (0, 0)
    cells: tuple[Estimate, ...] = ()
    sources: tuple[Estimate, ...] = ()
    costs: tuple[Estimate, ...] = ()


def told(store: Store, version: int | None = None) -> Worth:
    """The newest of everything that was told of worth; nothing is measured now."""
    valued = _valued(store.sql(_VALUED, version=version, keys=["value/*"]).to_pylist())
    measured, repeats = _measured(store.sql(_MEASURED, version=version, keys=["measure/*", "value/*"]).to_pylist())
    return Worth(
        measured,
        repeats,
        tuple(one for kind, one in valued if kind == "cell"),
        tuple(one for kind, one in valued if kind == "source"),
        _costs(store.sql(_COST, version=version, keys=["cost/*"]).to_pylist()),
    )


def _measured(rows: Sequence[dict[str, object]]) -> tuple[tuple[Estimate, ...], tuple[int, int]]:
    newest = {str(row["key"]): row for row in rows if not str(row["key"]).endswith(("/low", "/high", "/n"))}
    found = []
    for key, row in sorted(newest.items()):
        n, mean = int(_float(row["n"])), _float(row["mean"])
        half = 1.96 * _float(row["spread"]) / n**0.5 if n > 1 else None
        low, high = (None, None) if half is None else (mean - half, mean + half)
        name = key.removeprefix("measure/")
        method = f"mean, normal 95 %; {row['by']}"
        found.append(Estimate(name, mean, _unit(key), n, low, high, method=method))
    again = newest.get("measure/redundancy")
    return tuple(found), (int(_float(again["more"])), int(_float(again["n"]))) if again else (0, 0)


def _unit(key: str) -> str:
    kind, _, name = key.partition("/")
    if kind == "measure" and name in plug.names("measures"):
        return str(getattr(plug.load("measures", name), "unit", ""))
    return ""


def _valued(rows: Sequence[dict[str, object]]) -> list[tuple[str, Estimate]]:
    """Values of cells and sources with their intervals, the largest first."""
    said: dict[tuple[str, str], dict[str, float]] = {}
    authors: dict[tuple[str, str], str] = {}
    for row in rows:
        _, method, *tail = str(row["key"]).split("/")
        place = str(row["subject"]), method
        said.setdefault(place, {})["/".join(tail)] = _float(row["number"])
        authors[place] = str(row["who"])
    found = []
    for (subject, method), ends in said.items():
        if "" in ends:
            kind, _, name = subject.partition(":")
            words = f"{method}; {authors[subject, method]}"
            n, low, high = int(ends.get("n", 0)), ends.get("low"), ends.get("high")
            found.append((kind, Estimate(method, ends[""], "", n, low, high, "measured", words, name)))
    return sorted(found, key=lambda one: (one[1].name, -one[1].value, one[1].group))


def _costs(rows: Sequence[dict[str, object]]) -> tuple[Estimate, ...]:
    said: dict[tuple[str, str, str], dict[str, object]] = {}
    for row in rows:
        _, name, *tail = str(row["key"]).split("/")
        value = row["word"] if tail == ["how"] else row["number"]
        said.setdefault((str(row["subject"]), name, str(row["stream"] or "")), {})["/".join(tail)] = value
    found = []
    for (subject, name, unit), ends in said.items():
        if isinstance(ends.get(""), float):
            low, high = (_float(ends[end]) if isinstance(ends.get(end), float) else None for end in ("low", "high"))
            how = str(ends.get("how") or "assumed").strip('"')
            how = how if how in ("measured", "cited") else "assumed"
            n, group = int(_float(ends.get("n") or 0)), subject.partition(":")[2]
            found.append(Estimate(name, _float(ends[""]), unit, n, low, high, how, "volant cost", group))
    return tuple(found)


def _float(value: object) -> float:
    return float(str(value))


def section(worth: Worth) -> str:
    """The part of the report that says what the data is worth; a line with the command for what is missing."""
    parts = ["<h2>What it is worth</h2>"]
    again, n = worth.repeats
    if n:
        low, high = wilson(again, n)
        parts.append(
            f"<p><b>{again / n:.1%}</b> of the episodes repeat an earlier one "
            f'<span class="how">({low:.1%} to {high:.1%}, Wilson 95 %, n={n:,}, measured)</span></p>'
        )
    names = {"novelty", "redundancy", "rarity"}
    alike = [one for one in worth.measured if one.name in names]
    for title, rows, command in (
        ("Novelty, redundancy, rarity", alike, "volant measure novelty redundancy rarity"),
        ("Value of a cell", worth.cells, "volant measure value"),
        ("Value of a source", worth.sources, "volant measure value"),
        ("Cost", worth.costs, "volant cost LEDGER"),
    ):
        parts.append(f"<h3>{title}</h3>")
        if rows:
            parts.append(f'<div class="card">{_table(rows[:_ROWS])}</div>')
        else:
            parts.append(f'<p class="how">Not known here; <code>{command}</code> finds it.</p>')
    return "".join(parts)


def _table(rows: Sequence[Estimate]) -> str:
    body = "".join(
        f"<tr><td>{escape(one.group)}</td><td>{escape(one.name)}</td>"
        f'<td class="n">{one.value:.4g} {escape(one.unit)}</td>'
        f'<td class="n">{"" if one.low is None or one.high is None else f"{one.low:.4g} to {one.high:.4g}"}</td>'
        f'<td class="n">{f"{one.n:,}" if one.n else ""}</td><td>{one.how}: {escape(one.method)}</td></tr>'
        for one in rows
    )
    head = '<tr><th>of</th><th>figure</th><th class="n">value</th><th class="n">interval</th><th class="n">n</th>'
    return f"<table>{head}<th>how</th></tr>{body}</table>"
