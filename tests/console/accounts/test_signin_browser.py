"""An administrator's first day, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from calls.people import User, UserRole
from calls.records import utc_now
from calls.store import Store
from console.accounts.passwords import hashed_once
from tests.console import test_browser as walks
from tests.console.running import running_console
from tests.console.staff import person

pytestmark = pytest.mark.browser

chromium, browser = walks.chromium, walks.browser
GIVEN, OWN = "abcd-efgh-jkmn-pqrs", "horse battery staple"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A desk with one account, and a one-time password for it."""
    with Store.open(tmp_path / "desk.db") as store:
        once = hashed_once(GIVEN, utc_now() + timedelta(days=1))
        store.add(person(UserRole.ADMIN, id="wang", name="王芳", password=once))
    with running_console(tmp_path) as running:
        yield running.address


def send(page: Any, form: str, **fields: str) -> None:
    """Fill a form and press its button."""
    for name, text in fields.items():
        page.find_element(walks.CSS, f"{form} [name={name}]").send_keys(text)
    page.find_element(walks.CSS, f"{form} button").click()


def arrives(page: Any, address: str) -> None:
    """Wait until an address is there."""
    walks.until(page, lambda _: page.current_url == address)


def fits(page: Any) -> bool:
    """Tell whether nothing of the page is beside the window, on a desk's screen and on a telephone's."""
    wide = []
    for size in (walks.PHONE, walks.DESK):
        walks.resize(page, size)
        wide.append(page.execute_script("return document.documentElement.scrollWidth - innerWidth"))
    return max(wide) <= 0


def test_an_administrator_signs_in_chooses_a_password_and_makes_an_account(
    browser: Any, address: str, tmp_path: Path
) -> None:
    browser.get(f"{address}users")
    arrives(browser, f"{address}signin?next=/users")
    assert fits(browser)
    send(browser, ".signin", name="Wang", password=GIVEN)
    arrives(browser, f"{address}account")
    assert fits(browser)
    send(browser, "form[action$=password]", password=GIVEN, new_password=OWN, password_again=OWN)
    arrives(browser, f"{address}account?saved=1")
    assert browser.find_element(walks.CSS, ".notice").text == "已保存。"

    browser.find_element(walks.CSS, "nav a[href='/users']").click()
    arrives(browser, f"{address}users")
    browser.find_element(walks.CSS, "summary").click()
    assert fits(browser)
    send(browser, "details form", id="chen", name="陈丽")
    made = walks.until(browser, lambda _: browser.find_elements(walks.CSS, "output"))[0].text
    assert len(made) == 19
    assert fits(browser)

    browser.find_element(walks.CSS, "nav a[href='/audit']").click()
    arrives(browser, f"{address}audit")
    assert fits(browser)
    told = [row.text.split() for row in browser.find_elements(walks.CSS, "tbody tr")]
    assert [row[3] for row in told] == ["新建用户", "修改密码", "确认密码", "登录"]

    browser.find_element(walks.CSS, ".me button").click()
    arrives(browser, f"{address}signin")
    browser.back()  # what was there is asked for again, and refused
    arrives(browser, f"{address}signin?next=/audit")
    send(browser, ".signin", name="chen", password=made)
    arrives(browser, f"{address}account")
    assert walks.messages(browser) == []
    with Store.open(tmp_path / "desk.db") as store:
        assert {user.id: user.role for user in store.find(User)} == {
            "wang": UserRole.ADMIN,
            "chen": UserRole.INSPECTOR,
        }
