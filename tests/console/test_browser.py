"""The desk in a real Chromium: sound, keys, clicks, both sizes, no complaint on its console."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from calls.records import Review
from calls.store import Store
from tests.console.running import running_console
from tests.console.scene import Scene

pytestmark = pytest.mark.browser

# Sandboxes need rights that containers lack; the others keep the browser from calling its maker.
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
)
DESK, PHONE = (1280, 800), (390, 844)
CSS = "css selector"
ENTER, LEFT, RIGHT = "\ue007", "\ue012", "\ue014"  # W3C WebDriver, 17.4.2


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    program, driver_program = shutil.which("chromium"), shutil.which("chromedriver")
    if not (program and driver_program):
        pytest.skip("chromium and chromedriver are not installed")
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for option in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver_program))
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium: Any) -> Any:
    chromium.delete_all_cookies()
    resize(chromium, DESK)
    chromium.get_log("browser")
    return chromium


@pytest.fixture(scope="module")
def desk(morning: tuple[Path, Scene], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A console that is only read from."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(morning[0], folder, dirs_exist_ok=True)
    with running_console(folder) as running:
        yield running.address


@pytest.fixture
def own_desk(scene: Scene, tmp_path: Path) -> Iterator[str]:
    """A console that the test may write to and damage."""
    with running_console(tmp_path) as running:
        yield running.address


def resize(browser: Any, size: tuple[int, int]) -> None:
    width, height = size
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE},
    )


def until(browser: Any, condition: Callable[[Any], Any]) -> Any:
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, 20, poll_frequency=0.05).until(condition)


def press(browser: Any, *keys: str) -> None:
    for key in keys:
        browser.find_element(CSS, "body").send_keys(key)


def sound(browser: Any, name: str) -> Any:
    return browser.execute_script(f"return document.querySelector('audio').{name}")


def open_call(browser: Any, address: str) -> None:
    browser.get(address)
    until(browser, lambda _: sound(browser, "readyState") >= 1)


def messages(browser: Any) -> list[str]:
    return [entry["message"] for entry in browser.get_log("browser")]


def test_three_calls_are_heard_and_judged_with_the_keyboard(
    browser: Any, own_desk: str, desk_store: Store
) -> None:
    open_call(browser, f"{own_desk}calls/call-1")
    press(browser, " ")
    until(browser, lambda _: sound(browser, "currentTime") > 0.2)
    assert sound(browser, "paused") is False
    press(browser, " ")
    assert sound(browser, "paused") is True
    press(browser, RIGHT, RIGHT)
    until(browser, lambda _: 10 <= sound(browser, "currentTime") < 11)
    current = until(browser, lambda _: browser.find_elements(CSS, ".line[aria-current]"))
    assert [line.get_attribute("id") for line in current] == ["u3"]
    press(browser, LEFT)
    until(browser, lambda _: 5 <= sound(browser, "currentTime") < 6)

    press(browser, "j")
    until(browser, lambda _: "/calls/call-2?" in browser.current_url)
    press(browser, "k")
    until(browser, lambda _: "/calls/call-1?" in browser.current_url)

    for number, following in ((1, "/calls/call-2?"), (2, "/calls/call-3?"), (3, "/calls/call-5?")):
        browser.execute_script("document.querySelector('[name=complaint]:checked').focus()")
        typed = browser.switch_to.active_element
        typed.send_keys(LEFT)  # from "not judged" to "no"
        for field, text in (("comment", f"第{number}通 jk j"), ("reviewer", "陈" if number == 1 else "")):
            browser.find_element(CSS, f"[name={field}]").send_keys(text)
        browser.find_element(CSS, "[name=reviewer]").send_keys(ENTER)
        until(browser, lambda _, next_=following: next_ in browser.current_url)
    stored = [(each.call_id, each.complaint, each.comment, each.reviewer) for each in desk_store.find(Review)]
    assert stored == [(f"call-{number}", False, f"第{number}通 jk j", "陈") for number in (1, 2, 3)]
    assert messages(browser) == []


def test_the_waveform_the_words_and_the_evidence_lead_to_their_sound(browser: Any, desk: str) -> None:
    open_call(browser, f"{desk}calls/call-1")

    browser.find_element(CSS, "#u4 p").click()
    until(browser, lambda _: abs(sound(browser, "currentTime") - 14.0) < 0.1)
    browser.find_element(CSS, "#u1 button").click()
    until(browser, lambda _: abs(sound(browser, "currentTime") - 3.2) < 0.1)
    browser.find_element(CSS, ".evidence").click()
    until(browser, lambda _: abs(sound(browser, "currentTime") - 9.6) < 0.1)
    canvas = browser.find_element(CSS, "canvas")
    canvas.click()  # its middle
    until(browser, lambda _: abs(sound(browser, "currentTime") - 10.0) < 0.2)
    colours = browser.execute_script(
        "const c = arguments[0], d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        "return new Set(Array.from({length: d.length / 4}, (_, i) => d.slice(4*i, 4*i+4).join())).size",
        canvas,
    )
    assert colours > 5
    assert sound(browser, "duration") == pytest.approx(20.0)
    assert messages(browser) == []


def test_a_recording_whose_file_is_gone_is_said_to_be_unplayable(
    browser: Any, own_desk: str, tmp_path: Path, scene: Scene
) -> None:
    (tmp_path / "recordings" / scene.recording.uri).unlink()

    browser.get(f"{own_desk}calls/call-1")

    alert = until(browser, lambda _: browser.find_element(CSS, ".player [role=alert]"))
    until(browser, lambda _: alert.is_displayed())
    assert alert.text == "录音无法播放。"


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("path", ["sample", "calls", "calls/call-1", "calls/call-3?lang=en"])
def test_pages_fit_their_window(browser: Any, desk: str, size: tuple[int, int], path: str) -> None:
    resize(browser, size)
    browser.get(desk + path)

    widths = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
    assert messages(browser) == []


def test_every_field_and_button_has_a_name(browser: Any, desk: str) -> None:
    open_call(browser, f"{desk}calls/call-1")

    controls = browser.find_elements(CSS, "button, select, textarea, input:not([type=hidden]), a")
    nameless = [each.get_attribute("outerHTML") for each in controls if not each.accessible_name]
    assert nameless == []


def test_the_language_is_switched_by_its_link(browser: Any, desk: str) -> None:
    browser.get(f"{desk}calls?topic=refund")
    browser.find_element(CSS, ".switch").click()

    until(browser, lambda _: browser.find_element(CSS, "h1").text == "Calls")
    assert "topic=refund" in browser.current_url
    browser.get(f"{desk}sample")
    assert browser.find_element(CSS, "html").get_attribute("lang") == "en"
