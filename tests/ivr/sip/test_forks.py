from __future__ import annotations

import pytest

from ivr.sip import forks
from ivr.sip.forks import Forks

pytestmark = pytest.mark.unit


def other(_response: object, _digest: bytes) -> None:
    pass


def test_a_further_answer_is_one_of_another_tag() -> None:
    known = Forks()
    assert known.taker("invite", "b", 0.0) is None
    known.answered("invite", "a", other, 0.0)
    assert known.taker("invite", "a", 1.0) is None
    assert known.taker("invite", "b", 1.0) is other
    assert known.taker("another", "b", 1.0) is None


def test_after_a_while_none_is_expected() -> None:
    known = Forks()
    known.answered("invite", "a", other, 0.0)
    assert known.taker("invite", "b", 31.9) is other
    assert known.taker("invite", "b", 32.0) is None


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "MOST", 2)
    known = Forks()
    for name in ("one", "two", "three"):
        known.answered(name, "a", other, 0.0)
    assert [known.taker(name, "b", 1.0) for name in ("one", "two", "three")] == [None, other, other]
