from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.unit

ONE_SKIP = """
import pytest
def test_it():
    pytest.skip({reason!r})
"""


LISTED = "HUAWU_TEST_POSTGRES names no PostgreSQL server"


@pytest.mark.parametrize(
    ("reason", "strict", "options", "named", "code"),
    [
        ("the moon is full", "1", (), True, pytest.ExitCode.TESTS_FAILED),
        ("the moon is full", "1", ("-n", "1"), True, pytest.ExitCode.TESTS_FAILED),
        ("the moon is full", "", (), True, pytest.ExitCode.OK),
        (LISTED, "1", (), True, pytest.ExitCode.TESTS_FAILED),
        (LISTED, "", (), False, pytest.ExitCode.OK),
    ],
)
def test_a_skip_that_nobody_listed_fails_the_strict_run(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    reason: str,
    strict: str,
    options: tuple[str, ...],
    named: bool,
    code: pytest.ExitCode,
) -> None:
    monkeypatch.setenv("HUAWU_STRICT_SKIPS", strict)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    pytester.makepyfile(ONE_SKIP.format(reason=reason))
    pytester.makeconftest(
        "from tests.skips import SkipWatch\n"
        "def pytest_configure(config):\n"
        "    config.pluginmanager.register(SkipWatch(), 'watch')\n"
    )

    done = pytester.runpytest_subprocess(*options)

    assert done.ret == code
    assert (f"::test_it: {reason}" in done.stdout.str()) is named
