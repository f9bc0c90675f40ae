"""An inspector's work at a real browser: the next call, one key an answer, saved, the next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from calls.people import UserRole
from calls.records import Review, Score, utc_now
from calls.reviewing import ReviewDraft
from calls.store import Store
from console.work.assignments import assign
from tests.console.running import running_console
from tests.console.scene import LINES, Scene
from tests.console.staff import PASSWORD, person
from tests.console.test_browser import (
    CSS,
    ENTER,
    PHONE,
    RIGHT,
    browser,
    chromium,
    messages,
    near,
    resize,
    sound,
    until,
)

pytestmark = pytest.mark.browser

__all__ = ["browser", "chromium"]  # fixtures

TAB, ESCAPE = "\ue004", "\ue00c"  # W3C WebDriver, 17.4.2


@pytest.fixture
def desk_of_chen(scene: Scene, desk_store: Store, tmp_path: Path) -> Iterator[str]:
    """A console where chen has four calls to do, one of them late; three have sound."""
    desk_store.add(person(UserRole.INSPECTOR, id="chen", name="陈"))
    now = utc_now()
    for call, days in (("call-3", -1), ("call-1", 1), ("call-2", 2), ("call-5", 3)):
        due = now + timedelta(days=days)
        assign(desk_store, "plan-1", [call], {"chen": 1.0}, by="lead", due=due, now=now)
    with running_console(tmp_path) as running:
        yield running.address


def sign_in(browser: Any, address: str) -> None:
    browser.get(f"{address}sample")
    until(browser, lambda _: browser.find_elements(CSS, "[name=name]:focus"))
    press(browser, "chen", TAB, PASSWORD, ENTER)
    until(browser, lambda _: browser.find_elements(CSS, "#next"))


def press(browser: Any, *keys: str) -> None:
    """Press keys at whatever has the focus, as a keyboard does."""
    for key in keys:
        browser.switch_to.active_element.send_keys(key)


def at(browser: Any, call: str) -> None:
    until(browser, lambda _: f"/calls/{call}?" in browser.current_url)
    until(browser, lambda _: browser.find_elements(CSS, "form.sheet.live"))


def chosen(browser: Any) -> dict[str, str]:
    return dict(
        browser.execute_script(
            "return [...new FormData(document.querySelector('form.sheet'))].filter(([name, value]) =>"
            " value && /^(complaint|severity|sentiment|topic|answer|note)/.test(name))"
        )
    )


def hear(browser: Any) -> None:
    """Play a while, stop, go on 5 s, and to the line of the transcript after that, with keys."""
    until(browser, lambda _: sound(browser, "readyState") >= 1)
    press(browser, " ")
    until(browser, lambda _: sound(browser, "currentTime") > 0.2)
    press(browser, " ")
    assert sound(browser, "paused") is True
    heard = sound(browser, "currentTime")
    press(browser, RIGHT)
    near(browser, heard + 5)
    following = next(start for _, start, _, _ in LINES if start > heard + 5)
    press(browser, ".")
    near(browser, following)


def fits(browser: Any) -> bool:
    widths = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    return bool(widths[0] <= widths[1])


def tap(browser: Any, selector: str) -> None:
    """Press what is there with a finger; it must be in sight and not under anything."""
    found = browser.find_element(CSS, selector)
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", found)
    found.click()


def test_three_calls_by_keyboard_only_and_one_by_tapping(
    browser: Any, desk_of_chen: str, desk_store: Store
) -> None:
    sign_in(browser, desk_of_chen)
    assert browser.find_element(CSS, ".late").text == "逾期 1"

    press(browser, ENTER)
    at(browser, "call-3")
    hear(browser)
    press(browser, "a", "2", "3", "1")  # no complaint: the severity is passed over; sentiment; topic needs G
    press(browser, "g")
    assert browser.switch_to.active_element.get_attribute("data-item") == "answer.greeting"
    press(browser, "1", "2", "3", "c")
    press(browser, "太快", ENTER, "1", "s")

    at(browser, "call-1")
    # who was answering goes on answering
    assert browser.switch_to.active_element.get_attribute("data-item") == "complaint"
    hear(browser)
    press(browser, "g", "g", "g", "g")
    press(browser, "1", "1", "1", "1", "2")
    fatal = until(browser, lambda _: browser.find_element(CSS, "#fatal"))
    assert (fatal.text, browser.find_element(CSS, "#score").text) == ("一票否决：服务忌语", "0.0")
    assert fits(browser)
    press(browser, ESCAPE, "j")
    at(browser, "call-2")
    press(browser, "k")
    at(browser, "call-1")
    until(browser, lambda _: chosen(browser).get("answer.forbidden_words") == "fail")
    press(browser, "G")
    assert len(chosen(browser)) == 4 + 14  # all but the two questions for people
    press(browser, "s")

    at(browser, "call-2")
    hear(browser)
    press(browser, "a", "2", "3", "g", "1", "s")

    at(browser, "call-5")
    resize(browser, PHONE)
    assert fits(browser)
    tap(browser, "[data-item='answer.greeting'] .pick-pass")
    tap(browser, ".foot .button")
    until(browser, lambda _: "/sample?" in browser.current_url)
    assert browser.find_element(CSS, ".done").text == "✓ 分给您的通话都评完了。"
    assert fits(browser)

    # what was judged can be heard again
    tap(browser, "tbody a[href*='/call-1']")
    until(browser, lambda _: browser.find_elements(CSS, "audio"))
    until(browser, lambda _: sound(browser, "readyState") >= 1)
    tap(browser, ".play")
    until(browser, lambda _: sound(browser, "currentTime") > 0.2)
    tap(browser, ".play")
    tap(browser, "#u3 .at")
    near(browser, 9.6)

    # another page, and another language, from the menu
    places = browser.find_element(CSS, "#places")
    assert not places.is_displayed()
    tap(browser, ".menu")
    assert places.is_displayed()
    tap(browser, "#places [href='/calls']")
    until(browser, lambda _: browser.find_elements(CSS, "form.search"))
    tap(browser, ".switch")
    until(browser, lambda _: browser.find_element(CSS, "h1").text == "Calls")
    assert fits(browser)

    reviews = {each.call_id: each for each in desk_store.find(Review)}
    assert {call: (each.complaint, each.fatal) for call, each in reviews.items()} == {
        "call-3": (False, False),
        "call-1": (True, True),
        "call-2": (False, False),
        "call-5": (None, False),
    }
    (note,) = desk_store.find(Score, review_id=reviews["call-3"].id, comment="太快")
    assert note.item == "service.hung_up"
    assert messages(browser) == []


def test_a_draft_is_discarded_by_pressing_twice(browser: Any, desk_of_chen: str, desk_store: Store) -> None:
    sign_in(browser, desk_of_chen)
    browser.get(f"{desk_of_chen}calls/call-1?plan=mine")
    at(browser, "call-1")
    discard = browser.find_element(CSS, "#discard")
    assert not discard.is_displayed()
    press(browser, "a", "1")
    until(browser, lambda _: desk_store.find(ReviewDraft, call_id="call-1"))

    discard.click()
    assert discard.text == "再按一次，全部清空"
    browser.execute_script("window.left = false")
    discard.click()
    until(browser, lambda _: browser.execute_script("return window.left") is None)
    at(browser, "call-1")

    assert chosen(browser) == {}
    (draft,) = desk_store.find(ReviewDraft, call_id="call-1")
    assert draft.content == {}
    browser.get(f"{desk_of_chen}calls/call-1?plan=mine")
    at(browser, "call-1")
    assert chosen(browser) == {}
    assert messages(browser) == []


def test_without_the_server_nothing_is_lost(browser: Any, desk_of_chen: str, desk_store: Store) -> None:
    def network(offline: bool) -> None:
        browser.execute_cdp_cmd("Network.enable", {})
        browser.execute_cdp_cmd(
            "Network.emulateNetworkConditions",
            {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1},
        )

    sign_in(browser, desk_of_chen)
    browser.get(f"{desk_of_chen}calls/call-1?plan=mine")
    at(browser, "call-1")
    network(offline=True)
    press(browser, "a", "1", "s")
    trouble = until(browser, lambda _: browser.find_element(CSS, "#trouble"))
    until(browser, lambda _: trouble.is_displayed())
    assert trouble.text == "服务器没有应答，结论还没有保存。内容都保留在本页，请再按一次保存。"
    assert chosen(browser) == {"complaint": "yes"}

    # the page is left all the same: what was typed is there when it is opened again
    browser.execute_script("window.stop()")
    network(offline=False)
    browser.get(f"{desk_of_chen}sample")
    browser.get(f"{desk_of_chen}calls/call-1?plan=mine")
    at(browser, "call-1")
    until(browser, lambda _: chosen(browser) == {"complaint": "yes"})
    press(browser, "s")
    at(browser, "call-2")
    (review,) = desk_store.find(Review)
    assert (review.call_id, review.complaint) == ("call-1", True)
    kept = browser.execute_script(
        "return Object.keys(localStorage).filter(each => each.startsWith('huawu-'))"
    )
    assert kept == []
