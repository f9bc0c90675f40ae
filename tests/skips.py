"""A skipped test must be expected: each reason is listed in ``allowed_skips.toml``."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

LIST = Path(__file__).parent / "allowed_skips.toml"


def allowed(strict: bool) -> list[str]:
    """Return the beginnings of the reasons that may be given; fewer where everything is installed."""
    listed = tomllib.loads(LIST.read_text(encoding="utf-8"))["skip"]
    return [each["reason"] for each in listed if each.get("ci", True) or not strict]


class SkipWatch:
    """Fails the run if a test was skipped for a reason that nobody wrote down."""

    def __init__(self) -> None:
        self._strict = os.environ.get("HUAWU_STRICT_SKIPS") == "1"
        self._allowed = allowed(self._strict)
        self._unexpected: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Look at each skip."""
        if report.skipped and not hasattr(report, "wasxfail"):
            reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
            reason = reason.removeprefix("Skipped: ")
            if not any(reason.startswith(each) for each in self._allowed):
                self._unexpected.append(f"{report.nodeid}: {reason}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn an unexpected skip into a failure."""
        if self._unexpected and self._strict and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name the unexpected ones."""
        if self._unexpected:
            terminalreporter.section("skipped for a reason that tests/allowed_skips.toml does not list")
            for each in self._unexpected:
                terminalreporter.line(each)
