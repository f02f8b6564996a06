"""``volant experiment``: what the field argues about, measured here, with its figure."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from click import IntRange, option

from ._ab import points
from ._options import Wrapped, as_json
from ._say import document, note, table

_ASKED = (
    option("--budget", type=IntRange(4, 4096), default=64, show_default=True, help="Demonstrations in all."),
    option("--trials", type=IntRange(1, 5000), default=50, show_default=True, help="Held-out trials a policy."),
    option("--seeds", type=IntRange(1, 100), default=3, show_default=True, help="Repetitions."),
    option("--source", default="careful", show_default=True, help="Who demonstrates (an operator's name)."),
    option("--seed", "first_seed", type=IntRange(min=0), default=0, show_default=True, help="The first seed."),
)


def asked(function: Wrapped) -> Wrapped:
    """The options of every experiment."""
    for one in reversed(_ASKED):
        function = one(function)
    return function


@click.command("experiment")
@click.argument("name")
@click.argument("place", metavar="WORLD/TASK", default="metaworld/push-v3")
@asked
@click.option("-o", "--out", type=click.Path(path_type=Path), help="A folder for NAME.md and NAME.svg.")
@as_json
def command(name: str, place: str, *, out: Path | None, json: bool, **how: Any) -> None:
    """Run one of: breadth, takeovers, failures, mixture, curation, weights, repetition, value.

    Each is run for several seeds in one task; every number comes with its interval over seeds.

    \b
      volant experiment takeovers metaworld/pick-place-v3 --seeds 5 -o docs/experiments
    """
    experimented(name, place, out=out, json=json, how=how)


def experimented(name: str, place: str, *, out: Path | None, json: bool, how: dict[str, Any]) -> None:
    """Run an experiment, print its table and differences, and write its page and figure where asked."""
    from volant.core.errors import Misuse
    from volant.experiments import Bench, experiment, page, picture

    world, slash, task = place.partition("/")
    if not slash or not task:
        raise Misuse(f"{place!r} names no task.", do="Write WORLD/TASK, such as metaworld/push-v3.")
    result = experiment(name, Bench(world, task, **how, tell=note))
    command = f"volant experiment {name} {place} " + " ".join(
        f"--{'seed' if name_ == 'first_seed' else name_} {value}" for name_, value in how.items()
    )
    if out:
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{name}.svg").write_text(picture(result), encoding="utf-8")
        (out / f"{name}.md").write_text(page(result, command, f"{name}.svg"), encoding="utf-8")
    rows = points(result)
    if json:
        document({"experiment": asdict(result), "points": rows, "out": out})
        return
    note(result.asked)
    table(rows)
    for one in result.differences:
        note(str(one))
    for words in result.notes:
        note(words)
