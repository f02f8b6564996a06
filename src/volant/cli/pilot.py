"""``volant pilot``: robots at work, and people who help them."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ._options import as_json, opened, with_lake
from ._say import document, note, progress, table

if TYPE_CHECKING:
    from volant.core import Estimate
    from volant.deploy.calling import Run
    from volant.deploy.pilot import Piloted
    from volant.deploy.stages import Trial

RATE = 20.0


@click.command("pilot")
@click.argument("policy", metavar="CKPT")
@click.argument("place", metavar="WORLD/TASK")
@click.option("--robots", type=click.IntRange(1, 1000), default=50, show_default=True, help="Robots at work.")
@click.option("--operators", type=click.IntRange(0, 1000), default=1, show_default=True, help="People on call.")
@click.option("--takeover", default="expert", show_default=True, help="Who helps: expert, human, careful, keyboard ...")
@click.option("--gate", default="ensemble", show_default=True, help="ensemble, progress, novelty, oracle or none.")
@click.option("--rate", type=click.FloatRange(0, 1), help="Share that should ask (default: as often as it fails).")
@click.option("--episodes", type=click.IntRange(min=1), default=200, show_default=True, help="Operations to do.")
@click.option(
    "--held-out", type=click.IntRange(min=10), default=100, show_default=True, help="Operations for the gate."
)
@click.option("--rewind", type=click.IntRange(min=0), default=0, show_default=True, help="Steps to rewind when taken.")
@click.option("--reaction", type=click.FloatRange(0, 600), default=0.5, show_default=True, help="Seconds to reach it.")
@click.option("--handback", default="success", show_default=True, help="On success, when quiet, or by the person.")
@click.option("--waiting", default="hold", show_default=True, help="Robots that wait hold still, or go on.")
@click.option(
    "--vary", type=click.FloatRange(0, 1), default=0.0, show_default=True, help="How far physics may deviate."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything that is drawn.")
@click.option("--real-time", is_flag=True, help="Hold the fleet to 20 ticks a second and tell how long each takes.")
@click.option("--shadow", metavar="OTHER", help="A checkpoint that decides silently on all that is seen.")
@click.option("--canary", metavar="NEW", help="A checkpoint to let out by stages, taken back on harm.")
@click.option("--keep", is_flag=True, help="Bring the episodes home into the lake.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="A picture (.svg) of who was in control when.")
@with_lake
@as_json
def command(policy: str, place: str, *, json: bool, lake: str | None, keep: bool, out: Path | None, **how: Any) -> None:
    """Let a policy drive a fleet: it asks for help, people take over, and every take-over becomes labelled data.

    CKPT is a policy of `volant train`. Every figure has its n, interval and method; load, queue and availability
    stand beside the formula of `volant staffing`.
    """
    from volant.deploy.picture import drawn

    _writable(out)
    run, extra = _run(policy, place, how)
    with ExitStack() as open_:
        more, trial = _more(run, how, open_)
        tick = open_.enter_context(progress("piloting"))
        done = run(progress=tick, **more)
    kept = 0
    if keep:
        with opened(lake, make=True) as memory:
            kept = len(memory.add(done).added)
    if out is not None:
        out.write_text(drawn(done, f"{place}: {how['robots']} robots, {how['operators']} operators"), encoding="utf-8")
    _say(done, how, trial, extra, kept, json=json)
    if out is not None:
        note(f"Written: {out}")


def _run(policy: str, place: str, how: dict[str, Any]) -> tuple[Run, Any]:
    """The fleet, and the shadow's policy: both opened before anything moves."""
    from volant import plug
    from volant.core import fits
    from volant.deploy.calling import opened as policy_of
    from volant.deploy.calling import pilot

    name, task = plug.place(place)
    body = plug.world(name).body(task)
    names = ("robots", "operators", "gate", "rate", "episodes", "held_out", "vary", "seed", "handback", "waiting")
    settings: dict[str, Any] = {key: how[key] for key in names}
    settings["back"] = how["rewind"]
    settings["reaction"] = round(how["reaction"] * (body.signals[-1].hz or 1.0))
    if how["takeover"] == "keyboard":
        settings |= {"operators": 1, "handback": "person", "reaction": 0}
    run = pilot(policy, place, takeover=how["takeover"], **settings)
    extra = policy_of(how["shadow"]) if how["shadow"] else None
    if extra is not None:
        fits(f"The policy {extra.name} {extra.hash[:8]}", (*extra.observations, extra.action), body, place)
    return run, extra


def _more(run: Run, how: dict[str, Any], open_: ExitStack) -> tuple[dict[str, Any], Trial | None]:
    """What needs this machine: the terminal, the clock, and the second policy."""
    from volant import plug
    from volant.deploy.calling import opened as policy_of
    from volant.deploy.keyboard import Keyboard
    from volant.deploy.pace import Pace
    from volant.deploy.stages import Staging, Trial

    more: dict[str, Any] = {}
    trial = None
    if how["takeover"] == "keyboard":
        from ._terminal import keys

        name, task = plug.place(run.place)
        read = open_.enter_context(keys())
        more["people"] = (Keyboard(plug.world(name).body(task), read, note),)
    if how["real_time"] or how["takeover"] == "keyboard":
        more["pace"] = lambda crew: Pace(crew, RATE, time.perf_counter, time.sleep)
    if how["canary"]:
        trial = Trial(Staging(seed=how["seed"]))
        more["candidate"] = (policy_of(how["canary"]), trial)
    return more, trial


def _say(done: Piloted, how: dict[str, Any], trial: Trial | None, extra: Any, kept: int, *, json: bool) -> None:
    from volant.deploy.moments import taken
    from volant.deploy.shadow import shadow
    from volant.deploy.telling import foreseen, knowledge, worn

    seen = foreseen(done, how["gate"], how["rate"])
    cast = shadow(extra, [taken(episode) for episode in done]) if extra is not None else None
    known, drifted = knowledge(done), worn(done)
    if json:
        document(
            {
                "figures": done.figures,
                "gate": {"name": how["gate"], "limit": done.limit},
                "helps": done.helps,
                "operations": done.operations,
                "knowledge": known,
                "sentinel": seen,
                "drift": drifted,
                "shadow": cast,
                "canary": trial.ruling if trial else None,
                "episodes": [episode.id for episode in done],
                "kept": kept,
            }
        )
        return
    table([_row(one) for one in done.figures], title="the shift")
    table([_row(one) for one in known], title="what goes wrong")
    if seen:
        table([_row(one) for one in seen.figures], title="foresight")
    if cast:
        table([_row(one) for one in cast.figures], title="in the shadow")
    for alarm in drifted:
        note(f"{alarm.robot}: {alarm.what} is {alarm.value:.3g}, usually {alarm.usual:.3g}. Send a mechanic.")
    if trial:
        note(f"The new policy is {trial.ruling.word} after {trial.ruling.block} of its own operations.")
    if kept:
        note(f"{kept} episodes came home.")


def _row(one: Estimate) -> dict[str, object]:
    return {
        "figure": one.name,
        "of": one.group,
        "value": one.value,
        "low": one.low,
        "high": one.high,
        "unit": one.unit,
        "n": one.n,
        "how": f"{one.how}: {one.method}" if one.method else one.how,
    }


def _writable(out: Path | None) -> None:
    """Refuse before the shift what could not be written after it."""
    from volant.core.errors import NotFound, Refused

    if out is not None and out.suffix != ".svg":
        raise Refused(f"No picture is called {out.name!r}.", do="End it in .svg.")
    if out is not None and not out.parent.is_dir():
        raise NotFound(f"There is no folder {out.parent}.", do="Name a file in a folder that exists.")
