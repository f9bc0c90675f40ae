"""A search in a real Chromium, from the box to the place in the call, with the keyboard only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.console import test_browser as walks
from tests.console.accounts.test_signin_browser import fits
from tests.console.running import running_console
from tests.console.scene import Scene

pytestmark = pytest.mark.browser

chromium, browser = walks.chromium, walks.browser


@pytest.fixture
def address(scene: Scene, tmp_path: Path) -> Iterator[str]:
    """A desk over the morning."""
    with running_console(tmp_path) as running:
        yield running.address


def test_a_call_is_found_by_sound_kept_as_a_search_and_opened_where_it_was_said(
    browser: Any, address: str
) -> None:
    browser.get(f"{address}calls")
    walks.press(browser, "/")
    box = browser.switch_to.active_element
    assert box.get_attribute("name") == "q"
    box.send_keys("~头诉 -没说过", walks.ENTER)
    walks.until(browser, lambda _: browser.find_elements(walks.CSS, "tr.said"))
    # empty fields stay out of the address
    assert unquote(browser.current_url) == f"{address}calls?q=~头诉+-没说过"
    assert [each.text for each in browser.find_elements(walks.CSS, "mark")] == ["投诉"] * 3
    assert fits(browser)

    for key in "jjk":
        browser.switch_to.active_element.send_keys(key)
    assert browser.switch_to.active_element.get_attribute("href") == f"{address}calls/call-1"

    browser.find_element(walks.CSS, ".kept-searches summary").click()
    browser.find_element(walks.CSS, ".kept-searches [name=name]").send_keys("升级", walks.ENTER)
    walks.until(browser, lambda _: browser.find_elements(walks.CSS, ".kept-searches li a"))
    browser.get(f"{address}calls")
    browser.find_element(walks.CSS, ".kept-searches li a").click()
    walks.until(browser, lambda _: browser.find_elements(walks.CSS, "tr.said .at"))

    browser.find_element(walks.CSS, "tr.said .at").click()
    walks.until(browser, lambda _: browser.current_url == f"{address}calls/call-1#t=9.6")
    assert walks.messages(browser) == []
