from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from structlog.testing import capture_logs

from calls.errors import AudioError
from calls.records import Layout, Role, Transcript, Word
from models.tiny_cn.variants import build_variant
from speech import tones
from speech.audio import Audio, resample
from speech.channel import noise, telephone
from speech.models import open_model
from speech.recogniser import VoskModel, load
from speech.transcribe import FileResult, into_utterances, transcribe, transcribe_files
from tests.speech.conftest import Say

RATE = 8000
CALLER = (("您好我想查询余额", 1.0), ("好的谢谢", 9.0))
AGENT = (("请稍等", 5.0), ("再见", 13.0))


def channel(say: Say, lines: tuple[tuple[str, float], ...], voice: str) -> npt.NDArray[np.float32]:
    sound = np.zeros(16 * RATE, np.float32)
    for text, at in lines:
        spoken = say(text, voice)
        sound[int(at * RATE) : int(at * RATE) + len(spoken)] = spoken
    return sound


@pytest.fixture(scope="module")
def dialogue(say: Say) -> npt.NDArray[np.float32]:
    """Sixteen seconds in which caller (left) and agent (right) take turns."""
    return np.stack([channel(say, CALLER, "caller-1"), channel(say, AGENT, "agent-1")])


@pytest.fixture
def recording(tmp_path: Path, dialogue: npt.NDArray[np.float32]) -> Path:
    soundfile.write(tmp_path / "call.wav", dialogue.T, RATE, subtype="ALAW")
    return tmp_path / "call.wav"


def lines(transcript: Transcript) -> list[tuple[Role, str]]:
    return [(utterance.role, utterance.text) for utterance in transcript.utterances]


TURNS = [
    (Role.CALLER, "您好我想查询余额"),
    (Role.AGENT, "请稍等"),
    (Role.CALLER, "好的谢谢"),
    (Role.AGENT, "再见"),
]


@pytest.mark.integration
def test_both_channels_in_order_of_time(recording: Path, model: VoskModel) -> None:
    transcript = transcribe(recording, model, call_id="c1", recording_id="r1")

    assert lines(transcript) == TURNS
    assert [u.number for u in transcript.utterances] == [0, 1, 2, 3]
    assert [u.channel for u in transcript.utterances] == [0, 1, 0, 1]
    # the gate leaves silence out, and the times are those of the recording all the same
    assert [round(u.start) for u in transcript.utterances] == [1, 5, 9, 13]
    assert (transcript.call_id, transcript.recording_id) == ("c1", "r1")
    assert (transcript.recogniser, transcript.model) == ("vosk 0.3.45", "tiny-cn")
    assert (transcript.roles_known, transcript.roles_note) == (True, "")
    for utterance in transcript.utterances:
        assert "".join(word.text for word in utterance.words) == utterance.text
        assert utterance.start == utterance.words[0].start < utterance.words[-1].end == utterance.end
        assert all(0 < word.confidence <= 1 for word in utterance.words)


@pytest.mark.integration
def test_which_side_the_caller_is_on_is_a_setting(recording: Path, model: VoskModel) -> None:
    transcript = transcribe(recording, model, roles=(Role.AGENT, Role.CALLER), threads=1)
    swapped = {Role.CALLER: Role.AGENT, Role.AGENT: Role.CALLER}
    assert lines(transcript) == [(swapped[role], text) for role, text in TURNS]
    with pytest.raises(AudioError, match="needs two roles, not 1"):
        transcribe(recording, model, roles=(Role.CALLER,))


@pytest.mark.integration
def test_mono_has_no_roles_and_says_why(dialogue: npt.NDArray[np.float32], model: VoskModel) -> None:
    transcript = transcribe(Audio(dialogue.sum(axis=0)[None], RATE, Layout.MONO), model)
    assert lines(transcript) == [(Role.UNKNOWN, text) for _, text in TURNS]
    assert not transcript.roles_known
    assert transcript.roles_note.startswith("mono recording")


@pytest.mark.integration
def test_of_a_truncated_recording_is_said_that_its_end_is_missing(recording: Path, model: VoskModel) -> None:
    recording.write_bytes(recording.read_bytes()[:60_000])

    with capture_logs() as logged:
        heard = transcribe(recording, model)

    assert lines(heard) == [(Role.CALLER, "您好我想查询余额")]
    assert logged == [
        {
            "event": "the recording ends before its header says; what is there is used",
            "path": str(recording),
            "log_level": "warning",
        }
    ]


@pytest.mark.integration
def test_twin_channels_are_recognised_once(
    tmp_path: Path, dialogue: npt.NDArray[np.float32], model: VoskModel
) -> None:
    mixed = dialogue.sum(axis=0)
    soundfile.write(tmp_path / "twin.wav", np.stack([mixed, 0.6 * mixed], axis=1), RATE)

    transcript = transcribe(tmp_path / "twin.wav", model)

    assert lines(transcript) == [(Role.UNKNOWN, text) for _, text in TURNS]
    assert not transcript.roles_known
    assert transcript.roles_note.startswith("both channels carry the same sound")


@pytest.mark.integration
@pytest.mark.parametrize("rate", [16000, 44100, 48000])
def test_other_rates(dialogue: npt.NDArray[np.float32], model: VoskModel, rate: int) -> None:
    assert lines(transcribe(Audio(resample(dialogue, RATE, rate), rate, Layout.STEREO), model)) == TURNS


@pytest.mark.integration
@pytest.mark.parametrize("kind", ["16k", "static"])
def test_other_models(recording: Path, tmp_path: Path, kind: str) -> None:
    other = load(open_model(build_variant(kind, tmp_path / kind)))  # type: ignore[arg-type]
    transcript = transcribe(recording, other)
    assert lines(transcript) == TURNS
    assert [round(u.start) for u in transcript.utterances] == [1, 5, 9, 13]


def line_noise() -> npt.NDArray[np.int16]:
    rng = np.random.default_rng(1)
    return noise(600 * RATE, level_dbov=-50.0, rng=rng).astype(np.int16)


def call_progress() -> npt.NDArray[np.int16]:
    parts = [tones.dial_tone(150.0), tones.ring_back(150.0), tones.busy(150.0), tones.congestion(150.0)]
    return telephone(np.concatenate(parts), snr_db=35.0, codec="alaw", rng=np.random.default_rng(2))


@pytest.mark.integration
@pytest.mark.parametrize("sound", [lambda: np.zeros(600 * RATE, np.int16), line_noise, call_progress])
def test_ten_minutes_of_nothing_give_no_text(
    sound: Callable[[], npt.NDArray[np.int16]], model: VoskModel
) -> None:
    samples = (sound() / 32768).astype(np.float32)[None]
    assert samples.shape == (1, 600 * RATE)
    assert transcribe(Audio(samples, RATE, Layout.MONO), model).utterances == ()


@pytest.mark.integration
def test_it_stops_when_asked(recording: Path, model: VoskModel) -> None:
    stop = Event()
    stop.set()
    with pytest.raises(InterruptedError):
        transcribe(recording, model, stop=stop)


@pytest.mark.integration
@pytest.mark.parametrize("jobs", [1, 3])
def test_a_batch_goes_on_over_bad_files(recording: Path, model: VoskModel, jobs: int) -> None:
    bad = recording.with_name("bad.wav")
    bad.write_bytes(b"no sound")
    gone = recording.with_name("gone.wav")

    results = sorted(transcribe_files([bad, recording, gone, recording], model, jobs=jobs), key=by_index)

    assert [(result.index, result.path) for result in results] == list(
        enumerate([bad, recording, gone, recording])
    )
    kinds = [type(result.outcome) for result in results]
    assert kinds == [AudioError, Transcript, AudioError, Transcript]
    assert [lines(r.outcome) for r in results if isinstance(r.outcome, Transcript)] == [TURNS, TURNS]


def by_index(result: FileResult) -> int:
    return result.index


def words(*spans: tuple[float, float]) -> list[Word]:
    return [Word(text=str(n), start=start, end=end) for n, (start, end) in enumerate(spans)]


def texts(groups: list[list[Word]]) -> list[str]:
    return ["".join(word.text for word in group) for group in groups]


@pytest.mark.unit
def test_utterances_are_cut_at_pauses() -> None:
    assert texts(into_utterances(words((0, 1), (1.1, 2), (2.6, 3), (3, 4)))) == ["01", "23"]
    assert into_utterances([]) == []


@pytest.mark.unit
def test_long_utterances_are_cut_at_their_longest_pause() -> None:
    spoken = words((0, 4), (4.1, 8), (8.5, 12), (12.1, 16))
    assert texts(into_utterances(spoken, longest=15)) == ["01", "23"]
    assert texts(into_utterances(spoken, longest=6)) == ["0", "1", "2", "3"]
    assert texts(into_utterances(words((0, 5), (5, 10), (10, 15), (15, 20)), longest=12)) == ["01", "23"]
    assert texts(into_utterances(words((0, 30)), longest=15)) == ["0"]
