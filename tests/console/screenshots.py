"""Pictures of the desk's pages for the README: ``python -m tests.console.screenshots FOLDER``.

The centre, its people and its calls are made up; the sound is a hum.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.console.browsing import DESK, PHONE, chromium_of, enter, resize
from tests.console.running import running_console
from tests.console.tour import STOPS, furnish

#: Pages of the README, and those that are pictured on a telephone as well.
SHOWN, CARRIED = 6, ("queue", "call")


def main(folder: Path, everything: bool = False) -> None:
    """Write a PNG for each page; ``everything`` for all of the tour, else for those of the README."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        furnish(Path(place))
        with running_console(Path(place)) as running, chromium_of(Path(place) / "profile") as browser:
            signed = None
            for stop in STOPS if everything else STOPS[:SHOWN]:
                if stop.role is not None and stop.role != signed:
                    browser.delete_all_cookies()
                    enter(browser, running.address, str(stop.role))
                    signed = stop.role
                for size in (DESK, PHONE):
                    if size == PHONE and not everything and stop.name not in CARRIED:
                        continue
                    resize(browser, size)
                    browser.get(running.address.rstrip("/") + stop.path)
                    browser.execute_async_script("document.fonts.ready.then(arguments[0])")
                    name = stop.name if size == DESK else f"{stop.name}-narrow"
                    if not browser.save_screenshot(str(folder / f"{name}.png")):
                        sys.exit(f"{name}: the browser made no picture")


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--all" in sys.argv)
