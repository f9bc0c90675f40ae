"""From the agent's appeal to the final verdict, each person in turn at a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from calls.records import Appeal, Call, Review, utc_now
from calls.reviewing import AppealStep
from calls.store import Store
from tests.console.after_scene import FIRST, PEOPLE, people_and_verdicts
from tests.console.running import running_console
from tests.console.scene import Scene
from tests.console.staff import PASSWORD, password_hash
from tests.console.test_browser import CSS, DESK, PHONE, browser, chromium, messages, resize, until

pytestmark = pytest.mark.browser

__all__ = ["browser", "chromium"]  # fixtures

#: Elements that stick out of the window, or hold text that is wider than they are.
TOO_WIDE = """
return [...document.querySelectorAll("main *")]
  .filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1
          && !each.closest(".sheet, .scrolled, .unseen"))
  .map(each => each.tagName + "." + each.className)
"""


@pytest.fixture
def centre(scene: Scene, desk_store: Store, tmp_path: Path) -> Iterator[str]:
    """A running console where everybody has a password and chen has just judged a call."""
    people_and_verdicts(desk_store)
    desk_store.add(*(replace(user, password=password_hash()) for user in PEOPLE.values()))
    desk_store.add(replace(FIRST, created_at=utc_now()))
    # results are shown for the calls of the last months
    desk_store.add(replace(desk_store.get(Call, "call-1"), started_at=utc_now()))
    with running_console(tmp_path) as running:
        yield running.address


def sign_in(browser: Any, address: str, who: str, path: str) -> None:
    browser.delete_all_cookies()
    browser.get(f"{address}{path}")
    until(browser, lambda _: browser.find_elements(CSS, "[name=password]"))
    browser.find_element(CSS, "[name=name]").send_keys(who)
    browser.find_element(CSS, "[name=password]").send_keys(PASSWORD)
    browser.find_element(CSS, "form.signin .button").click()
    until(browser, lambda _: path in browser.current_url)


def say(browser: Any, text: str, button: str) -> None:
    """Type a comment into the form of a button, and press it."""
    pressed = browser.find_element(CSS, button)
    form = pressed.find_element("xpath", "./ancestor::form")
    form.find_element(CSS, "[name=comment]").send_keys(text)
    pressed.click()
    until(browser, lambda _: browser.find_elements(CSS, "p.notice[role=status]"))


def test_an_appeal_goes_from_hand_to_hand_until_it_is_closed(
    browser: Any, centre: str, desk_store: Store
) -> None:
    sign_in(browser, centre, "wang", "results")
    browser.find_element(CSS, "table a").click()
    until(browser, lambda _: browser.find_elements(CSS, "audio"))
    say(browser, "14 秒处我已致歉", "[action$='/appeal'] .button")

    sign_in(browser, centre, "lead1", "appeals")
    assert browser.find_element(CSS, ".mine").text == "待您处理"
    browser.find_element(CSS, "table a").click()
    until(browser, lambda _: browser.find_elements(CSS, "[value=forward]"))
    say(browser, "请复听", "[value=forward]")

    sign_in(browser, centre, "qa", "appeals/review-1")
    browser.find_element(CSS, "[name=inspector] option[value=lin]").click()
    say(browser, "", "[value=assign]")

    sign_in(browser, centre, "lin", "appeals/review-1")
    for size in (PHONE, DESK):
        resize(browser, size)
        assert browser.execute_script(TOO_WIDE) == []
    score = browser.find_element(CSS, "[name=score]")
    score.clear()
    score.send_keys("85")
    browser.find_element(CSS, "[name=fatal] option[value=no]").click()
    say(browser, "已致歉", "[value=uphold]")
    assert browser.find_elements(CSS, ".step-form") == []

    sign_in(browser, centre, "wang", "results")
    row = browser.find_element(CSS, "tbody tr").text
    assert "62" in row and "85" in row and "申诉成立" in row
    (final,) = desk_store.find(Review, replaces="review-1")
    assert (final.reviewer, final.score, final.fatal) == ("lin", 85.0, False)
    assert desk_store.get(Appeal, "review-1").state == "upheld"
    done = [each.action for each in desk_store.find(AppealStep, order_by=("at", "id"))]
    assert done == ["appeal", "forward", "assign", "uphold"]
    assert messages(browser) == []
