"""A real Chromium without a window."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.console.staff import PASSWORD

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
    "--hide-scrollbars",
)
DESK, PHONE = (1280, 800), (390, 844)
CSS = "css selector"


@contextmanager
def chromium_of(profile: Path) -> Iterator[Any]:
    """Start a browser with a profile of its own."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for option in (*OPTIONS, f"--user-data-dir={profile}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def resize(browser: Any, size: tuple[int, int]) -> None:
    """Let the page have that many pixels; the narrow size is that of a telephone."""
    width, height = size
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE},
    )


def messages(browser: Any) -> list[str]:
    """Return what the browser complained of since it was last asked."""
    return [entry["message"] for entry in browser.get_log("browser")]


def enter(browser: Any, address: str, name: str) -> None:
    """Sign in."""
    browser.get(f"{address.rstrip('/')}/signin")
    browser.find_element(CSS, "[name=name]").send_keys(name)
    browser.find_element(CSS, "[name=password]").send_keys(PASSWORD)
    browser.find_element(CSS, "form button.button, form button[type=submit], main form button").click()
