"""``volant record``: a robot, a simulator or a log as a client of a server."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ._options import as_json
from ._say import document, note

if TYPE_CHECKING:
    from volant.record import Recorder, Told
    from volant.record.carrier import Carrier
    from volant.record.standby import Standby
    from volant.record.triggers import Fired


@click.command("record")
@click.option("--to", metavar="URL", help="The server, http://host:7070; without it everything waits in the spool.")
@click.option("--world", metavar="WORLD/TASK", help="A simulated robot (see volant worlds).")
@click.option("--foxglove", metavar="ws://...", help="A robot with foxglove_bridge or the Foxglove SDK.")
@click.option(
    "--ros2-zenoh", metavar="ENDPOINT", help="ROS 2 over Zenoh: tcp/host:7447, or 'peer' for whoever is near."
)
@click.option("--mcap", type=click.Path(path_type=Path), metavar="FILE", help="A recorded log, sent as if it were now.")
@click.option("--sync", type=click.Path(path_type=Path), metavar="DIR", help="Send what earlier recordings left there.")
@click.option(
    "--passive", type=click.Path(path_type=Path), metavar="TOML", help="Keep only what these triggers ask for."
)
@click.option(
    "--dry-run", is_flag=True, help="With --passive: record nothing, say gate by gate why triggers fired or not."
)
@click.option("--topic", "topics", multiple=True, help="Only these topics (/camera/*); may be repeated.")
@click.option(
    "--speed", type=click.FloatRange(0), default=1.0, show_default=True, help="Of a log; 0: as fast as it goes."
)
@click.option("--robots", type=click.IntRange(1, 1000), default=1, show_default=True, help="Simulated robots.")
@click.option(
    "--episodes", type=click.IntRange(1), default=10, show_default=True, help="Operations of simulated robots."
)
@click.option("--source", default="expert", show_default=True, help="Who drives them: expert, human, careful ...")
@click.option("--policy", type=click.Path(path_type=Path), metavar="CKPT", help="The checkpoint that drives them.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of simulated operations.")
@click.option("--seconds", type=click.FloatRange(0), default=0.0, help="Stop a bus after so long (default: Ctrl-C).")
@click.option("--domain", type=click.IntRange(0, 232), default=0, show_default=True, help="ROS 2 domain.")
@click.option("--task", default="", help="What is done.")
@click.option("--robot", default="", help="Which robot it is.")
@click.option("--operator", default="", help="Who drives it.")
@click.option("--spool", type=click.Path(path_type=Path), help="Where what is not sent waits (default: $VOLANT_SPOOL).")
@click.option("--token", envvar="VOLANT_TOKEN", help="A token of the role collector (default: $VOLANT_TOKEN).")
@as_json
def command(*, json: bool, **how: Any) -> None:
    """Record live: samples are judged as they arrive, and the light comes back. Nothing acknowledged is lost.

    What cannot be sent now waits in the spool; `volant record --sync DIR --to URL` sends it later.
    """
    from volant.core.errors import Misuse

    chosen = [name for name in ("world", "foxglove", "ros2_zenoh", "mcap", "sync") if how[name]]
    if how["dry_run"] and not how["passive"]:
        raise Misuse("A dry run needs triggers.", do="Give them with --passive FILE.")
    if len(chosen) != 1:
        raise Misuse("Say what to record.", instead="One of --world, --foxglove, --ros2-zenoh, --mcap, --sync.")
    light = _Light(quiet=json)
    result = {"sync": _sync, "world": _world}.get(chosen[0], _bus)(how, light)
    if json:
        document(result)
    else:
        _told(result)


class _Light:
    """Says when the light changes."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet, self.last = quiet, ("", "")

    def __call__(self, told: Told) -> None:
        now = (told.light if told.connected else "no link", told.why or told.trouble)
        if now != self.last and not self.quiet:
            note(f"{now[0]}{': ' + now[1] if now[1] else ''}")
        self.last = now


def _recorder(how: dict[str, Any], light: _Light, **more: Any) -> Recorder:
    from volant.record import Recorder

    said = {key: how[key] for key in ("task", "robot", "operator") if how[key]} | more
    return Recorder(how["to"], spool=how["spool"], token=how["token"] or "", on_light=light, **said)


def _sync(how: dict[str, Any], light: _Light) -> dict[str, Any]:
    from volant.core.errors import Misuse, Refused
    from volant.record import sync

    if not how["to"]:
        raise Misuse("Say where to.", do="Give the server with --to.")
    done = sync(how["sync"], how["to"], token=how["token"] or "", heard=light)
    result = {"sent": [str(path) for path in done.done], "stored": done.stored,
              "waiting": {str(path): why for path, why in done.waiting.items()}}  # fmt: skip
    if done.waiting:
        path, why = next(iter(done.waiting.items()))
        raise Refused(f"{len(done.waiting)} of {len(done.waiting) + len(done.done)} spools are still waiting.",
                      instead=f"{path}: {why}.", do="Nothing is lost: run it again.")  # fmt: skip
    return result


def _world(how: dict[str, Any], light: _Light) -> dict[str, Any]:
    from volant import plug
    from volant.record.world import simulate
    from volant.runners.living import Driver

    world, task = plug.place(how["world"])
    driver = Driver(policy=how["policy"].read_bytes()) if how["policy"] else Driver(how["source"])
    origin = driver.origin(world)
    body = plug.world(world).body(task)
    with ExitStack() as stack:
        recorders = [
            stack.enter_context(
                _recorder({**how, "robot": how["robot"] or f"{world}-{lane:02d}", "operator": origin.operator}, light,
                          embodiment=body.name, site=world, tier=origin.tier, licence=origin.licence,
                          **({"policy": origin.policy} if origin.policy else {})))
            for lane in range(how["robots"])
        ]  # fmt: skip
        outcomes = simulate(world, task, recorders, driver=driver, episodes=how["episodes"], seed=how["seed"],
                            now=time.time_ns, sleep=time.sleep)  # fmt: skip
    stored = {name: became for rec in recorders for name, became in rec.stored.items()}
    return {"outcomes": outcomes, "stored": stored, "waiting": [str(r.path) for r in recorders if r.path.exists()]}


def _bus(how: dict[str, Any], light: _Light) -> dict[str, Any]:
    from volant.record.standby import Standby

    triggers = _triggers(how) if how["passive"] else ()
    if how["dry_run"]:
        standby = Standby(triggers)
        carrier = _carried(how, standby)
        standby.close()
        return {"messages": carrier.messages, "left_out": carrier.left_out, "stored": {}, "waiting": [],
                "fired": standby.fired, "told": [_gates(one) for one in standby.told]}  # fmt: skip
    with _recorder(how, light) as recorder:
        standby = Standby(triggers, recorder)
        carrier = _carried(how, standby if triggers else recorder)
        standby.close()
        recorder.end()
    return {"messages": carrier.messages, "left_out": carrier.left_out, "stored": dict(recorder.stored),
            "waiting": [str(recorder.path)] if recorder.path.exists() else []}  # fmt: skip


def _triggers(how: dict[str, Any]) -> Any:
    """Triggers of a file, or those that the server's admins wrote down."""
    from volant.core.errors import Misuse
    from volant.record.link import asked_triggers
    from volant.record.triggers import load, parse

    if str(how["passive"]) != "server":
        return load(how["passive"])
    if not how["to"]:
        raise Misuse("Say which server's triggers.", do="Give it with --to.")
    return parse(asked_triggers(how["to"], how["token"] or ""), "the server")


def _gates(one: Fired) -> dict[str, Any]:
    gates = [{"asked": gate.asked, "found": gate.found, "passed": gate.passed} for gate in one.gates]
    return {"trigger": one.trigger, "t": one.t, "fired": one.fired, "gates": gates}


def _carried(how: dict[str, Any], recorder: Recorder | Standby) -> Carrier:
    from volant.record.replay import replay

    if how["mcap"]:
        if not how["mcap"].is_file():
            from volant.core.errors import NotFound

            raise NotFound(f"There is no file at {how['mcap']}.")
        return replay(how["mcap"], recorder, speed=how["speed"], now=time.time_ns, sleep=time.sleep)
    if how["foxglove"]:
        import asyncio

        from volant.record.foxglove import listen

        async def heard() -> Carrier:
            stop = asyncio.Event()
            loop = asyncio.get_running_loop()
            if how["seconds"]:
                loop.call_later(how["seconds"], stop.set)
            with _until_interrupted(lambda: loop.call_soon_threadsafe(stop.set)):
                return await listen(how["foxglove"], recorder, topics=how["topics"], stop=stop, told=bool)

        return asyncio.run(heard())
    import threading

    from volant.record.zenoh import listen as listen_zenoh

    ended = threading.Event()
    if how["seconds"]:
        threading.Timer(how["seconds"], ended.set).start()
    endpoint = "" if how["ros2_zenoh"] == "peer" else how["ros2_zenoh"]
    with _until_interrupted(ended.set):
        return listen_zenoh(endpoint, recorder, domain=how["domain"], topics=how["topics"], stop=ended)


def _until_interrupted(stop: Any) -> Any:
    """Ctrl-C ends the recording in order instead of breaking it off."""
    import signal
    from contextlib import contextmanager

    @contextmanager
    def heeding() -> Any:
        before = {one: signal.signal(one, lambda *_: stop()) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    return heeding()


def _told(result: dict[str, Any]) -> None:
    if "outcomes" in result:
        click.echo(", ".join(f"{count} {outcome}" for outcome, count in sorted(result["outcomes"].items())))
    if "messages" in result:
        click.echo(f"{result['messages']} messages")
    for one in result.get("told", ()):
        words = "; ".join(f"{g['asked']}: {g['found']}{'' if g['passed'] else ' (no)'}" for g in one["gates"])
        click.echo(f"{one['t'] / 1e9:.3f}  {one['trigger']}  {'FIRED' if one['fired'] else 'did not fire'}  {words}")
    for first, last, names in result.get("fired", ()):
        click.echo(f"would keep {(last - first) / 1e9:g} s from {first / 1e9:.3f}: {', '.join(names)}")
    for name, became in result["stored"].items():
        words = f"  {became['reasons'][0]}" if became["reasons"] else ""
        click.echo(f"{name}  {became['id'][:12]}  {became['verdict']}{words}")
    for topic, why in result.get("left_out", {}).items():
        note(f"left out: {topic}: {why}")
    for path in result.get("waiting", ()):
        note(f"waits in {path}")
