"""The form and menu algorithm of W3C VoiceXML 2.0 and 2.1, as far as it applies to flows, in our own tests.

Section numbers are those of VoiceXML 2.0 (W3C Recommendation, 16 March 2004); docs/dialog.md lists what
each of them became, and what deliberately did not apply.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from calls.errors import FlowError
from calls.records import EventKind, Outcome
from ivr.actions import HangUp
from ivr.dialog.handoff import TALK_SECONDS
from ivr.dialog.question import SPEECH_SECONDS
from ivr.simulation import CHARACTERS_PER_SECOND, Simulation
from tests.ivr.dialog.flows import notes, path_of, place, texts

pytestmark = pytest.mark.unit

ASK = """
  ask:
    type: menu
    prompt: 第一种问法
    again: [第二种问法, 第三种问法]
    choices: [{digits: "1", phrases: [查话费], next: done}, {digits: "2", phrases: [查快递], next: ask}]
"""


def fail(call: Simulation, reason: str) -> None:
    """Wait for the question's end and do not answer it, in one way or the other."""
    call.until_waiting()
    if reason == "no_input":
        call.advance(5)
    else:
        call.press("9")


# -- 4.1.6 prompt selection: tapered prompts ----------------------------------------------------


def test_the_prompt_is_the_one_with_the_highest_count_that_is_reached(tmp_path: Path) -> None:
    patient = ASK.replace("choices", "no_input: {max: 5, next: lost}\n    choices")
    call = place(tmp_path, patient)
    call.until_over()
    assert texts(call) == ["第一种问法", "第二种问法", "第三种问法", "第三种问法", "第三种问法"]


def test_what_is_said_after_a_failure_tapers_by_the_count_of_that_failure(tmp_path: Path) -> None:
    call = place(
        tmp_path,
        """
  ask:
    type: menu
    prompt: 问
    no_input: {prompts: [没听到, 还是没听到], max: 4, next: lost}
    no_match: {prompts: [没听懂, 还是没听懂], max: 4, next: lost}
    choices: [{digits: "1", next: done}]
""",
    )
    for reason in ("no_input", "no_match", "no_match", "no_input", "no_input"):
        fail(call, reason)
    call.until_waiting()
    regrets = [text for text in texts(call) if text != "问"]
    assert regrets == ["没听到", "没听懂", "还是没听懂", "还是没听到", "还是没听到"]


@pytest.mark.parametrize("reasons", [("no_input", "no_match"), ("no_match", "no_input")])
def test_the_question_tapers_by_all_failures_together(tmp_path: Path, reasons: tuple[str, str]) -> None:
    """The prompt counter is the item's own; the event counters are one for each event (5.2.2)."""
    call = place(tmp_path, ASK)
    for reason in reasons:
        fail(call, reason)
    call.until_waiting()
    assert [text for text in texts(call) if text.endswith("问法")] == [
        "第一种问法",
        "第二种问法",
        "第三种问法",
    ]
    assert [each["count"] for each in notes(call, EventKind.NO_INPUT, EventKind.NO_MATCH)] == [1, 1]


def test_a_new_visit_counts_anew(tmp_path: Path) -> None:
    call = place(tmp_path, ASK)
    fail(call, "no_input")
    fail(call, "no_match")
    call.until_waiting()
    call.press("2")
    call.until_over()
    assert texts(call)[-5:] == ["第一种问法", "没听到", "第二种问法", "没听到", "第三种问法"]
    assert [each["count"] for each in notes(call, EventKind.NO_INPUT)] == [1, 1, 2, 3]


def test_a_regret_comes_before_the_question_and_both_in_the_language_that_is_spoken(tmp_path: Path) -> None:
    call = place(
        tmp_path,
        """
  switch: {type: language, language: en, next: ask}
  ask:
    type: collect
    variable: code
    spoken: true
    min_confidence: 0
    prompt: {zh: 号码, en: Your number}
    again: {zh: 再说一遍, en: Once more}
    no_match: {prompts: [{zh: 没听懂, en: Sorry}], next: lost}
    next: right
  right:
    {type: confirm, variable: code, prompt: {zh: "是{code}吗", en: "Is it {code}"}, retry: ask, next: done,
     give_up: lost, hot_keys: {}}
""",
    )
    for confidence in (0.1, 0.6):
        call.until_waiting()
        call.say("幺二", confidence)
    call.until_waiting()
    call.press("2")
    call.until_waiting()
    assert texts(call) == ["Your number", "Sorry", "Once more", "Is it 1 2", "Once more"]


# -- 4.1.5 barge-in -----------------------------------------------------------------------------


def test_barge_in_stops_the_prompt_and_all_that_were_to_follow(tmp_path: Path) -> None:
    call = place(tmp_path, ASK)
    fail(call, "no_input")
    call.advance(0.1)
    call.press("1")
    assert [(said.prompt.text, said.cut) for said in call.said] == [
        ("第一种问法", False),
        ("没听到", True),
        ("好了", False),
    ]
    assert notes(call, EventKind.BARGE_IN) == [{"by": "digit"}]


@pytest.mark.parametrize("barge_in", ["false", "speech"])
@pytest.mark.parametrize("ahead", [True, False])
def test_a_prompt_that_keys_may_not_stop_is_said_to_its_end_and_answered_then(
    tmp_path: Path, barge_in: str, ahead: bool
) -> None:
    """A key pressed ahead is no way round it either. VoiceXML forgets such keys; here none is lost."""
    call = place(
        tmp_path,
        f"""
  hello: {{type: play, prompt: 您好, next: must}}
  must: {{type: menu, prompt: 必须听完的问题, barge_in: {barge_in}, choices: [{{digits: "1", next: done}}]}}
""",
    )
    call.advance(0.2 if ahead else 1.0)
    call.press("1")
    call.until_over()
    assert [(said.prompt.text, said.cut) for said in call.said] == [
        ("您好", False),
        ("必须听完的问题", False),
        ("好了", False),
    ]


SPEECH_ONLY = """
  ask:
    type: menu
    prompt: 一个很长很长的问题
    barge_in: speech
    choices: [{digits: "1", next: done}, {digits: "23", next: agent}, {phrases: [查快递], next: lost}]
"""


@pytest.mark.parametrize(("keys", "path"), [("1", ["ask", "done", "bye"]), ("23", ["ask", "agent", "bye"])])
def test_keys_that_waited_for_the_prompt_answer_when_speech_stops_it(
    tmp_path: Path, keys: str, path: list[str]
) -> None:
    """They were first; were they kept, they would answer the next question instead."""
    call = place(tmp_path, SPEECH_ONLY)
    call.press(keys)
    call.say("查快递")
    call.until_over()
    assert path_of(call) == path


def test_speech_that_may_not_stop_the_prompt_is_heard_from_its_end_on(tmp_path: Path) -> None:
    call = place(tmp_path, ASK.replace("type: menu", "type: menu\n    barge_in: digits"))
    assert not call.say("查话费")
    call.until_waiting()
    assert call.say("查话费")
    assert call.node == "done"


def test_any_speech_stops_the_prompt_not_only_an_answer(tmp_path: Path) -> None:
    """The type of barge-in is ``speech``, not ``hotword``."""
    call = place(tmp_path, ASK)
    call.say("今天天气不错")
    assert [said.cut for said in call.said][:1] == [True]
    assert notes(call, EventKind.BARGE_IN, EventKind.NO_MATCH) == [
        {"by": "speech"},
        {"count": 1, "heard": "今天天气不错"},
    ]


# -- 4.1.7 timeout ------------------------------------------------------------------------------


def test_the_timeout_runs_from_the_end_of_the_last_prompt(tmp_path: Path) -> None:
    call = place(
        tmp_path,
        "  hello: {type: play, prompt: 您好您好您好您好您好您好, next: ask}\n"
        "  ask: {type: menu, prompt: 一二三四五六七八九十一二三四五六七八, first_input_seconds: 2.5, "
        'choices: [{digits: "1", next: done}]}',
    )
    call.until_over()
    moments = [at for at, note in call.notes if note.kind is EventKind.NO_INPUT]
    greeting, question, regret = (characters / CHARACTERS_PER_SECOND for characters in (12, 18, 3))
    first = greeting + question + 2.5
    again = regret + question + 2.5
    assert moments == pytest.approx([first, first + again, first + 2 * again])


def test_once_a_key_is_pressed_the_timeout_has_no_more_to_say(tmp_path: Path) -> None:
    call = place(tmp_path, CODE.replace("{extra}", ""))
    call.until_waiting()
    call.advance(4.9)
    call.press("1")
    assert call.timers() == {"inter-digit": 5.0}
    call.advance(4.9)
    call.press("2")
    call.advance(3.1)
    assert (call.node, notes(call, EventKind.NO_INPUT)) == ("done", [])


# -- 6.3.3 and Appendix D: keys and their timing ------------------------------------------------

CODE = """
  ask:
    {type: collect, prompt: 号码, variable: code, min_length: 2, max_length: 4{extra}, next: done}
"""
NO_TERMINATOR = ", terminator: null, hot_keys: {}"
STAR = ', terminator: "*", hot_keys: {}'


@pytest.mark.parametrize(
    ("extra", "keys", "after", "value"),
    [
        # the terminator ends what could go on, and is no part of it
        ("", "12#", 0.0, "12"),
        (STAR, "12*", 0.0, "12"),
        # without it the pause does
        ("", "12", 2.9, None),
        ("", "12", 3.0, "12"),
        # the longest number needs neither: termtimeout is 0
        ("", "1234", 0.0, "1234"),
        (NO_TERMINATOR, "1234", 0.0, "1234"),
        # where none is asked for only the pause ends a shorter one
        (NO_TERMINATOR, "12", 3.0, "12"),
    ],
)
def test_how_an_entry_ends(tmp_path: Path, extra: str, keys: str, after: float, value: str | None) -> None:
    call = place(tmp_path, CODE.replace("{extra}", extra))
    call.until_waiting()
    call.press(keys)
    call.advance(after)
    assert (call.dialog.variables.get("code"), call.node) == (value, "done" if value else "ask")


@pytest.mark.parametrize(
    ("extra", "keys", "after", "count"),
    [
        ("", "#", 0.0, 1),  # the terminator alone is no number
        ("", "1#", 0.0, 2),  # nor is what is too short
        ("", "1", 5.0, 1),  # for which the pause is the first one's: the caller is looking it up
        ("", "12*", 0.0, 3),  # a key that belongs to no number is refused at once
        (NO_TERMINATOR, "12#", 0.0, 3),
        (STAR, "12#", 0.0, 3),
    ],
)
def test_what_is_no_entry_is_no_match(
    tmp_path: Path, extra: str, keys: str, after: float, count: int
) -> None:
    call = place(tmp_path, CODE.replace("{extra}", extra))
    call.until_waiting()
    call.press(keys)
    call.advance(after)
    assert notes(call, EventKind.NO_MATCH, EventKind.NO_INPUT) == [{"count": 1, "keys": count}]
    assert "code" not in call.dialog.variables


TWO_CODES = """
  hello: {type: play, prompt: 您好，请听完, next: one}
  one: {type: collect, prompt: 第一个, variable: one, min_length: 2, max_length: 4, next: two}
  two: {type: collect, prompt: 第二个, variable: two, min_length: 2, max_length: 4, next: menu}
  menu: {type: menu, prompt: 请选择, choices: [{digits: "1", next: done}]}
"""


@pytest.mark.parametrize("ahead", [True, False])
@pytest.mark.parametrize("keys", ["1234#5678#1", "12345678#1", "1234#56781", "123456781", "12#56#1"])
def test_a_terminator_after_the_longest_number_means_nothing(tmp_path: Path, keys: str, ahead: bool) -> None:
    """Neither a hot key nor an empty entry of the next node, whether it is typed ahead or not."""
    call = place(tmp_path, TWO_CODES)
    if not ahead:
        call.until_waiting()
    call.press(keys)
    call.until_over()
    values = {name: call.dialog.variables[name] for name in ("one", "two")}
    expected = {"one": "12", "two": "56"} if "12#" in keys else {"one": "1234", "two": "5678"}
    assert (values, path_of(call)[-2:], notes(call, EventKind.NO_MATCH)) == (expected, ["done", "bye"], [])


def test_the_terminator_is_a_key_like_any_other_once_something_else_was_pressed(tmp_path: Path) -> None:
    call = place(tmp_path, TWO_CODES.replace("next: two}", "next: menu}"))
    call.press("12341")
    call.until_over()
    assert path_of(call) == ["hello", "one", "menu", "done", "bye"]
    call = place(tmp_path, TWO_CODES.replace("next: two}", "next: menu}"))
    call.press("1234##")
    call.until_waiting()
    assert notes(call, EventKind.DIGIT)[4:] == [{"key": "#", "means": "repeat"}]


def test_a_terminator_after_the_next_prompt_is_meant(tmp_path: Path) -> None:
    call = place(tmp_path, TWO_CODES)
    call.until_waiting()
    call.press("1234")
    call.until_waiting()
    call.press("#")
    assert notes(call, EventKind.NO_MATCH) == [{"count": 1, "keys": 1}]


def test_keys_beyond_the_longest_number_answer_the_next_question(tmp_path: Path) -> None:
    """They stay in the buffer, as they do in FreeSWITCH; ``flush`` on the next node forgets them."""
    call = place(tmp_path, TWO_CODES)
    call.until_waiting()
    call.press("123456")
    call.advance(3)
    assert [call.dialog.variables[name] for name in ("one", "two")] == ["1234", "56"]
    call = place(tmp_path, TWO_CODES.replace("prompt: 第二个", "prompt: 第二个, flush: true"))
    call.press("123456")
    call.until_waiting()
    assert (call.node, notes(call, EventKind.DIGIT)) == ("two", [{"count": n} for n in (1, 2, 3, 4)])


# -- 2.2 menus ----------------------------------------------------------------------------------

MANY = """
  ask:
    type: menu
    prompt: 请选择
    choices:
      - {digits: "1", phrases: [查话费], value: one, next: done}
      - {digits: "12", value: two, next: done}
      - {digits: "123", value: three, next: done}
      - {digits: "4*", value: star, next: done}
      - {phrases: [查快递], value: said, next: done}
    variable: chosen
"""


@pytest.mark.parametrize(
    ("keys", "pause", "chosen"),
    [
        ("1", 3.0, "one"),
        ("12", 3.0, "two"),
        ("123", 0.0, "three"),
        ("1#", 0.0, "one"),
        ("12#", 0.0, "two"),
        ("4*", 0.0, "star"),
    ],
)
def test_a_choice_has_one_key_or_several(tmp_path: Path, keys: str, pause: float, chosen: str) -> None:
    """``#`` ends one with which a longer one begins (Appendix D), as the pause does."""
    call = place(tmp_path, MANY)
    call.until_waiting()
    call.press(keys)
    call.advance(pause)
    assert (call.node, call.dialog.variables["chosen"]) == ("done", chosen)


@pytest.mark.parametrize(("keys", "count"), [("13", 2), ("4#", 2), ("41", 2), ("7", 1)])
def test_keys_that_begin_no_choice_are_no_match_at_once(tmp_path: Path, keys: str, count: int) -> None:
    call = place(tmp_path, MANY)
    call.until_waiting()
    call.press(keys)
    assert notes(call, EventKind.NO_MATCH) == [{"count": 1, "keys": count}]


def test_an_unfinished_choice_is_no_match_after_the_pause(tmp_path: Path) -> None:
    call = place(tmp_path, MANY)
    call.until_waiting()
    call.press("4")
    call.advance(2.9)
    assert notes(call, EventKind.NO_MATCH) == []
    call.advance(0.1)
    assert notes(call, EventKind.NO_MATCH) == [{"count": 1, "keys": 1}]


@pytest.mark.parametrize(("said", "chosen"), [("查话费", "one"), ("查快递", "said")])
def test_a_phrase_chooses_as_its_keys_do(tmp_path: Path, said: str, chosen: str) -> None:
    call = place(tmp_path, MANY)
    call.say(said)
    assert (call.node, call.dialog.variables["chosen"]) == ("done", chosen)


def test_a_hot_key_within_a_choice_is_no_hot_key(tmp_path: Path) -> None:
    call = place(tmp_path, MANY)
    call.press("10")
    assert (call.node, notes(call, EventKind.NO_MATCH)) == ("ask", [{"count": 1, "keys": 2}])
    call.press("0")
    assert call.node == "agent"


# -- 4.1.8 prompts are queued, keys are buffered, speech is not ---------------------------------

CHAIN = """
  hello: {type: play, prompt: 您好, next: look}
  look: {type: http, url: "https://crm.example.cn/", filler: 正在为您查询, next: menu, error: lost}
  menu: {type: menu, prompt: 请选择, choices: [{digits: "1", phrases: [查话费], next: code}]}
  code: {type: collect, prompt: 号码, variable: code, max_length: 2, next: done}
"""
SLOW = {"web": {"look": [{"seconds": 3}]}}


@pytest.mark.parametrize("moment", [0.0, 0.3, 0.5, 1.0, 2.0, 3.4])
def test_keys_pressed_while_nothing_is_asked_wait_in_their_order(tmp_path: Path, moment: float) -> None:
    """In a prompt, while a web service is asked, during what is said meanwhile, and in silence after it."""
    call = place(tmp_path, CHAIN, world=SLOW)
    call.advance(moment)
    call.press("142")
    call.until_over()
    assert (path_of(call), call.dialog.variables["code"]) == (
        ["hello", "look", "menu", "code", "done", "bye"],
        "42",
    )
    assert texts(call) == ["您好", "正在为您查询", "好了"]


def test_keys_pressed_while_a_callback_is_asked_for_wait_too(tmp_path: Path) -> None:
    call = place(
        tmp_path,
        """
  back: {type: callback, queue: general, next: menu, failed: lost}
  menu: {type: menu, prompt: 请选择, choices: [{digits: "1", next: done}]}
""",
    )
    call.press("1")
    call.until_over()
    assert (path_of(call), texts(call)) == (["back", "menu", "done", "bye"], ["好了"])


def test_what_is_said_while_nothing_is_asked_is_not_heard(tmp_path: Path) -> None:
    call = place(tmp_path, CHAIN, world=SLOW)
    assert not call.say("查话费")
    call.until_waiting()
    assert (call.node, notes(call, EventKind.RECOGNITION)) == ("menu", [])


def test_a_mistake_forgets_what_was_typed_after_it(tmp_path: Path) -> None:
    """It was typed for a question that the caller did not get to."""
    call = place(tmp_path, CHAIN, world=SLOW)
    call.press("942")
    call.until_waiting()
    assert (call.node, texts(call)[2:]) == ("menu", ["没听懂", "请选择"])


def test_hot_keys_work_ahead_too(tmp_path: Path) -> None:
    call = place(tmp_path, CHAIN, world=SLOW)
    call.press("0")
    call.until_over()
    assert path_of(call) == ["hello", "look", "menu", "agent", "bye"]


# -- 6.3.2 speech -------------------------------------------------------------------------------


def test_confidence_below_the_level_is_no_match_and_the_level_is_enough(tmp_path: Path) -> None:
    call = place(tmp_path, ASK)
    call.say("查话费", 0.4999)
    assert notes(call, EventKind.NO_MATCH) == [{"count": 1, "heard": "查话费"}]
    call.say("查话费", 0.5)
    assert call.node == "done"


def test_the_timeout_stops_when_speech_starts(tmp_path: Path) -> None:
    """Appendix D: then only the longest utterance is waited for (``maxspeechtimeout``), which is no match."""
    call = place(tmp_path, ASK)
    call.until_waiting()
    call.advance(4.9)
    call.say("话" * 300)
    assert notes(call, EventKind.NO_INPUT, EventKind.NO_MATCH)[:1] == [{"count": 1, "heard": "too long"}]
    moments = [at for at, note in call.notes if note.kind is EventKind.NO_MATCH]
    assert moments[0] == pytest.approx(5 / CHARACTERS_PER_SECOND + 4.9 + SPEECH_SECONDS)


def test_a_key_ends_speech_and_after_it_nothing_is_heard(tmp_path: Path) -> None:
    """The mode of the first input is the mode of the answer."""
    call = place(tmp_path, CODE.replace("{extra}", ", spoken: true"))
    call.until_waiting()
    assert call.listening is not None
    call.press("1")
    assert (call.listening, call.say("二三")) == (None, False)
    call.press("2#")
    assert call.dialog.variables["code"] == "12"


# -- 5.2 events ---------------------------------------------------------------------------------


def test_an_inputs_own_handler_stands_before_the_flows(tmp_path: Path) -> None:
    own = "no_input: {prompts: [自己的], max: 2, next: done}\n    choices"
    call = place(tmp_path, ASK.replace("choices", own, 1))
    call.until_over()
    assert (texts(call), path_of(call)) == (
        ["第一种问法", "自己的", "第二种问法", "好了"],
        ["ask", "done", "bye"],
    )
    call = place(tmp_path, ASK.replace("choices", own, 1))
    for _ in range(3):
        fail(call, "no_match")
    assert path_of(call) == ["ask", "lost"]


def test_the_last_failure_leaves_at_once_and_says_nothing(tmp_path: Path) -> None:
    once = ASK.replace("choices", "no_match: {prompts: [没听懂], max: 1, next: done}\n    choices", 1)
    call = place(tmp_path, once)
    call.press("9")
    assert (texts(call), path_of(call)) == (["第一种问法", "好了"], ["ask", "done"])


@pytest.mark.parametrize(("confidence", "counts"), [(0.1, [1, 2, 3]), (0.6, [])])
def test_an_answer_of_low_confidence_counts_as_a_failure_of_the_question_a_refused_one_does_not(
    tmp_path: Path, confidence: float, counts: list[int]
) -> None:
    call = place(
        tmp_path,
        """
  ask: {type: collect, prompt: 号码, variable: code, spoken: true, min_confidence: 0, next: right}
  right: {type: confirm, prompt: "是{code}吗", variable: code, next: done, retry: ask, give_up: agent}
""",
    )
    for _ in range(3):
        call.until_waiting()
        call.say("幺二三四", confidence)
        if confidence > 0.3:
            call.until_waiting()
            call.say("不对")
    assert [each["count"] for each in notes(call, EventKind.NO_MATCH)] == counts
    assert path_of(call)[-1] == ("lost" if counts else "agent")


def test_a_confirmation_without_a_value_asks_for_it_first(tmp_path: Path) -> None:
    call = place(
        tmp_path,
        """
  right: {type: confirm, prompt: "是{code}吗", variable: code, next: done, retry: ask, give_up: lost}
  ask: {type: collect, prompt: 号码, variable: code, next: right}
""",
    )
    call.press("12#")
    assert path_of(call) == ["right", "ask", "right", "done"]


# -- 2.3.4 subdialogs ---------------------------------------------------------------------------

INNER = """
name: inner
start: first
defaults:
  no_input: {prompts: [内部没听到], max: 2, next: home}
  no_match: {prompts: [内部没听懂], max: 2, next: home}
nodes:
  first: {type: menu, prompt: 内一, choices: [{digits: "1", next: second}]}
  second: {type: menu, prompt: 内二, variable: answer, choices: [{digits: "1", value: fine, next: home}]}
  home: {type: return}
"""
OUTER = """
  before: {type: menu, prompt: 外一, choices: [{digits: "1", next: aside}]}
  aside: {type: goto, flow: inner, next: after}
  after: {type: menu, prompt: 外二, choices: [{digits: "1", next: say}]}
  say: {type: play, prompt: "{answer}", next: bye}
"""


@pytest.fixture
def nested(tmp_path: Path) -> Simulation:
    (tmp_path / "inner.yaml").write_text(INNER, encoding="utf-8")
    return place(tmp_path, OUTER)


def test_a_flow_returns_to_the_node_that_its_caller_named_with_what_it_learnt(nested: Simulation) -> None:
    nested.press("1111")
    nested.until_over()
    assert (path_of(nested), texts(nested)) == (
        ["before", "aside", "inner.first", "inner.second", "inner.home", "after", "say", "bye"],
        ["外一", "内一", "内二", "外二", "fine"],
    )


def test_a_flow_has_its_own_handlers(nested: Simulation) -> None:
    nested.press("19")
    nested.until_waiting()
    nested.press("9")
    assert (path_of(nested)[-1], texts(nested)) == ("after", ["外一", "内一", "内部没听懂", "内一", "外二"])


def test_the_way_back_stays_within_a_flow(nested: Simulation) -> None:
    """The key at its first question repeats it; after it, it leads past the whole of it."""
    nested.press("11*")
    assert nested.node == "inner.first"
    nested.press("*")
    assert nested.node == "inner.first"
    nested.press("11")
    assert nested.node == "after"
    nested.press("*")
    assert nested.node == "before"


def test_the_operator_is_the_flows_own(nested: Simulation) -> None:
    """As a subdialog has none of the links of its caller; the inner flow names no operator."""
    nested.press("10")
    assert (nested.node, notes(nested, EventKind.NO_MATCH)) == ("inner.first", [{"count": 1, "keys": 1}])


# -- 2.3.7 transfer -----------------------------------------------------------------------------

TRANSFER = """
  out: {type: transfer, to: "4001", prompt: 正在转接, timeout_seconds: 25, failed: failed, busy: busy,
    no_answer: nobody, after: after}
  failed: {type: hangup}
  busy: {type: hangup}
  nobody: {type: hangup}
  after: {type: menu, prompt: 还要别的吗, choices: [{digits: "1", next: done}]}
"""


@pytest.mark.parametrize(
    ("result", "node"),
    [
        ("busy", "busy"),
        ("no-answer", "nobody"),
        ("failed", "failed"),  # network_busy, and whatever else the network says
        ("answered", "after"),  # far_end_disconnect
    ],
)
def test_the_result_of_a_transfer_decides_the_way(tmp_path: Path, result: str, node: str) -> None:
    call = place(tmp_path, TRANSFER, world={"transfers": {"4001": result}})
    call.advance(60)
    assert path_of(call)[:2] == ["out", node]


def test_the_prompt_of_a_transfer_is_said_before_it_is_dialled(tmp_path: Path) -> None:
    call = place(tmp_path, TRANSFER)
    assert call.transferred == []
    call.advance(4 / CHARACTERS_PER_SECOND)
    assert call.transferred == ["4001"]


@pytest.mark.parametrize(
    ("seconds", "outcome"), [(0.1, Outcome.ABANDONED), (2, Outcome.ABANDONED), (10, Outcome.HANDED_OFF)]
)
def test_a_caller_who_hangs_up_during_a_transfer_leaves_it_without_a_result(
    tmp_path: Path, seconds: float, outcome: Outcome
) -> None:
    """While it is announced, while it rings, while they talk."""
    call = place(tmp_path, TRANSFER, world={"transfers": {"4001": "answered"}})
    call.advance(seconds)
    call.hang_up()
    assert (call.end, path_of(call)) == (HangUp("caller", outcome), ["out"])
    assert [each for each in notes(call, EventKind.TRANSFER) if "failed" in each] == []


def test_a_conversation_has_a_longest_time(tmp_path: Path) -> None:
    call = place(
        tmp_path,
        "  wait: {type: queue, queue: general, prompt: 转, no_agent: lost, after: done}",
        world={"agents": {"general": {"after": 1, "talks": 99999}}},
    )
    call.advance(2 + TALK_SECONDS)
    assert call.end == HangUp("talk-limit", Outcome.HANDED_OFF)


@pytest.mark.parametrize(
    ("moment", "result", "kept"), [(2.0, "busy", True), (2.0, "answered", False), (10.0, "answered", False)]
)
def test_keys_are_kept_while_it_rings_and_not_while_they_talk(
    tmp_path: Path, moment: float, result: str, kept: bool
) -> None:
    """Nor do those from before a conversation outlive it."""
    call = place(
        tmp_path, TRANSFER.replace("busy: busy", "busy: after"), world={"transfers": {"4001": result}}
    )
    call.advance(moment)
    call.press("1")
    call.advance(38 - moment)
    assert path_of(call)[:3] == (["out", "after", "done"] if kept else ["out", "after"])


# -- 5.3.7 goto, 5.3.11 disconnect --------------------------------------------------------------

NAMES = {
    "play": "{type: play, prompt: 说, next: nowhere}",
    "choice": '{type: menu, prompt: 问, choices: [{digits: "1", next: nowhere}]}',
    "no_input": '{type: menu, prompt: 问, no_input: {next: nowhere}, choices: [{digits: "1", next: bye}]}',
    "no_match": '{type: menu, prompt: 问, no_match: {next: nowhere}, choices: [{digits: "1", next: bye}]}',
    "collect": "{type: collect, prompt: 问, variable: x, next: nowhere}",
    "survey": "{type: survey, prompt: 问, next: nowhere}",
    "record": "{type: record, prompt: 说, next: nowhere}",
    "case": "{type: branch, cases: [{when: level == '', next: nowhere}], otherwise: bye}",
    "otherwise": "{type: branch, cases: [{when: level == '', next: bye}], otherwise: nowhere}",
    "set": "{type: set, values: {level: x}, next: nowhere}",
    "open": "{type: hours, schedule: office, open: nowhere, closed: bye}",
    "closed": "{type: hours, schedule: office, open: bye, closed: nowhere}",
    "holiday": "{type: hours, schedule: office, open: bye, closed: bye, holiday: nowhere}",
    "http": '{type: http, url: "https://a.cn/", next: nowhere, error: bye}',
    "error": '{type: http, url: "https://a.cn/", next: bye, error: nowhere}',
    "share": "{type: split, shares: [{percent: 50, next: bye}, {percent: 50, next: nowhere}]}",
    "language": "{type: language, language: en, next: nowhere}",
    "no_agent": "{type: queue, queue: q, prompt: 等, no_agent: nowhere}",
    "key": '{type: queue, queue: q, prompt: 等, no_agent: bye, keys: {"1": nowhere}}',
    "queue after": "{type: queue, queue: q, prompt: 等, no_agent: bye, after: nowhere}",
    "transfer": '{type: transfer, to: "1", failed: nowhere}',
    "busy": '{type: transfer, to: "1", failed: bye, busy: nowhere}',
    "no_answer": '{type: transfer, to: "1", failed: bye, no_answer: nowhere}',
    "transfer after": '{type: transfer, to: "1", failed: bye, after: nowhere}',
    "callback": "{type: callback, queue: q, next: nowhere, failed: bye}",
    "callback failed": "{type: callback, queue: q, next: bye, failed: nowhere}",
    "goto": "{type: goto, next: nowhere}",
    "goto back": "{type: goto, flow: bank, next: nowhere}",
    "give_up": "{type: confirm, prompt: 对吗, variable: y, next: bye, retry: asked, give_up: nowhere}",
    "retry": "{type: confirm, prompt: 对吗, variable: y, next: bye, retry: nowhere, give_up: bye}",
    "confirm": "{type: confirm, prompt: 对吗, variable: y, next: nowhere, retry: asked, give_up: bye}",
}


@pytest.mark.parametrize("exit", NAMES)
def test_a_way_to_nowhere_is_refused_before_any_call(tmp_path: Path, exit: str) -> None:
    """VoiceXML raises ``error.badfetch`` or ``error.semantic`` in the middle of the call."""
    with pytest.raises(FlowError, match="unknown node 'nowhere'"):
        place(
            tmp_path,
            f"  first: {NAMES[exit]}\n  asked: {{type: collect, prompt: 问, variable: y, next: bye}}",
        )


def test_a_flow_that_is_not_there_is_refused_before_any_call(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match="unknown flow 'elsewhere'"):
        place(tmp_path, "  first: {type: goto, flow: elsewhere}")


def test_a_goto_jumps_at_once_and_a_disconnect_ends_all(tmp_path: Path) -> None:
    call = place(
        tmp_path,
        """
  first: {type: set, values: {level: gold}, next: jump}
  jump: {type: goto, next: last}
  never: {type: set, values: {level: silver}, next: last}
  last: {type: hangup, cause: enough}
""",
    )
    assert (path_of(call), call.dialog.variables["level"], call.end) == (
        ["first", "jump", "last"],
        "gold",
        HangUp("enough", Outcome.CONTAINED),
    )


# -- the documentation --------------------------------------------------------------------------


def test_every_test_that_the_documentation_names_is_there() -> None:
    root = Path(__file__).parents[3]
    documented = set(re.findall(r"`(test_\w+)`", (root / "docs" / "dialog.md").read_text(encoding="utf-8")))
    files = (root / "tests" / "ivr").rglob("test_*.py")
    tests = {
        name for file in files for name in re.findall(r"def (test_\w+)", file.read_text(encoding="utf-8"))
    }
    assert documented - tests == set()
    assert len(documented) > 50
