from __future__ import annotations

from pathlib import Path

import pytest

from calls.records import EventKind, Outcome
from ivr import actions, events
from ivr.actions import HangUp
from ivr.dialog.question import SPEECH_SECONDS
from ivr.outbox import PROMPT_GUARD_SECONDS
from tests.ivr.flows import DESK, Talk, flow_of

pytestmark = pytest.mark.unit


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    return Talk(flow_of(tmp_path))


@pytest.fixture
def menu(talk: Talk) -> Talk:
    """At the menu, its prompt played to the end."""
    return talk.prompts_end()


def seconds(talk: Talk) -> dict[str, float]:
    return {name: timer.seconds for name, timer in talk.timers.items()}


# -- prompts and their end ----------------------------------------------------------------------


def test_a_call_is_answered_and_greeted(talk: Talk) -> None:
    assert [type(action) for action in talk.actions] == [
        actions.Answer,
        actions.Note,
        actions.Note,
        actions.Play,
        actions.StartTimer,
    ]
    assert (talk.node, talk.heard, seconds(talk)) == ("hello", ["您好"], {"prompt": PROMPT_GUARD_SECONDS})


def test_the_first_input_timer_starts_when_the_prompt_ends(talk: Talk) -> None:
    talk.prompt_ends()
    assert (talk.node, seconds(talk)) == ("menu", {"prompt": PROMPT_GUARD_SECONDS})
    talk.prompt_ends()
    assert seconds(talk) == {"first-input": 5.0}


def test_the_menu_listens_while_its_prompt_plays(tmp_path: Path) -> None:
    talk = Talk(flow_of(tmp_path)).press("*").prompts_end()
    assert talk.listening is not None
    assert talk.listening.phrases == ("话费", "查话费", "快递")


def test_a_prompt_whose_end_nobody_reports_is_over_after_the_guard_time(talk: Talk) -> None:
    talk.playing = None
    talk.time_passes("prompt")
    assert talk.node == "menu"


# -- keys ---------------------------------------------------------------------------------------


def test_a_key_chooses_at_once_where_no_longer_choice_begins_with_it(menu: Talk) -> None:
    assert menu.press("1").node == "phone"


def test_a_longer_choice_waits_for_the_pause_between_digits(menu: Talk) -> None:
    menu.press("34")
    assert (menu.node, seconds(menu)) == ("menu", {"inter-digit": 3.0})
    assert menu.time_passes("inter-digit").node == "notice"


def test_the_longest_choice_needs_no_pause(menu: Talk) -> None:
    assert menu.press("345").node == "message"


def test_an_unfinished_choice_is_no_match(menu: Talk) -> None:
    menu.press("3").time_passes("inter-digit")
    assert menu.heard[-1] == "没听懂"


@pytest.mark.parametrize("keys", ["2", "1", "34"])
def test_keys_pressed_over_the_greeting_skip_it_and_the_menu(talk: Talk, keys: str) -> None:
    """A digit at any moment of a prompt counts (FreePBX #424)."""
    talk.press(keys)
    if keys == "34":
        talk.time_passes("inter-digit")
    assert talk.node == {"2": "parcels", "1": "phone", "34": "notice"}[keys]
    assert "话费一快递二" not in talk.heard


def test_type_ahead_walks_several_menus(talk: Talk) -> None:
    talk.press("21")
    assert (talk.node, talk.heard) == ("parcels", ["您好", "人工一"])
    talk.prompts_end()
    assert talk.node == "agent"


def test_a_prompt_without_barge_in_keeps_the_keys_for_its_end(menu: Talk) -> None:
    menu.press("2")
    assert menu.node == "parcels"
    menu.press("1")
    assert (menu.node, menu.playing is not None) == ("parcels", True)
    assert menu.prompts_end().heard[-1] == "请稍候"


def test_a_key_in_the_prompt_stops_it(talk: Talk) -> None:
    talk.prompts_end().press("#")
    assert talk.playing is not None
    talk.press("1")
    assert (talk.node, talk.notes(EventKind.BARGE_IN)[-1]) == ("phone", (EventKind.BARGE_IN, {"by": "digit"}))


def test_keys_pressed_ahead_are_forgotten_after_a_mistake(tmp_path: Path) -> None:
    talk = Talk(flow_of(tmp_path)).press("9")
    assert talk.heard[-1] == "没听懂"
    barge_free = DESK.replace("您好, barge_in: true", "您好")
    talk = Talk(flow_of(tmp_path, barge_free)).press("91").prompts_end()
    assert talk.node == "menu"


# -- numbers ------------------------------------------------------------------------------------


def test_a_number_ends_with_the_terminator(menu: Talk) -> None:
    menu.press("1").press("13800#")
    assert (menu.node, menu.heard[-1]) == ("bill", "尾号三八零零")
    assert {"phone": "13800", "phone_last4": "3800"}.items() <= menu.dialog.variables.items()


def test_a_number_of_full_length_needs_no_terminator_and_swallows_one(menu: Talk) -> None:
    menu.press("1").press("138001")
    assert menu.node == "bill"
    menu.press("#")
    assert menu.notes(EventKind.DIGIT)[-1] == (EventKind.DIGIT, {"count": 6})


def test_the_pause_between_digits_counts_only_after_the_shortest_number(menu: Talk) -> None:
    menu.press("1").press("138")
    assert seconds(menu) == {"inter-digit": 5.0}
    menu.press("0")
    assert seconds(menu) == {"inter-digit": 3.0}
    assert menu.time_passes("inter-digit").node == "bill"


@pytest.mark.parametrize("keys", ["#", "12#", "1*"])
def test_what_is_no_number_is_no_match(menu: Talk, keys: str) -> None:
    menu.press("1").press(keys)
    assert menu.heard[-1] == "没听懂"


def test_a_spoken_number(menu: Talk) -> None:
    menu.press("1").prompts_end()
    assert menu.listening is not None and menu.listening.value == "digits"
    assert menu.say("幺三八零零", "13800").heard[-1] == "尾号三八零零"


def test_a_spoken_number_of_the_wrong_length_is_no_match(menu: Talk) -> None:
    menu.press("1").prompts_end()
    assert menu.say("幺三", "13").heard[-1] == "没听懂"


def test_the_trace_shows_no_number_in_full(menu: Talk) -> None:
    menu.press("1").prompts_end().say("八七六五四三", "876543")
    menu_trace = repr(menu.notes(*EventKind))
    assert "876543" not in menu_trace
    assert "••6543" in menu_trace


# -- speech -------------------------------------------------------------------------------------


def test_a_phrase_chooses(menu: Talk) -> None:
    assert menu.say("查话费", "查话费").node == "phone"


def test_speech_stops_the_prompt(talk: Talk) -> None:
    talk.prompts_end().press("#")
    assert talk.listening is not None and talk.is_playing
    talk.tell(events.SpeechStarted(talk.listening.id))
    assert not talk.is_playing
    assert seconds(talk) == {"speech": SPEECH_SECONDS}


def test_noise_is_no_input_and_a_foreign_phrase_is_no_match(menu: Talk) -> None:
    menu.say("")
    assert menu.heard[-1] == "没听到"
    menu.prompts_end().say("今天天气不错")
    assert menu.heard[-2:] == ["一还是二", "没听懂"]


def test_endless_speech_is_cut(menu: Talk) -> None:
    assert menu.listening is not None
    menu.tell(events.SpeechStarted(menu.listening.id)).time_passes("speech")
    assert menu.heard[-1] == "没听懂"


# -- failures -----------------------------------------------------------------------------------


def test_prompts_after_failures_follow_the_count_and_the_question_gets_short(menu: Talk) -> None:
    for _ in range(2):
        menu.time_passes("first-input").prompts_end()
    assert menu.heard == ["您好", "话费一快递二", "没听到", "一还是二", "还是没听到", "一还是二"]
    menu.time_passes("first-input")
    assert menu.end == HangUp("lost", Outcome.FAILED)


def test_no_input_and_no_match_are_counted_apart(menu: Talk) -> None:
    menu.time_passes("first-input").prompts_end()
    menu.time_passes("first-input").prompts_end()
    menu.press("9").prompts_end()
    menu.press("9").prompts_end()
    assert menu.end is None
    assert menu.press("9").end == HangUp("lost", Outcome.FAILED)


# -- hot keys -----------------------------------------------------------------------------------


def test_hot_keys(menu: Talk) -> None:
    menu.press("#")
    assert menu.heard[-1] == "话费一快递二"
    menu.press("2").prompts_end()
    assert menu.node == "parcels"
    assert menu.press("*").node == "menu"
    assert menu.press("0").node == "agent"


def test_back_at_the_first_menu_asks_again(menu: Talk) -> None:
    assert menu.press("*").heard[-1] == "话费一快递二"


def test_a_key_that_the_node_uses_is_not_hot(tmp_path: Path) -> None:
    own = DESK.replace('digits: "2", phrases: [快递]', 'digits: "0", phrases: [快递]')
    assert Talk(flow_of(tmp_path, own)).press("0").node == "parcels"


def test_a_caller_who_goes_in_circles_is_put_out(menu: Talk) -> None:
    for _ in range(12):
        menu.press("#")
    assert menu.end == HangUp("hop-limit", Outcome.FAILED)


# -- agents and messages ------------------------------------------------------------------------


def test_an_agent_answers_and_the_caller_leaves(menu: Talk) -> None:
    menu.press("0").prompts_end()
    assert isinstance(menu.actions[-2], actions.Enqueue)
    assert list(menu.timers) == ["wait"]
    menu.tell(events.AgentAnswered(menu.enqueue, "1001")).tell(events.HungUp("caller"))
    queue_log = menu.notes(EventKind.ENTERQUEUE, EventKind.CONNECT, EventKind.COMPLETECALLER)
    assert queue_log == [
        (EventKind.ENTERQUEUE, {"queue": "general"}),
        (EventKind.CONNECT, {"agent": "1001"}),
        (EventKind.COMPLETECALLER, {}),
    ]
    assert menu.end == HangUp("caller", Outcome.HANDED_OFF)


@pytest.mark.parametrize(
    ("reason", "kind"), [("refused", EventKind.EXITEMPTY), ("timer", EventKind.EXITWITHTIMEOUT)]
)
def test_without_an_agent_the_way_leads_on(menu: Talk, reason: str, kind: EventKind) -> None:
    menu.press("0").prompts_end()
    if reason == "timer":
        menu.time_passes("wait")
    else:
        menu.tell(events.NoAgent(menu.enqueue))
    assert (menu.node, menu.notes(kind)) == ("message", [(kind, {"queue": "general"})])


@pytest.mark.parametrize("ended_by", ["key", "silence", "length"])
def test_a_message_ends(menu: Talk, ended_by: str) -> None:
    menu.press("345").prompts_end()
    assert actions.Record(menu.record, 3.0) in menu.actions
    match ended_by:
        case "key":
            menu.press("5#")
        case "silence":
            menu.tell(events.MessageEnded(menu.record))
        case _:
            menu.time_passes("message")
    assert menu.notes(EventKind.MESSAGE) == [(EventKind.MESSAGE, {"ended_by": ended_by})]
    assert menu.end == HangUp("completed", Outcome.VOICEMAIL)


# -- hanging up ---------------------------------------------------------------------------------

HANG_UPS = {
    "greeting": ("", Outcome.ABANDONED),
    "menu prompt": ("greeting", Outcome.ABANDONED),
    "menu": ("greeting menu", Outcome.ABANDONED),
    "answered": ("greeting menu bill", Outcome.CONTAINED),
    "queue": ("greeting menu queue", Outcome.ABANDONED),
    "message": ("greeting menu message", Outcome.VOICEMAIL),
    "agent": ("greeting menu queue agent", Outcome.HANDED_OFF),
}


@pytest.mark.parametrize("place", HANG_UPS)
def test_hanging_up_anywhere_closes_the_call(tmp_path: Path, place: str) -> None:
    way, outcome = HANG_UPS[place]
    longer = DESK.replace("answers: true, next: bye", "answers: true, next: menu")
    talk = Talk(flow_of(tmp_path, longer))
    for step in way.split():
        match step:
            case "greeting":
                talk.prompt_ends()
            case "menu":
                talk.prompt_ends()
            case "bill":
                talk.press("1").press("123456").prompts_end()
            case "queue":
                talk.press("0").prompts_end()
            case "message":
                talk.press("345").prompts_end()
            case "agent":
                talk.tell(events.AgentAnswered(talk.enqueue, "1001"))
    talk.tell(events.HungUp("caller"))
    assert talk.end == HangUp("caller", outcome)
    assert talk.dialog.ended


def test_what_comes_after_the_end_is_ignored(menu: Talk) -> None:
    menu.tell(events.HungUp("caller"))
    assert menu.dialog.handle(events.Digit("1"), 0.0) == []
    assert menu.dialog.handle(events.Arrived(), 0.0) == []
