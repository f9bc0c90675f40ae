"""The page that calls: as HTTP, and in a real Chromium with a microphone that plays a file."""

from __future__ import annotations

import json
import shutil
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import soxr
from flask import Flask
from flask.testing import FlaskClient

from calls import ticket
from console.app import create_app
from console.webcall import WORDS, WebCalls
from ivr.wire.signalling import Arrived, Bye, Ended, InfoDigit, Reject, Ring, SendInfo
from speech.dtmf import detect_digits
from speech.g711 import ALAW_SILENCE, alaw_decode, alaw_encode
from speech.keytones import key_tones
from tests.console.reading import Page
from tests.console.telephone import (
    FLOWS,
    SECRET,
    Engine,
    running_engine,
    running_gateway,
    running_page,
    settings_for,
)
from tests.console.test_browser import CSS, DESK, OPTIONS, PHONE, messages, resize, until
from tests.console.visitor import Visitor
from tests.ivr.gateway.centre import Leg, free_port

OURS = {"Origin": "http://localhost"}
GATEWAY = "wss://desk.example.cn/gateway"
ESCAPE = "\ue00c"  # W3C WebDriver, 17.4.2


# -- as HTTP ------------------------------------------------------------------------------------------


@pytest.fixture
def calling(tmp_path: Path) -> Iterator[FlaskClient]:
    """A browser at a console that can call."""
    app = create_app(str(tmp_path / "desk.db"), tmp_path, WebCalls(GATEWAY, SECRET, FLOWS))
    app.testing = True
    app.test_client_class = Visitor
    yield app.test_client()
    app.extensions["desk"].close()


@pytest.mark.integration
def test_without_a_gateway_there_is_no_page_and_no_link_to_it(app: Flask, client: FlaskClient) -> None:
    answer = client.get("/webcall")

    assert answer.status_code == 404
    assert "huawu serve" in Page(answer.text).one("h1").text
    assert client.post("/webcall/ticket", headers=OURS).status_code == 404
    assert "/webcall" not in client.get("/calls").text


@pytest.mark.integration
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_offers_the_flows_and_knows_its_words(calling: FlaskClient, language: str) -> None:
    page = Page(calling.get(f"/webcall?lang={language}").text)

    assert [(each["value"], each.text) for each in page.all("option")] == list(FLOWS)
    (words,) = [each["data-words"] for each in page.elements if "data-words" in each.attributes]
    assert list(json.loads(words)) == list(WORDS)
    assert "/webcall" in [each["href"] for each in page.all("a")]
    assert [each.text for each in page.all("script") if each.text] == []


@pytest.mark.integration
def test_only_this_page_may_connect_and_only_to_the_gateway(calling: FlaskClient) -> None:
    ours = calling.get("/webcall").headers["Content-Security-Policy"]
    other = calling.get("/webcall/ticket").headers["Content-Security-Policy"]

    assert ours == f"{other}; connect-src 'self' wss://desk.example.cn"


@pytest.mark.integration
def test_a_ticket_is_given_for_a_flow_that_is_offered(calling: FlaskClient) -> None:
    answer = calling.post("/webcall/ticket", data={"flow": "express"}, headers=OURS)

    address = urlsplit(answer.get_json()["address"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{GATEWAY}/web/call"
    read = ticket.read(SECRET, parse_qs(address.query)["ticket"][0], time.time())
    assert read is not None and read.flow == "express"
    assert calling.post("/webcall/ticket", data={"flow": "none"}, headers=OURS).status_code == 400
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.integration
@pytest.mark.parametrize("headers", [{}, {"Origin": "http://evil.example"}, {"Origin": "null"}])
def test_no_ticket_is_given_to_other_pages(calling: FlaskClient, headers: dict[str, str]) -> None:
    assert calling.post("/webcall/ticket", data={"flow": "express"}, headers=headers).status_code == 403


@pytest.mark.integration
def test_where_no_flow_is_named_the_call_goes_to_whoever_answers(tmp_path: Path) -> None:
    app = create_app(str(tmp_path / "desk.db"), tmp_path, WebCalls(GATEWAY, SECRET))
    app.test_client_class = Visitor
    client = app.test_client()

    assert Page(client.get("/webcall").text).all("select") == []
    assert client.post("/webcall/ticket", headers=OURS).status_code == 200
    app.extensions["desk"].close()


# -- in a browser -------------------------------------------------------------------------------------


@contextmanager
def running_chromium(profile: Path, *options: str) -> Iterator[Any]:
    program, driver_program = shutil.which("chromium"), shutil.which("chromedriver")
    if not (program and driver_program):
        pytest.skip("chromium and chromedriver are not installed")
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    chosen = webdriver.ChromeOptions()
    chosen.binary_location = program
    for option in (*OPTIONS, f"--user-data-dir={profile}", *options):
        chosen.add_argument(option)
    chosen.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=chosen, service=webdriver.ChromeService(driver_program))
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A browser whose microphone hears the keys 1, 5, 9 and #, again and again."""
    folder = tmp_path_factory.mktemp("microphone")
    tones = key_tones("159#", on=0.2, off=0.2).astype(np.float32) / 32768
    with wave.open(str(folder / "keys.wav"), "wb") as file:
        file.setparams((1, 2, 48_000, 0, "NONE", ""))
        file.writeframes((soxr.resample(tones, 8000, 48_000) * 32767).astype("<i2").tobytes())
    with running_chromium(
        folder / "profile",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={folder / 'keys.wav'}",
    ) as driver:
        yield driver


@pytest.fixture
def browser(chromium: Any) -> Any:
    chromium.delete_all_cookies()
    resize(chromium, DESK)
    chromium.get_log("browser")
    return chromium


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def address(tmp_path: Path, port: int) -> Iterator[str]:
    """The address of a console whose page calls the gateway at ``port``."""
    with running_page(tmp_path, port) as running:
        yield running


@pytest.fixture
def engine(tmp_path: Path, port: int) -> Iterator[Engine]:
    """A gateway and its engine."""
    with running_gateway(settings_for(tmp_path, port)), running_engine(tmp_path) as running:
        yield running


def find(browser: Any, selector: str) -> Any:
    return browser.find_element(CSS, selector)


def call(browser: Any, address: str) -> None:
    browser.get(f"{address}webcall")
    find(browser, ".button.call").click()


def answered(browser: Any, address: str, engine: Engine) -> tuple[Arrived, Leg]:
    """Call, and answer the call."""
    call(browser, address)
    arrived = engine.do(engine.centre.next(Arrived))
    leg = engine.do(engine.centre.answer(arrived))
    until(browser, state_is("通话中"))
    return arrived, leg


def state_is(words: str) -> Callable[[Any], bool]:
    return lambda browser: find(browser, "[role=status]").text == words


def fault(browser: Any) -> str:
    """Return what went wrong, once the page says it."""
    alert = find(browser, "[role=alert]")
    until(browser, lambda _: alert.is_displayed())
    text: str = alert.text
    return text


def said(browser: Any) -> list[tuple[str, str]]:
    return [
        (each.get_attribute("class"), find(each, "p").text) for each in browser.find_elements(CSS, ".said li")
    ]


@pytest.mark.browser
def test_a_call_from_the_first_ring_to_the_last_word(browser: Any, address: str, engine: Engine) -> None:
    browser.get(f"{address}webcall")
    find(browser, "option[value=express]").click()
    find(browser, ".button.call").click()
    arrived = engine.do(engine.centre.next(Arrived))
    assert (arrived.headers["x-huawu-door"], arrived.headers["x-huawu-flow"]) == ("web", "express")
    engine.send(Ring(arrived.call))
    until(browser, state_is("振铃中…"))
    leg = engine.do(engine.centre.answer(arrived))
    until(browser, state_is("通话中"))

    heard = alaw_decode(engine.do(leg.hear(150)))
    keys = "".join(each.digit for each in detect_digits(heard))
    assert len(keys) >= 5 and keys in "159#" * 4
    prompt = alaw_encode((9000 * np.sin(np.arange(4000) / 4)).astype(np.int16))
    engine.send(SendInfo(arrived.call, "application/json", '{"say": "您好，请按键或直接说。"}'))
    for _ in range(5):
        leg.play(prompt)
        until(browser, lambda _: float(find(browser, "#speaker").get_attribute("value")) > 0.5)
    find(browser, "body").send_keys("1")
    find(browser, "[data-key='#']").click()
    pressed = [engine.do(engine.centre.next(InfoDigit)).key for _ in range(2)]
    assert pressed == ["1", "#"]
    engine.send(SendInfo(arrived.call, "application/json", '{"heard": "查话费", "answer": "账单"}'))
    engine.send(SendInfo(arrived.call, "application/json", '{"heard": ""}'))
    until(browser, lambda _: len(said(browser)) == 4)
    assert said(browser) == [
        ("say", "您好，请按键或直接说。"),
        ("key", "1 #"),
        ("heard", "查话费 → 账单"),
        ("heard unheard", "（没听清）"),
    ]
    engine.send(Bye(arrived.call))
    until(browser, state_is("通话已结束"))
    assert engine.do(engine.centre.next(Ended)).by == "local"
    assert (find(browser, "[role=alert]").is_displayed(), messages(browser)) == (False, [])


@pytest.mark.browser
def test_the_caller_is_muted_and_hangs_up_with_the_keyboard(
    browser: Any, address: str, engine: Engine
) -> None:
    arrived, leg = answered(browser, address, engine)

    find(browser, "body").send_keys("m")
    assert find(browser, ".mute").get_attribute("aria-pressed") == "true"
    silence = bytes([ALAW_SILENCE]) * 160
    assert silence * 10 in engine.do(leg.hear(60))
    find(browser, ".mute").click()
    assert alaw_decode(engine.do(leg.hear(100))).max() > 1000
    find(browser, "body").send_keys(ESCAPE)
    assert engine.do(engine.centre.next(Ended)) == Ended(arrived.call, "remote")
    assert find(browser, "[role=status]").text == "通话已结束"
    find(browser, ".button.call").click()
    assert engine.do(engine.centre.next(Arrived)).call != arrived.call


@pytest.mark.browser
def test_a_gateway_that_dies_is_told(browser: Any, address: str, tmp_path: Path, port: int) -> None:
    with running_gateway(settings_for(tmp_path, port)) as process, running_engine(tmp_path) as engine:
        answered(browser, address, engine)
        process.kill()

        assert fault(browser) == "连接断了，通话已结束。"
    find(browser, ".button.call").click()
    until(browser, lambda _: fault(browser).startswith("连不上网关"))
    assert find(browser, "[role=status]").text == "未接通"


@pytest.mark.browser
def test_why_nobody_answers_is_told(browser: Any, address: str, tmp_path: Path, port: int) -> None:
    with running_gateway(settings_for(tmp_path, port)):
        call(browser, address)
        assert fault(browser) == "现在不能接听：引擎没有运行，或正在停机。"
        with running_engine(tmp_path) as engine:
            for code, words in ((486, "线路已满"), (404, "没有流程应答这个号码"), (488, "现在不能接听")):
                call(browser, address)
                engine.send(Reject(engine.do(engine.centre.next(Arrived)).call, code))
                assert fault(browser).startswith(words)
                assert engine.do(engine.centre.next(Ended)).code == code
    browser.execute_script("document.getElementById('webcall').dataset.ticket = '/nowhere'")
    find(browser, ".button.call").click()
    until(browser, lambda _: fault(browser).startswith("服务器没有给出拨打许可"))


@pytest.mark.browser
@pytest.mark.parametrize(
    ("options", "words"),
    [((), "没有找到麦克风"), (("--use-fake-device-for-media-stream",), "没有麦克风权限")],
    ids=["none", "denied"],
)
def test_what_is_wrong_with_the_microphone_is_told(
    address: str, tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    with running_chromium(tmp_path / "profile", *options) as browser:
        call(browser, address)
        assert fault(browser).startswith(words)
        assert messages(browser) == []


@pytest.mark.browser
@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize(("hertz", "level"), [(300, 1.0), (1000, 1.0), (3300, 1.0), (4700, 0.0), (7000, 0.0)])
def test_the_microphone_is_resampled_without_what_a_telephone_cannot_carry(
    browser: Any, address: str, rate: int, hertz: int, level: float
) -> None:
    browser.get(f"{address}webcall")

    loudness = browser.execute_async_script(
        "const [rate, hertz, done] = arguments;"
        "import('/static/resampler.js').then(({ Resampler }) => {"
        "  const made = [], resampler = new Resampler(rate, 8000);"
        "  for (let start = 0; start < rate; start += 128) made.push(...resampler.take("
        "    Float32Array.from({ length: 128 }, (_, i) => Math.sin(2 * Math.PI * hertz * (start + i) / rate))"
        "  ));"
        "  const middle = made.slice(1000, 7000);"
        "  done([made.length, Math.sqrt(2 * middle.reduce((sum, x) => sum + x * x, 0) / middle.length)]);"
        "});",
        rate,
        hertz,
    )

    assert loudness == [pytest.approx(8000, abs=40), pytest.approx(level, abs=0.01)]


@pytest.mark.browser
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_fits_its_window_and_everything_on_it_has_a_name(
    browser: Any, address: str, size: tuple[int, int], language: str
) -> None:
    resize(browser, size)
    browser.get(f"{address}webcall?lang={language}")

    widths = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
    controls = browser.find_elements(CSS, "button:not([hidden]), select, meter, a, [role=log]")
    shown = [each for each in controls if each.is_displayed()]  # the menu is a button or links
    assert len(shown) > 10
    assert [each.get_attribute("outerHTML") for each in shown if not each.accessible_name] == []
    assert messages(browser) == []
