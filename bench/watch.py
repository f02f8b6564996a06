"""The wall of 50 robots in a real browser: from the server having a tick until the tick is painted.

Fifty simulated Sawyer arms work in the fleet's process at 20 Hz, the server sends every browser one snapshot a tick,
headless Chromium paints it. Measured in the browser, on the clock that server and browser share: `painted` is from
the message's arrival until after the frame that shows it, `update` from the server having the tick until then.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import uvicorn

from bench._clock import median_of, ratio
from bench.pilot import ROBOTS, TASK, policy
from volant.deploy.words import Said, Shifting
from volant.serve import House
from volant.serve.app import application
from volant.serve.doors import COOKIE, add_user, begin
from volant.serve.fleet import Fleet
from volant.serve.wall import glanced

PORT = 7392
CHROMIUM = Path("/usr/bin/chromium")
SECONDS = 20
PROMISE = 100.0


def served(home: Path) -> tuple[Fleet, str, Callable[[], None]]:
    """A fleet of fifty, served on a port of this machine, an operator's cookie, and how to end it."""
    house = House(home / "lake", home)
    fleet = house.fleet = Fleet(house, policy().blob, f"metaworld/{TASK}", Shifting(ROBOTS, waiting="go on"))
    door = application(house)
    user = add_user(door.book, "bench", "operator", by="bench", at=house.clock(), identity="bench")
    secret = begin(door.book, user, at=house.clock(), seconds=3600)
    server = uvicorn.Server(uvicorn.Config(door, port=PORT, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while fleet.glance is None:
        time.sleep(0.1)
        if fleet.trouble:
            raise SystemExit(fleet.trouble)

    def end() -> None:
        server.should_exit = True
        thread.join(60)

    return fleet, secret, end


def painted(secret: str, *, hold: bool) -> np.ndarray:
    """Milliseconds of every update in a browser: painting alone, and since the server had the tick."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(base_url=f"http://127.0.0.1:{PORT}", viewport={"width": 1280, "height": 800})
        context.add_cookies([{"name": COOKIE, "value": secret, "url": f"http://127.0.0.1:{PORT}"}])
        page = context.new_page()
        page.goto("/watch?measure")
        page.wait_for_function("document.querySelector('volant-wall')?.me >= 0")
        if hold:
            page.keyboard.press("t")
            page.locator(".w-hand").wait_for()
            page.keyboard.down("d")
        time.sleep(2)
        page.evaluate("document.querySelector('volant-wall').costs = []")
        time.sleep(SECONDS)
        costs = page.evaluate("document.querySelector('volant-wall').costs")
        if hold:
            page.keyboard.up("d")
            page.keyboard.press("h")
        browser.close()
    return np.array(costs)


def round_trip(fleet: Fleet) -> float:
    """Milliseconds from a person's order to the fleet's answer."""
    assert fleet._loop is not None
    start = time.perf_counter()
    asyncio.run_coroutine_threadsafe(fleet.ask(Said(0, "ann", "cause", word="unknown")), fleet._loop).result(20)
    return 1e3 * (time.perf_counter() - start)


def main() -> int:
    """What the server does for a tick, then the wall in a browser: looking on, and with a robot in hand."""
    if not CHROMIUM.exists() or find_spec("playwright") is None:
        print(f"not measured: this needs playwright and {CHROMIUM}")
        return 0
    worst = 0.0
    with tempfile.TemporaryDirectory() as home:
        fleet, secret, end = served(Path(home))
        assert fleet.glance is not None
        seen = fleet.glance
        built = 1e3 * median_of(lambda: glanced(seen, 20.0, 0, 0), 50)
        print(f"a snapshot of {ROBOTS} robots: {len(glanced(seen, 20.0, 0, 0)):,} bytes, built in {built:.2f} ms")
        for hold in (False, True):
            costs = painted(secret, hold=hold)
            (one, update), last = np.median(costs, axis=0), np.percentile(costs, 99, axis=0)
            name = "with a robot in hand" if hold else "looking on"
            print(f"{name}: {len(costs) / SECONDS:.1f} updates/s; painted p50 {one:.1f} ms, p99 {last[0]:.1f} ms; "
                  f"update p50 {update:.1f} ms, p99 {last[1]:.1f} ms")  # fmt: skip
            worst = max(worst, float(update))
        half, most = (next(one.value for one in fleet.told.figures if one.name == f"tick {p}") for p in ("p50", "p99"))
        load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        print(f"the fleet beside it: tick p50 {half:.1f} ms, p99 {most:.1f} ms of 50 ms; {load}")
        asked = statistics.median(round_trip(fleet) for _ in range(9))
        print(f"a person's order until its answer: median {asked:.0f} ms, of which a tick is 50 ms")
        ratio("the wall of 50 robots, slowest median update", f"{worst:.1f} ms", f"{PROMISE:.0f} ms", worst / PROMISE,
              "below 1", worst < PROMISE)  # fmt: skip
        end()
    return 0 if worst < PROMISE else 1


if __name__ == "__main__":
    sys.exit(main())
