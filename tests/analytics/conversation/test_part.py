"""What of a call is conversation."""

from __future__ import annotations

import pytest

from analytics.conversation import features_of, times_known
from tests.analytics.conversation.scene import other_event, timed, written

pytestmark = pytest.mark.unit


MENU = ("s 0-3 欢迎致电", "c 3-4 退货", "s 5-8 正在为您转接")
AGENT = ("a 12-13 您好", "c 14-16 我要退货", "a 17-18 好的")
SURVEY = ("s 20-23 请评价本次服务", "c 24-25 满意")


def test_what_is_said_to_the_menus_is_left_out() -> None:
    values = features_of(timed(*MENU, *AGENT, *SURVEY)).values

    assert values["conversation_seconds"] == 6.0
    assert values["utterances_count"] == 3
    assert values["caller_characters_count"] == 4


def test_a_conversation_behind_a_menu_begins_when_the_agent_answers() -> None:
    call = timed(*MENU, "c 9-10 人呢", "c 11-11.5 喂", *AGENT)

    assert features_of(call).values["utterances_count"] == 3
    assert features_of(call, events=(other_event(10.5),)).values["utterances_count"] == 4


def test_a_prompt_within_the_conversation_is_passed_over() -> None:
    call = timed("a 0-1 请稍等", "s 2-5 请不要挂机", "c 6-7 好", "a 8-9 让您久等了")

    assert features_of(call).values["turns_count"] == 3


def test_a_call_that_stayed_with_the_menus_has_no_conversation() -> None:
    features = features_of(timed("s 0-3 欢迎致电", "c 3-4 查话费"))

    assert features.values["turns_count"] is None
    assert features.unavailable["turns_count"] == "no agent spoke: the call stayed with the menus"


@pytest.mark.parametrize("lines", [(), ("c 0-0",), ("s 0-3 欢迎致电",)])
def test_where_nothing_was_said_nothing_is_measured(lines: tuple[str, ...]) -> None:
    features = features_of(timed(*lines))

    assert set(features.values.values()) == {None}
    assert features.unavailable["talk_share"] == "nothing was said"
    assert features.unavailable["caller_thanks_count"] == "nothing was said"


def test_one_utterance_with_a_time_is_enough_to_know_times() -> None:
    assert times_known(timed("c 0-0 喂", "a 0-1 您好"))
    assert not times_known(written("c 喂", "a 您好"))
    assert not times_known(timed())
