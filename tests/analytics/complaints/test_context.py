"""Whether what was said was meant."""

from __future__ import annotations

import pytest

from analytics.complaints.context import affirmed, settled

pytestmark = pytest.mark.unit


def meant(text: str, *, threat: bool = True) -> bool:
    """Tell whether the words in brackets are meant."""
    start, end = text.index("["), text.index("]") - 1
    return affirmed(text.replace("[", "").replace("]", ""), start, end, threat=threat)


@pytest.mark.parametrize(
    "text",
    [
        "我要[去工信部]",
        "再不退我就[去工信部]",
        "如果还不解决我[去工信部]",
        "你们不处理那我只能[去工信部]",
        "别逼我[去工信部]",
        "不得不[去工信部]",
        "我不想[去工信部]但是你们太过分",
        "你们怎么处理的我要[去工信部]",
        "你们说解决了结果没有我要[去工信部]",
    ],
)
def test_a_threat_is_meant(text: str) -> None:
    assert meant(text)


@pytest.mark.parametrize(
    "text",
    [
        "我不是要[去工信部]",
        "我没有想[去工信部]",
        "用不着[去工信部]",
        "要不要[去工信部]",
        "怎么[去工信部]",
        "[找工信部]电话是多少",
        "我邻居上次[去工信部]",
        "听说有人[去工信部]",
        "上次[去工信部]的事已经解决了",
    ],
)
def test_a_threat_that_is_denied_asked_about_or_told_of_others_is_none(text: str) -> None:
    assert not meant(text)


@pytest.mark.parametrize(
    ("text", "happened"),
    [
        ("插座[着火]了", True),
        ("邻居家[着火]了", True),
        ("万一[着火]了", False),
        ("会不会[着火]", False),
        ("如果[着火]了", False),
        ("[着火]了怎么办", False),
        ("没有[着火]", False),
        ("新闻说有人家里[着火]了", False),
    ],
)
def test_an_event_has_happened_unless_it_is_supposed(text: str, happened: bool) -> None:
    assert meant(text, threat=False) is happened


@pytest.mark.parametrize(
    ("text", "is_settled"),
    [
        ("已经解决了", True),
        ("昨天给我办妥了", True),
        ("你们说已经解决了", False),
        ("已经解决了但是又坏了", False),
        ("还没解决", False),
    ],
)
def test_settled(text: str, is_settled: bool) -> None:
    assert settled(text) is is_settled
