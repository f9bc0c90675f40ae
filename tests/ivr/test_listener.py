from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from calls.records import Word
from ivr.actions import Listen
from ivr.doors import RATE, Samples
from ivr.doors.line import Line
from ivr.events import Event, Heard, MessageEnded, SpeechStarted
from ivr.listener import Listener, digits_in, spoken_words
from speech.models import find_model
from speech.recogniser import VoskModel, load
from speech.voices import VOICES, Speaker

MENU = Listen(7, phrases=("查话费", "人工服务", "携号转网"))
NUMBER = Listen(8, digits=True)


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


@pytest.mark.unit
@pytest.mark.parametrize(
    ("text", "digits"),
    [("幺三八零两九", "138029"), ("一 三", "13"), ("", None), ("[unk]", None), ("一百", None)],
)
def test_a_number_said_digit_by_digit(text: str, digits: str | None) -> None:
    assert digits_in(text) == digits


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
    listener.await_silence(2.5)
    assert hear(listener, sound) == [MessageEnded()]
    listener.await_silence(60)
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


def words(*parts: tuple[str, float]) -> list[Word]:
    found, now = [], 0.0
    for text, seconds in parts:
        found.append(Word(text=text, start=now, end=now + seconds))
        now += seconds
    return found


@pytest.mark.unit
def test_words_that_nobody_can_say_so_fast_are_left_out_at_the_ends() -> None:
    heard = words(("[unk]", 0.12), ("退款", 0.6), ("服务", 0.15))
    assert [word.text for word in spoken_words(heard)] == ["退款"]
    heard = words(("[unk]", 0.4), ("网", 0.05), ("退款", 0.6), ("服务", 0.3))
    assert spoken_words(heard) == heard
    assert list(spoken_words(words(("[unk]", 0.1)))) == []
