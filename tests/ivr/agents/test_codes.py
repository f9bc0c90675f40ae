from __future__ import annotations

import pytest

from calls.errors import AgentError
from calls.records import Agent
from ivr.agents.codes import DialCodes, agent_at

pytestmark = pytest.mark.unit

AGENTS = [
    Agent(id="a", address="sip:1001@10.0.0.5:5062;transport=udp"),
    Agent(id="b", address="sip:1002@10.0.0.5"),
    Agent(id="c", address="sip:1002@10.0.0.6"),
    Agent(id="d", address="tel:+8613800001234"),
    Agent(id="e"),
]


@pytest.mark.parametrize(
    ("callee", "meaning"),
    [
        ("*70", "login"),
        ("*71", "logout"),
        ("*72", "pause"),
        ("*73", "unpause"),
        ("%2A72", "pause"),
        ("*7", None),
        ("95588", None),
        ("", None),
    ],
)
def test_a_number_has_a_meaning(callee: str, meaning: str | None) -> None:
    assert DialCodes().meaning(callee) == meaning


def test_a_centre_has_codes_of_its_own() -> None:
    codes = DialCodes({"pause": "#8", "unpause": "", "login": "9001"})
    found = [codes.meaning(callee) for callee in ("#8", "%238", "*72", "*73", "9001", "*71")]
    assert found == ["pause", "pause", None, None, "login", "logout"]


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ({"pauze": "*72"}, "'pauze' is no meaning of a dial code → known: login, logout, pause, unpause"),
        ({"pause": "72a"}, r"codes.pause: '72a' cannot be dialled → use 2 to 8 of 0-9 \* #"),
        ({"pause": "*70"}, r"codes.pause: '\*70' already stands for login → choose another"),
    ],
)
def test_a_code_that_cannot_work_is_refused(codes: dict[str, str], message: str) -> None:
    with pytest.raises(AgentError, match=message):
        DialCodes(codes)


@pytest.mark.parametrize(
    ("caller", "agent"),
    [
        ("1001", "a"),
        ("sip:1001@10.0.0.5", "a"),
        ('"王敏" <sip:1001@10.0.0.5:49152;user=phone>', "a"),
        ("sip:1001@10.0.0.9", None),
        ("sip:1002@10.0.0.6", "c"),
        ("1002", None),  # two people's
        ("+8613800001234", "d"),
        ("tel:+8613800001234", "d"),
        ("", None),
        ("999", None),
    ],
)
def test_the_phone_that_calls_is_an_agents(caller: str, agent: str | None) -> None:
    found = agent_at(AGENTS, caller)
    assert (found.id if found else None) == agent
