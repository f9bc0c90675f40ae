from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from calls.records import Word
from ivr.actions import Listen
from ivr.doors import RATE, Samples
from ivr.doors.line import Line
from ivr.events import Event, Heard, MessageEnded, SpeechStarted
from ivr.listener import END_OF_PHRASE, Listener, confidence, without_clicks
from ivr.values import ValueKind
from speech.models import find_model
from speech.recogniser import VoskModel, load
from speech.voices import VOICES, Speaker

MENU = Listen(7, phrases=("查话费", "人工服务", "携号转网"))
NUMBER = Listen(8, value="digits")


@pytest.fixture(scope="module")
def model() -> VoskModel:
    return load(find_model("builtin"))


@pytest.fixture(scope="module")
def speaker() -> Iterator[Speaker]:
    with Speaker() as opened:
        yield opened


def call(speaker: Speaker, *texts: str, pause: float = 1.0, snr_db: float = 30.0) -> Samples:
    """Say the texts on one line, two seconds of quiet before and after."""
    line = Line(snr_db=snr_db, codec="alaw", rng=np.random.default_rng(1))
    end = 2 * RATE
    for text in texts:
        end = line.say(end, speaker.say(text, VOICES["caller-1"], RATE)) + round(pause * RATE)
    return line.read(0, end + 2 * RATE)


def hear(listener: Listener, sound: Samples, step: int = 800) -> list[Event]:
    found: list[Event] = []
    for first in range(0, len(sound), step):
        found += listener.feed(sound[first : first + step])
    return found


@pytest.mark.integration
@pytest.mark.parametrize("phrase", MENU.phrases)
def test_a_phrase_is_heard(model: VoskModel, speaker: Speaker, phrase: str) -> None:
    listener = Listener(model)
    listener.start(MENU)
    started, heard = hear(listener, call(speaker, phrase))
    assert started == SpeechStarted(7)
    assert isinstance(heard, Heard)
    assert (heard.listen, heard.answer) == (7, phrase)
    assert not listener.busy


@pytest.mark.integration
def test_another_sentence_is_no_answer(model: VoskModel, speaker: Speaker) -> None:
    listener = Listener(model)
    listener.start(MENU)
    heard = hear(listener, call(speaker, "今天晚上吃火锅还是饺子"))[-1]
    assert isinstance(heard, Heard)
    assert (heard.answer, bool(heard.text)) == (None, True)


@pytest.mark.integration
def test_speech_that_nobody_waits_for_is_not_recognised(model: VoskModel, speaker: Speaker) -> None:
    assert hear(Listener(model), call(speaker, "查话费")) == []


@pytest.mark.integration
def test_speech_that_began_before_the_question_counts(model: VoskModel, speaker: Speaker) -> None:
    sound = call(speaker, "人工服务")
    listener = Listener(model)
    hear(listener, sound[: int(2.4 * RATE)])
    listener.start(MENU)
    assert [
        event.answer for event in hear(listener, sound[int(2.4 * RATE) :]) if isinstance(event, Heard)
    ] == ["人工服务"]


@pytest.mark.integration
def test_a_number_may_be_said_in_groups(model: VoskModel, speaker: Speaker) -> None:
    listener = Listener(model)
    listener.start(NUMBER)
    answers = [
        e.answer for e in hear(listener, call(speaker, "四零七", "八五九", pause=0.8)) if isinstance(e, Heard)
    ]
    assert answers == ["407859"]


@pytest.mark.integration
def test_a_quiet_line_says_nothing(model: VoskModel) -> None:
    listener = Listener(model)
    listener.start(MENU)
    assert (
        hear(listener, Line(snr_db=15, codec="alaw", rng=np.random.default_rng(1)).read(0, 20 * RATE)) == []
    )


@pytest.mark.integration
def test_the_size_of_the_pieces_does_not_matter(model: VoskModel, speaker: Speaker) -> None:
    sound = call(speaker, "查话费")
    answers = []
    for step in (160, 800, len(sound)):
        listener = Listener(model)
        listener.start(MENU)
        answers.append([e.answer for e in hear(listener, sound, step) if isinstance(e, Heard)])
    assert answers == [["查话费"]] * 3


@pytest.mark.integration
def test_a_message_ends_with_silence(model: VoskModel, speaker: Speaker) -> None:
    sound = call(speaker, "你好", pause=3.0)
    listener = Listener(model)
    listener.await_silence(3, 2.5)
    assert hear(listener, sound) == [MessageEnded(3)]
    listener.await_silence(4, 60)
    listener.stop_awaiting()
    assert not listener.busy


@pytest.mark.integration
def test_without_a_model_menus_go_on_with_keys(speaker: Speaker) -> None:
    listener = Listener(None)
    listener.start(MENU)
    assert hear(listener, call(speaker, "查话费")) == []


@pytest.mark.integration
def test_a_menu_that_the_model_cannot_hear_at_all_goes_on_with_keys(
    model: VoskModel, speaker: Speaker
) -> None:
    listener = Listener(model)
    listener.start(Listen(9, phrases=("Ωμέγα",)))
    assert hear(listener, call(speaker, "查话费")) == []
    listener.start(MENU)
    assert len(hear(listener, call(speaker, "查话费"))) == 2


@pytest.mark.integration
@pytest.mark.parametrize(
    ("kind", "said", "answer"),
    [
        ("phone", "幺三八零零幺三八零零零", "13800138000"),
        ("amount", "三百二十块五毛", "320.50"),
        ("date", "二零二六年十一月二十三号", "2026-11-23"),
        ("digits", "我不知道", None),
    ],
)
def test_a_value_is_heard_in_its_canonical_form(
    model: VoskModel, speaker: Speaker, kind: ValueKind, said: str, answer: str | None
) -> None:
    listener = Listener(model)
    listener.start(Listen(3, value=kind))
    heard = hear(listener, call(speaker, said))[-1]
    assert isinstance(heard, Heard)
    assert heard.answer == answer


def answered_after(listener: Listener, sound: Samples, end: float) -> tuple[str | None, float]:
    """Return the answer, and how many seconds after ``end`` it came."""
    for first in range(0, len(sound), 160):
        for event in listener.feed(sound[first : first + 160]):
            if isinstance(event, Heard):
                return event.answer, (first + 160) / RATE - end
    raise AssertionError("nothing was heard")


@pytest.mark.integration
def test_a_phrase_that_no_other_begins_with_is_answered_before_the_silence_is_over(
    model: VoskModel, speaker: Speaker
) -> None:
    sound = call(speaker, "人工服务")
    end = len(sound) / RATE - 3.0
    delays = []
    for phrases in (("人工服务", "查话费"), ("人工服务", "人工服务评价")):
        listener = Listener(model)
        listener.start(Listen(1, phrases))
        answer, delay = answered_after(listener, sound, end)
        assert answer == "人工服务"
        delays.append(delay)
    early, late = delays
    assert early < END_OF_PHRASE - 0.2 < END_OF_PHRASE - 0.1 < late


@pytest.mark.integration
def test_what_was_answered_early_is_not_heard_again_by_the_next_menu(
    model: VoskModel, speaker: Speaker
) -> None:
    sound = call(speaker, "人工服务", "查话费", pause=1.5)
    listener, heard = Listener(model), []
    listener.start(MENU)
    for first in range(0, len(sound), 160):
        events = listener.feed(sound[first : first + 160])
        heard += events
        if any(isinstance(event, Heard) for event in events):
            listener.start(MENU)
    assert [event.answer if isinstance(event, Heard) else "started" for event in heard] == [
        "started", "人工服务", "started", "查话费",
    ]  # fmt: skip


@pytest.mark.integration
def test_a_sentence_that_only_begins_with_a_phrase_is_no_answer(model: VoskModel, speaker: Speaker) -> None:
    listener = Listener(model)
    listener.start(Listen(1, ("退款", "人工服务")))
    heard = hear(listener, call(speaker, "退款什么时候能到我的账上"))[-1]
    assert isinstance(heard, Heard)
    assert heard.answer is None


@pytest.mark.integration
@pytest.mark.parametrize("said", ["不要人工服务", "不是查话费", "我不想携号转网"])
def test_a_refusal_is_not_the_phrase(model: VoskModel, speaker: Speaker, said: str) -> None:
    listener = Listener(model)
    listener.start(MENU)
    heard = hear(listener, call(speaker, said))[-1]
    assert isinstance(heard, Heard)
    assert heard.answer is None


@pytest.mark.integration
def test_yes_and_no_keep_their_soft_beginnings(model: VoskModel, speaker: Speaker) -> None:
    answers = []
    for phrase in ("满意", "不满意", "是", "不是"):
        listener = Listener(model)
        listener.start(Listen(1, ("满意", "不满意", "是", "不是")))
        answers += [e.answer for e in hear(listener, call(speaker, phrase)) if isinstance(e, Heard)]
    assert answers == ["满意", "不满意", "是", "不是"]


@pytest.mark.integration
@pytest.mark.parametrize(
    "secret", [Listen(1, value="digits", secret=True), Listen(1, ("人工服务",), secret=True)]
)
def test_what_is_said_is_never_logged(
    model: VoskModel, speaker: Speaker, caplog: pytest.LogCaptureFixture, secret: Listen
) -> None:
    caplog.set_level(0)
    listener = Listener(model)
    listener.start(secret)
    answers = [e.answer for e in hear(listener, call(speaker, "四零七八五九")) if isinstance(e, Heard)]
    assert answers == ["407859" if secret.value else None]
    assert caplog.records == []


def words(*parts: tuple[str, float]) -> list[Word]:
    """Return words that follow each other; silence is a word without text."""
    found, now = [], 0.0
    for text, seconds in parts:
        found.append(Word(text=text, start=now, end=now + seconds))
        now += seconds
    return [word for word in found if word.text]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("heard", "left"),
    [
        ([("[unk]", 0.12), ("", 0.3), ("退款", 0.6), ("", 0.3), ("服务", 0.15)], ["退款"]),
        ([("[unk]", 0.12), ("退款", 0.6), ("服务", 0.15)], ["[unk]", "退款", "服务"]),
        ([("[unk]", 0.4), ("", 0.3), ("退款", 0.6)], ["[unk]", "退款"]),
        ([("不", 0.06), ("", 0.3), ("退款", 0.6)], ["不", "退款"]),
        ([("[unk]", 0.1)], []),
    ],
)
def test_short_words_that_stand_apart_are_left_out_at_the_ends(
    heard: list[tuple[str, float]], left: list[str]
) -> None:
    assert [word.text for word in without_clicks(words(*heard))] == left


@pytest.mark.unit
def test_confidence_is_that_of_the_weakest_word_and_less_for_hasty_syllables() -> None:
    plain, unsure, hasty = (
        Word(text="退款", start=0.0, end=0.4, confidence=0.9),
        Word(text="服务", start=0.4, end=0.8, confidence=0.6),
        Word(text="八", start=0.8, end=0.86, confidence=1.0),
    )
    assert confidence([plain]) == 0.9
    assert confidence([plain, unsure]) == 0.6
    assert confidence([plain, unsure, hasty]) == pytest.approx(0.4)
    assert confidence([]) == 0.0
