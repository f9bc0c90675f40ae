"""Every page in a real Chromium, wide and narrow: nothing sticks out, nothing is complained of, and nobody is
shut out (axe-core's rules for WCAG 2.1, A and AA)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.console.browsing import DESK, PHONE, chromium_of, enter, messages, resize
from tests.console.running import running_console
from tests.console.tour import STOPS, furnish

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("chromium and chromedriver are not installed")
    with chromium_of(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("tour")
    furnish(folder)
    with running_console(folder) as running:
        yield running.address


@pytest.fixture(scope="module")
def axe() -> str:
    core = pytest.importorskip("axe_core_python", reason="axe-core-python is not installed")
    return (Path(core.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


CHECK = """
const done = arguments[arguments.length - 1];
axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"]})
  .then(found => done(found.violations
    .filter(each => ["serious", "critical"].includes(each.impact))
    .map(each => each.id + ": " + each.nodes.slice(0, 3).map(node => node.target.join(" ")).join(", "))))
  .catch(error => done([String(error)]));
"""


def test_every_page_fits_is_quiet_and_can_be_used_by_all(chromium: Any, address: str, axe: str) -> None:
    faults: dict[str, list[str]] = {}
    for role in {stop.role: None for stop in STOPS}:
        chromium.delete_all_cookies()
        if role is not None:
            enter(chromium, address, str(role))
        for stop in (each for each in STOPS if each.role == role):
            resize(chromium, DESK)
            chromium.get(address.rstrip("/") + stop.path)
            found = [] if stop.name == "nowhere" else messages(chromium)
            chromium.execute_script(axe)
            found += chromium.execute_async_script(CHECK)
            for size in (DESK, PHONE):
                resize(chromium, size)
                wide = chromium.execute_script("return document.documentElement.scrollWidth")
                found += [f"{wide} wide at {size[0]}"] if wide > size[0] else []
            messages(chromium)
            if found:
                faults[stop.name] = found

    assert faults == {}
