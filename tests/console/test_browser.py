"""The desk in a real Chromium: sound, keys, clicks, both sizes, no complaint on its console."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from calls.recordings import RecordingFolder
from calls.records import Review
from calls.store import Store
from tests.console.callpage_scene import CALL, SILENT, add_private_call
from tests.console.running import running_console
from tests.console.scene import Scene
from tests.console.staff import PASSWORD, hire

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
ENTER, CONTROL, LEFT, RIGHT = "\ue007", "\ue009", "\ue012", "\ue014"  # W3C WebDriver, 17.4.2


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
    chromium.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "local_storage"})
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


def near(browser: Any, seconds: float, off: float = 0.1) -> None:
    until(browser, lambda _: abs(sound(browser, "currentTime") - seconds) < off)


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
    press(browser, "5")
    assert sound(browser, "playbackRate") == 2

    press(browser, "j")
    until(browser, lambda _: "/calls/call-2?" in browser.current_url)
    assert sound(browser, "playbackRate") == 2  # as before
    press(browser, "1", "k")
    until(browser, lambda _: "/calls/call-1?" in browser.current_url)

    for number, following in ((1, "/calls/call-2?"), (2, "/calls/call-3?"), (3, "/calls/call-5?")):
        # keys are letters while somebody types
        browser.find_element(CSS, "[name=comment]").send_keys(f"第{number}通 jk s? e 1")
        if number == 1:
            browser.find_element(CSS, "[name=reviewer]").send_keys("陈")
        else:
            browser.execute_script("document.activeElement.blur()")
        if browser.switch_to.active_element.tag_name == "input":
            browser.switch_to.active_element.send_keys(CONTROL, ENTER)
        else:
            press(browser, "s")
        until(browser, lambda _, next_=following: next_ in browser.current_url)
    stored = [(each.call_id, each.comment, each.reviewer) for each in desk_store.find(Review, order_by="id")]
    assert stored == [(f"call-{number}", f"第{number}通 jk s? e 1", "陈") for number in (1, 2, 3)]
    assert messages(browser) == []


def test_evidence_unfolds_and_the_keys_are_shown(browser: Any, desk: str) -> None:
    open_call(browser, f"{desk}calls/call-1")
    fold = browser.find_element(CSS, ".expand")
    assert fold.get_attribute("aria-expanded") == "false"
    press(browser, "e")
    assert fold.get_attribute("aria-expanded") == "true"

    press(browser, "?")
    help_ = browser.find_element(CSS, ".keys-help")
    assert help_.is_displayed()
    press(browser, "j")  # nothing but the list can be used now
    help_.find_element(CSS, "button").click()
    assert not help_.is_displayed()
    assert browser.current_url.endswith("/calls/call-1")
    assert messages(browser) == []


def test_what_was_recognised_is_shown_on_demand(browser: Any, desk: str) -> None:
    open_call(browser, f"{desk}calls/call-1")
    button = browser.find_element(CSS, ".as-recognised")
    words = [browser.find_element(CSS, f"#u{number} p") for number in (3, 4)]
    read, recognised = (
        ["再不处理我就去消费者协会投诉你们。", "非常抱歉我马上为您升级处理。"],
        ["再不处理我就去消费者协会投诉你们", "非常抱歉我马上为您升级处理"],
    )

    assert ([each.text for each in words], button.get_attribute("aria-pressed")) == (read, "false")
    press(browser, "o")
    assert ([each.text for each in words], button.get_attribute("aria-pressed")) == (recognised, "true")
    button.click()
    assert [each.text for each in words] == read
    assert messages(browser) == []


def test_the_waveform_the_words_and_the_evidence_lead_to_their_sound(browser: Any, desk: str) -> None:
    open_call(browser, f"{desk}calls/call-1")

    click_word(browser, "#u4 p", 3)
    near(browser, 14.0)
    browser.find_element(CSS, "#u1 button").click()
    near(browser, 3.2)
    browser.find_element(CSS, ".found .evidence").click()
    near(browser, 9.6)
    canvas = browser.find_element(CSS, "canvas")
    canvas.click()  # its middle
    near(browser, 10.0, 0.2)
    colours = browser.execute_script(
        "const c = arguments[0], d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        "return new Set(Array.from({length: d.length / 4}, (_, i) => d.slice(4*i, 4*i+4).join())).size",
        canvas,
    )
    assert colours > 5
    assert sound(browser, "duration") == pytest.approx(20.0)
    assert messages(browser) == []


def click_word(browser: Any, selector: str, character: int) -> None:
    """Click on the first half of a character of a text."""
    x, y = browser.execute_script(
        "const w = document.createTreeWalker(document.querySelector(arguments[0]), NodeFilter.SHOW_TEXT);"
        "let n = w.nextNode(), at = arguments[1];"
        "while (at >= n.data.length) { at -= n.data.length; n = w.nextNode(); }"
        "const r = document.createRange(); r.setStart(n, at); r.setEnd(n, at + 1);"
        "n.parentElement.scrollIntoView({block: 'center'});"
        "const b = r.getBoundingClientRect(); return [b.left + b.width / 4, b.top + b.height / 2]",
        selector,
        character,
    )
    for kind in ("mousePressed", "mouseReleased"):
        mouse = {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}
        browser.execute_cdp_cmd("Input.dispatchMouseEvent", mouse)


def test_marks_are_led_to_hidden_and_zoomed_into(browser: Any, desk: str) -> None:
    open_call(browser, f"{desk}calls/call-1")
    press(browser, "]")
    near(browser, 3.2)
    assert browser.find_element(CSS, ".where").text == "0:03 主题"
    press(browser, "]", "]")
    near(browser, 9.6)
    assert browser.find_element(CSS, ".where").text == "0:09 投诉 · 负面情绪 · 主题"

    browser.find_element(CSS, "[data-layer=topic]").click()
    assert browser.find_element(CSS, ".lines").get_attribute("class").split()[1:] == ["without-topic"]
    press(browser, "[", "[")
    near(browser, 9.1)  # the topic of before is passed over
    browser.refresh()
    until(browser, lambda _: sound(browser, "readyState") >= 1)
    topic = browser.find_element(CSS, "[data-layer=topic]")
    assert topic.get_attribute("aria-pressed") == "false"
    topic.click()

    strip, canvas = (browser.find_element(CSS, selector) for selector in (".strip", ".strip canvas"))
    press(browser, "+")
    until(browser, lambda _: strip.get_property("scrollWidth") > 1.9 * strip.get_property("clientWidth"))
    assert canvas.rect["width"] == pytest.approx(strip.rect["width"], abs=1)
    press(browser, RIGHT, RIGHT, RIGHT)
    until(browser, lambda _: strip.get_property("scrollLeft") > 0)  # what is heard is seen
    press(browser, "-")
    until(browser, lambda _: strip.get_property("scrollWidth") == strip.get_property("clientWidth"))
    assert messages(browser) == []


#: Ends when an element has not scrolled for ten pictures: a smooth scroll may have a last step of a pixel.
AT_REST = """
const [element, done] = arguments;
let still = 0, before = element.scrollTop;
const look = () => {
  still = element.scrollTop === before ? still + 1 : 0;
  before = element.scrollTop;
  still < 10 ? requestAnimationFrame(look) : done();
};
requestAnimationFrame(look);
"""


def test_the_transcript_follows_until_the_reader_scrolls_away(browser: Any, desk: str) -> None:
    resize(browser, (1280, 430))
    open_call(browser, f"{desk}calls/call-1")
    lines, follow = browser.find_element(CSS, ".lines"), browser.find_element(CSS, ".follow")

    def top() -> float:
        return float(lines.get_property("scrollTop"))

    browser.execute_script("document.querySelector('audio').currentTime = 18")
    until(browser, lambda _: browser.find_elements(CSS, "#u5[aria-current]"))
    bottom = lines.get_property("scrollHeight") - lines.get_property("clientHeight")
    assert bottom > 20
    until(browser, lambda _: abs(top() - bottom) < 1.5)
    browser.execute_async_script(AT_REST, lines)
    browser.execute_script(
        "const l = arguments[0]; l.scrollTo({top: 0, behavior: 'instant'});"
        "l.dispatchEvent(new Event('wheel'))",
        lines,
    )
    until(browser, lambda _: follow.is_displayed())
    browser.execute_script("document.querySelector('audio').currentTime = 15")
    until(browser, lambda _: browser.find_elements(CSS, "#u4[aria-current]"))
    assert top() == 0
    follow.click()
    until(browser, lambda _: top() > 20)
    assert not follow.is_displayed()


SILENT_SAMPLES = """
const [url, spans, done] = arguments;
fetch(url).then((answer) => answer.arrayBuffer()).then((bytes) => {
  const samples = new Int16Array(bytes, 44);
  const loudest = (start, end) => samples
    .subarray(Math.round(start * 8000) * 2, Math.round(end * 8000) * 2)
    .reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  done([...spans.map(([start, end]) => loudest(start, end)), loudest(0, 1e9)]);
});
"""


def test_personal_data_are_covered_for_onlookers_and_kept_from_whom_they_do_not_concern(
    browser: Any, own_desk: str, desk_store: Store, tmp_path: Path
) -> None:
    add_private_call(desk_store, RecordingFolder(tmp_path / "recordings"))
    open_call(browser, f"{own_desk}calls/{CALL}")
    press(browser, RIGHT)
    browser.find_element(CSS, ".veil").click()
    until(browser, lambda _: sound(browser, "src").endswith("masked=1") and sound(browser, "readyState") >= 1)
    near(browser, 5.0)
    colour = browser.find_element(CSS, "#u1 .personal").value_of_css_property("color")
    assert colour == "rgba(0, 0, 0, 0)"

    hire(desk_store)  # from now on everybody signs in
    browser.get(f"{own_desk}calls/{CALL}")
    for field, value in (("name", "agent"), ("password", PASSWORD)):
        browser.find_element(CSS, f"[name={field}]").send_keys(value)
    browser.find_element(CSS, "[name=password]").send_keys(ENTER)
    until(browser, lambda _: browser.find_elements(CSS, "audio"))
    until(browser, lambda _: sound(browser, "readyState") >= 1)
    assert browser.find_element(CSS, "#u1 p").text == "我叫▇▇▇我的手机号是▇▇▇▇▇▇▇▇▇▇▇"
    assert browser.find_elements(CSS, ".veil") == []
    heard = browser.execute_async_script(SILENT_SAMPLES, sound(browser, "src"), SILENT)
    assert heard[:2] == [0, 0]
    assert heard[2] > 1000
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
    shown = [each for each in controls if each.is_displayed()]
    nameless = [each.get_attribute("outerHTML") for each in shown if not each.accessible_name]
    assert len(shown) > 30
    assert nameless == []


def test_the_language_is_switched_by_its_link(browser: Any, desk: str) -> None:
    browser.get(f"{desk}calls?topic=refund")
    browser.find_element(CSS, ".switch").click()

    until(browser, lambda _: browser.find_element(CSS, "h1").text == "Calls")
    assert "topic=refund" in browser.current_url
    browser.get(f"{desk}sample")
    assert browser.find_element(CSS, "html").get_attribute("lang") == "en"
