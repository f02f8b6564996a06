"""``volant evaluate``: how good a policy is, and how surely."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ._options import as_json, lake_place, opened, with_lake
from ._say import document, note, progress, table

if TYPE_CHECKING:
    from volant.api import Lake
    from volant.evaluate import Evaluation


@click.command("evaluate")
@click.argument("policy", metavar="POLICY")
@click.argument("place", metavar="WORLD/TASK", required=False)
@click.option("--trials", type=int, default=200, show_default=True, help="Environments to try it in.")
@click.option("--against", metavar="OTHER", multiple=True, help="A rival in the same environments; several: a league.")
@click.option("--sequential", is_flag=True, help="Stop as soon as the A/B is decided; the test allows for looking.")
@click.option("--score", default="success", show_default=True, help="What decides the A/B: success or progress.")
@click.option("--region", default="", help="Only environments of this region.")
@click.option("--vary", type=float, default=0.0, show_default=True, help="How far physics may deviate, 0 to 1.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything that is drawn.")
@click.option("--suite", type=click.Path(path_type=Path), help="A TOML file of scenarios that must not regress.")
@click.option("--write-suite", type=click.Path(path_type=Path), help="Write the trials down as such a file.")
@click.option("--keep", is_flag=True, help="Keep every trial as an episode, and the figures as facts, in the lake.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="A page (.html) or a picture (.svg) of it.")
@with_lake
@as_json
def command(policy: str, place: str | None, *, suite: Path | None, json: bool, **how: Any) -> int:
    """Try a policy in environments that it was never taught in, alone or against another in the same ones.

    POLICY is a checkpoint or an operator's name (expert). Every figure has its n, interval and method. With --suite
    the scenarios of a file are tried instead, and the exit code is 1 where one regressed.
    """
    from volant.core.errors import Misuse

    if suite is not None:
        return _suite(policy, suite, json=json, taken=place)
    if place is None:
        raise Misuse("Where shall it be tried?", do="Name WORLD/TASK, such as metaworld/push-v3, or a --suite.")
    return _trials(policy, place, json=json, **how)


def _trials(
    policy: str,
    place: str,
    *,
    json: bool,
    lake: str | None,
    keep: bool,
    out: Path | None,
    write_suite: Path | None,
    **how: Any,
) -> int:
    from volant import plug
    from volant.evaluate import document as said
    from volant.evaluate import evaluate, rows, verdict

    _writable(out, write_suite)
    plug.place(place)
    with progress("evaluating") as tick:
        memory = _memory(lake, keep)
        if memory is None:
            made = evaluate(policy, *plug.place(place), progress=tick, **how)
        else:
            with memory:
                made = memory.evaluate(policy, place, keep=keep, progress=tick, **how)
    files = _write(made, out, write_suite)
    if json:
        document({**said(made), "files": files})
        return 0
    several = len(made.arms) > 1
    columns = (*(("who",) if several else ()), "figure", "value", "low", "high", "unit", "n", "method")
    table(rows(made), columns=columns, title=repr(made))
    if several:
        click.echo(verdict(made))
    note(f"Held-out environments: {made.held}.")
    for file in files:
        note(f"Written: {file}")
    return 0


def _suite(policy: str, path: Path, *, json: bool, taken: str | None) -> int:
    from volant.core.errors import Misuse
    from volant.evaluate import Evaluating, suite
    from volant.evaluate import document as said

    if taken is not None:
        raise Misuse("A suite names its own worlds and tasks.", do=f"Leave out {taken!r}.")
    wanted = suite.load(path)
    with progress("scenarios") as tick:
        found = suite.run(wanted, policy, Evaluating(), progress=tick)
    good = suite.passed(found)
    if json:
        parts = [{"scenario": o.scenario.name, "verdict": o.verdict, "why": o.why, **said(o.evaluation)} for o in found]
        document({"suite": wanted.name, "passed": good, "scenarios": parts})
    else:
        table([{"scenario": o.scenario.name, "verdict": o.verdict, "why": o.why} for o in found])
        click.echo(f"{wanted.name}: " + ("nothing regressed." if good else "regressed."))
    return 0 if good else 1


def _memory(lake: str | None, keep: bool) -> Lake | None:
    """The lake that may know what taught the policy; none where nobody named one and none lies there."""
    there = lake_place(lake)
    return opened(lake, make=keep) if keep or lake or there.startswith("s3://") or Path(there).is_dir() else None


def _writable(out: Path | None, suite: Path | None) -> None:
    """Refuse before the trials what could not be written after them."""
    from volant.core.errors import NotFound, Refused

    if out is not None and out.suffix not in (".html", ".svg"):
        raise Refused(f"No page is called {out.name!r}.", do="End it in .html or .svg.")
    for path in (out, suite):
        if path is not None and not path.parent.is_dir():
            raise NotFound(f"There is no folder {path.parent}.", do="Name a file in a folder that exists.")


def _write(made: Evaluation, out: Path | None, suite: Path | None) -> list[str]:
    from volant.evaluate.page import drawing, page
    from volant.evaluate.suite import written

    if out is not None:
        out.write_text(page(made) if out.suffix == ".html" else drawing(made), encoding="utf-8")
    if suite is not None:
        suite.write_text(written(made), encoding="utf-8")
    return [str(path) for path in (out, suite) if path is not None]
