"""A phone records with a camera of Chromium's own; its link is cut, its tab closed, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from browsing import CHROMIUM, FLAGS, PHONE
from volant import Lake
from volant.review import Decision, Reviewing, board, decide

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def carried(served: Any, browser: Any) -> Iterator[Any]:
    """A phone's browser with a camera, signed in; pages of it share what is kept on the phone."""
    media = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    phone = browser.browser_type.launch(executable_path=str(CHROMIUM), args=[*FLAGS, *media])
    context = phone.new_context(base_url=served.url, viewport=PHONE, is_mobile=True, has_touch=True)
    context.grant_permissions(["camera"], origin=served.url)
    context.set_default_timeout(30_000)
    yield context
    phone.close()


def opened(carried: Any, chunk: int = 0) -> Any:
    page = carried.new_page()
    if chunk:
        page.add_init_script(f"window.collectChunk = {chunk}")
    page.goto("/collect")
    page.wait_for_selector(".c-stage[data-ready]")
    page.wait_for_function("document.querySelector('video').videoWidth > 0")
    return page


def record(page: Any, seconds: float) -> None:
    page.get_by_role("button", name="Record").click()
    page.wait_for_function("document.querySelector('.c-stage').dataset.light === 'green'")
    page.wait_for_timeout(seconds * 1000)


def landed(page: Any, n: int) -> list[str]:
    """Wait until so many takes are done; the ids of their episodes, the newest first."""
    page.wait_for_function(f"document.querySelectorAll('#c-takes li[data-state=done]').length === {n}", timeout=40_000)
    return list(
        page.evaluate(
            """() => new Promise(done => { const ask = indexedDB.open("volant-takes", 1); ask.onsuccess = () => {
            const all = ask.result.transaction("takes").objectStore("takes").getAll();
            all.onsuccess = () => done(all.result.sort((a, b) => b.started - a.started)
                .map(one => one.said.episodes[0].id)); }; })"""
        )
    )


def test_a_take_survives_a_cut_link_and_a_closed_tab(carried: Any, served: Any, sound: Callable[[Any], None]) -> None:
    page = opened(carried, chunk=24_000)
    sound(page)
    page.get_by_label("Something else").fill("fold")
    record(page, 2.5)
    sound(page)
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Did it work?").wait_for()
    sound(page)
    page.get_by_role("button", name="Yes").click()
    page.wait_for_function("document.querySelector('#c-takes progress')?.value > 0.05")
    carried.set_offline(True)
    page.get_by_text("no link").wait_for()
    half = page.evaluate("document.querySelector('#c-takes progress').value")
    assert 0.05 < half < 1
    page.close()
    carried.set_offline(False)
    again = opened(carried)
    (subject,) = landed(again, 1)
    with Lake(served.lake) as lake:
        episode = lake.episode(subject)
    assert (episode.task, episode.origin.operator, episode.origin.embodiment) == ("fold", "test", "human")
    assert 2 < episode.seconds < 8
    assert len(episode["camera"]) > 10
    assert [fact.value for fact in episode.said if fact.key == "outcome"] in ([], ["success"])
    again.get_by_text("people will look at it").or_(again.get_by_text("accepted", exact=True)).first.wait_for()
    again.close()


def test_a_tab_that_is_closed_while_it_records_loses_at_most_its_last_second(carried: Any, served: Any) -> None:
    page = opened(carried)
    page.get_by_label("Something else").fill("stack")
    record(page, 5.0)
    page.close()
    again = opened(carried)
    subject = landed(again, 2)[0]
    with Lake(served.lake) as lake:
        episode = lake.episode(subject)
    assert episode.task == "stack"
    assert 1.5 < episode.seconds < 8
    again.close()


def test_what_came_back_says_why_and_may_be_objected_to(
    carried: Any, served: Any, sound: Callable[[Any], None]
) -> None:
    page = opened(carried)
    subject = landed(page, 2)[0]
    with Lake(served.lake) as lake:
        decide(lake.store, subject, "li", Decision(False, "cut"), how=Reviewing(double=0), at=lake._clock())
    page.reload()
    page.get_by_text("Starts too late or ends too early").wait_for()
    sound(page)
    page.get_by_role("button", name="Object").click()
    page.get_by_label("What was overlooked?").fill("The tower stands.")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Somebody else will look at it.").wait_for()
    with Lake(served.lake) as lake:
        case = board(lake.store, lake._clock()).cases[subject]
    assert (case.state, case.objection) == ("todo", "The tower stands.")
    page.close()
