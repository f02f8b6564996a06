"""The wall of robots in real browsers: take over, steer, hand back, cause, and two people who want the same robot."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

pytest.importorskip("nicegui", reason="the extra `serve` is not installed")
pytest.importorskip("gym_pusht", reason="the extra `worlds` is not installed")

from fleet_made import PLACE, checkpoint
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import volant
from volant.core import Episode

ROBOTS = 6
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, serving: Any) -> Iterator[Any]:
    """A server with six wandering PushT robots beside it; locks last two seconds."""
    place = tmp_path_factory.mktemp("watched")
    with serving(place, str(checkpoint(place / "wander.ckpt")), PLACE, str(ROBOTS)) as served:
        yield served


def opened(browser: Any, served: Any, role: str = "admin", *, size: dict[str, int] = DESKTOP, **look: Any) -> Any:
    """The wall as somebody of that role sees it, once the robots are there."""
    context = browser.new_context(base_url=served.url, viewport=size, reduced_motion="reduce", **look)
    context.add_cookies([{"name": "test-role", "value": role, "url": served.url}])
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto("/watch")
    page.wait_for_function(
        "(wall => wall?.me >= 0 && wall.mouth.readyState === 1)(document.querySelector('volant-wall'))"
    )
    return page


def said(page: Any, words: str) -> None:
    page.locator(".w-said", has_text=words).wait_for()


def wall(page: Any, what: str) -> Any:
    return page.evaluate(f"(() => {{ const wall = document.querySelector('volant-wall'); return {what}; }})()")


def choose(page: Any, robot: int) -> None:
    page.locator(f".w-tile[data-robot='{robot}']").focus()


def brought(served: Any, page: Any, count: int) -> tuple[list[Episode], list[tuple[str, ...]]]:
    page.wait_for_function(f"document.querySelector('volant-wall').seen.counts.lake >= {count}")
    with volant.Lake(served.lake, make=False) as lake:
        told = lake.facts('SELECT subject, key, value, "by" FROM facts').to_pylist()
        episodes = [lake.episode(name) for name in lake.episodes()["id"].to_pylist()]
    return episodes, [tuple(row.values()) for row in told]


def test_two_people_want_one_robot_and_who_got_it_steers_it_and_says_why(browser: Any, watched: Any) -> None:
    ann, bob = opened(browser, watched), opened(browser, watched, "operator")
    for page in (ann, bob):
        choose(page, 2)
        page.evaluate("window.volantWatch.limits.log = []")
    for page in (ann, bob):
        page.keyboard.press("t")
    said(ann, "Robot 2 is yours.")
    said(bob, "Robot 2 is with test.")
    bob.locator(".w-tile[data-robot='2'] .w-word", has_text=" s, test").wait_for()
    before = wall(ann, "wall.seen.xy.slice(16, 18)")
    away = "a" if before[0] > 500 else "d"
    ann.keyboard.down(away)
    ann.wait_for_function(f"Math.abs(document.querySelector('volant-wall').seen.xy[16] - {before[0]}) > 80")
    ann.keyboard.up(away)
    ann.keyboard.press("h")
    ann.locator(".w-cause").wait_for()
    ann.keyboard.press("c")
    ann.keyboard.press("4")
    said(ann, "Robot 2: stalled")
    assert wall(bob, "wall.mine") == -1
    sent = {order["seq"]: order["push"] for order in wall(ann, "window.volantWatch.limits.log")}
    ann.context.close()
    choose(bob, 2)
    bob.keyboard.press("t")
    said(bob, "Robot 2 is yours.")
    bob.keyboard.press("b")
    said(bob, "put back by 3 s")
    (episode,), facts = brought(watched, bob, 1)
    assert (episode.origin.tier, episode.origin.robot) == ("intervention", "pusht-02")
    assert "test" in episode.origin.operator.split(",")
    by_hand = episode["mark/operator"].values.ravel() == watcher_seat(episode)
    numbers, places = episode["mark/command"].values.ravel(), episode["observation.state"].values
    steps = np.flatnonzero(by_hand & (episode["control"].values.ravel() == 1) & (numbers >= 0))
    assert len(steps) >= 3
    for step in steps:
        wanted = np.clip(places[step] + np.array(sent[int(numbers[step])][:2]) * 0.08 * 512, 0, 512)
        assert np.allclose(episode["action"].values[step], wanted, atol=1e-3)
    assert (episode.id, "intervention/cause", "stalled", "person/test@1") in facts
    bob.keyboard.press("h")
    bob.context.close()
    assert [(who, about) for who, what, about in audited(watched) if what == "robot/take"] == [
        ("test", "robot 2"), ("operator", "robot 2")
    ]  # fmt: skip


def audited(served: Any) -> list[tuple[str, str, str]]:
    """The audit log, oldest first."""
    with urllib.request.urlopen(f"{served.url}/api/audit?limit=500", timeout=30) as answer:
        found = json.load(answer)["entries"]
    return [(one["who"], one["what"], one["about"]) for one in reversed(found)]


def watcher_seat(episode: Episode) -> int:
    """The seat of who held the robot first."""
    seats = episode["mark/operator"].values.ravel()
    return int(seats[seats >= 0][0])


def test_a_closed_tab_lets_its_robot_go_when_the_lock_ends(browser: Any, watched: Any) -> None:
    ann, bob = opened(browser, watched), opened(browser, watched, "operator")
    choose(bob, 4)
    bob.keyboard.press("t")
    said(bob, "Robot 4 is yours.")
    ann.locator(".w-tile[data-robot='4'] .w-word", has_text=" s, oper").wait_for()
    bob.context.close()
    ann.wait_for_function("document.querySelector('volant-wall').seen.holder[4] === -1")
    assert wall(ann, "wall.seen.left[4]") == -1
    choose(ann, 4)
    ann.keyboard.press("t")
    said(ann, "Robot 4 is yours.")
    ann.keyboard.press("h")
    ann.locator(".w-cause").wait_for()
    ann.context.close()


def test_the_wall_keeps_its_order_while_somebody_points_at_it(browser: Any, watched: Any) -> None:
    page = opened(browser, watched)
    page.mouse.move(300, 400)
    page.keyboard.press("j")
    order = wall(page, "wall.order.join()")
    page.wait_for_timeout(600)
    assert wall(page, "wall.order.join()") == order
    assert wall(page, "[...wall.order].sort((a, b) => a - b).join()") == "0,1,2,3,4,5"
    page.context.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_wall_and_the_robot_in_hand_are_sound(browser: Any, watched: Any, sound: Any, size: Any) -> None:
    look = "dark" if size is PHONE else "light"
    page = opened(browser, watched, size=size, color_scheme=look, has_touch=size is PHONE)
    tile = page.locator(".w-tile").nth(1)
    tile.click()
    page.locator(".w-hand").wait_for()
    if size is PHONE:
        stick = page.locator(".w-stick").first.bounding_box()
        page.mouse.move(stick["x"] + stick["width"] - 6, stick["y"] + stick["height"] / 2)
        page.mouse.down()
        page.wait_for_function("document.querySelector('volant-wall').pushed[0] > 0.8")
        page.mouse.up()
        page.wait_for_function("document.querySelector('volant-wall').pushed[0] === 0")
    else:
        pad = "{connected: true, axes: [0, -1, 0, 0], buttons: [{pressed: true}]}"
        page.evaluate(f"() => {{ navigator.getGamepads = () => [{pad}]; }}")
        page.wait_for_function("document.querySelector('volant-wall').pushed.join() === '0,1,0,1'")
    sound(page)
    page.get_by_role("button", name="Hand back").click()
    page.locator(".w-cause").wait_for()
    sound(page)
    page.context.close()


def test_who_may_not_operate_gets_no_word_to_the_fleet_and_nonsense_is_answered(watched: Any) -> None:
    address = watched.url.replace("http", "ws")

    def link(role: str, path: str) -> Any:
        return connect(address + path, origin=watched.url, additional_headers={"Cookie": f"test-role={role}"})

    for role in ("viewer", "reviewer", "collector"):
        with pytest.raises(InvalidStatus, match="403"), link(role, "/watch/steer"):
            pass
    with pytest.raises(InvalidStatus, match="403"), link("collector", "/watch/live"):
        pass
    with link("operator", "/watch/steer") as steer, link("viewer", "/watch/live") as live:
        for wrong in ("", "{}", '{"seq": -1, "do": "take"}', '{"seq": 1, "do": "fly"}', b"bytes"):
            steer.send(wrong)
            assert json.loads(steer.recv(10)) == {"seq": -1, "done": False, "words": "This is no order."}
        steer.send('{"seq": 7, "do": "take", "robot": 99}')
        answer = json.loads(steer.recv(10))
        assert (answer["seq"], answer["done"]) == (7, False) and "no robot 99" in answer["words"]
        told = urllib.request.urlopen(f"{watched.url}/metrics", timeout=20).read().decode()
        assert sum(float(line.split()[1]) for line in told.splitlines() if line.startswith("volant_robots{")) == ROBOTS
        seen = {key for _ in range(4) for key in json.loads(live.recv(20))}
        assert {"opened", "mode", "risk", "holder", "xy", "people"} <= seen


def test_without_a_fleet_the_page_says_so(page: Any, served: Any) -> None:
    page.goto("/watch")
    page.get_by_text("No fleet is at work here").wait_for()
