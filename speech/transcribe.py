"""A recording → who said what when.

Each channel goes through the voice gate and only speech reaches the recogniser, so silence, tones
and line noise cost little and invent nothing. Utterances are cut at pauses between words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

import numpy as np
import numpy.typing as npt
import structlog

from calls.errors import AudioError, HuawuError
from calls.records import Layout, Role, Transcript, Utterance, Word
from speech.audio import TRUNCATED, Audio, read_audio, resample, to_int16
from speech.gate import GateEvent, VoiceGate, spans_of
from speech.gated import UtteranceModel, cuts, shifted
from speech.joining import join
from speech.recogniser import CHUNK_SECONDS, RecogniserModel

_log = structlog.get_logger(__name__)

#: A silence between two words of one channel that ends the utterance, in seconds.
PAUSE = 0.6
#: Utterances longer than this are cut at their longest pause, in seconds.
LONGEST_UTTERANCE = 15.0

_NOTES = {
    Layout.MONO: "mono recording: both voices on one channel, so roles are not available",
    Layout.TWIN: "both channels carry the same sound, so roles are not available; one channel was recognised",
}


def transcribe(
    path_or_audio: Path | str | Audio,
    model: RecogniserModel,
    *,
    roles: Sequence[Role] = (Role.CALLER, Role.AGENT),
    call_id: str = "",
    recording_id: str = "",
    threads: int = 2,
    stop: Event | None = None,
) -> Transcript:
    """Recognise a recording.

    Parameters
    ----------
    path_or_audio : Path, str or Audio
        A sound file, or sound already read.
    model : RecogniserModel
        Of any engine; shared freely between threads.
    roles : sequence of Role
        Who is on the first and on the second channel of a stereo recording.
    call_id, recording_id : str
        Copied into the transcript.
    threads : int
        Channels recognised at the same time.
    stop : Event, optional
        Set it from another thread to give up soon.

    Returns
    -------
    Transcript
        Utterances of both channels in order of time. Mono and twin recordings have
        ``roles_known`` false, role ``unknown`` and a note that says why.

    Raises
    ------
    AudioError
        The file cannot be read.
    InterruptedError
        ``stop`` was set.
    """
    audio = path_or_audio if isinstance(path_or_audio, Audio) else read_audio(path_or_audio)
    if TRUNCATED in audio.flags:
        _log.warning("the recording ends before its header says; what is there is used", path=str(audio.path))
    stereo = audio.layout is Layout.STEREO
    if stereo and len(roles) != 2:
        raise AudioError(f"a stereo recording needs two roles, not {len(roles)}", "name caller and agent")
    channels = list(enumerate(audio.samples if stereo else audio.samples[:1]))

    def work(channel: tuple[int, npt.NDArray[np.float32]]) -> list[Utterance]:
        number, samples = channel
        role = Role(roles[number]) if stereo else Role.UNKNOWN
        words = recognise_channel(samples, audio.rate, model, stop)
        return [_utterance(group, role, number) for group in into_utterances(words)]

    if threads > 1 and len(channels) > 1:
        with ThreadPoolExecutor(len(channels), thread_name_prefix="channel") as pool:
            parts = list(pool.map(work, channels))
    else:
        parts = [work(channel) for channel in channels]
    merged = sorted((u for part in parts for u in part), key=lambda u: (u.start, u.channel))
    return Transcript(
        call_id=call_id,
        recording_id=recording_id,
        recogniser=model.engine,
        model=model.name,
        utterances=tuple(replace(utterance, number=n) for n, utterance in enumerate(merged)),
        roles_known=stereo,
        roles_note=_NOTES.get(audio.layout, ""),
    )


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file of a batch: a transcript, or the error that it gave."""

    index: int
    path: Path
    outcome: Transcript | HuawuError

    def transcript(self) -> Transcript:
        """Return the transcript, or raise the error."""
        if isinstance(self.outcome, HuawuError):
            raise self.outcome
        return self.outcome


def transcribe_files(
    paths: Iterable[Path],
    model: RecogniserModel,
    *,
    roles: Sequence[Role] = (Role.CALLER, Role.AGENT),
    jobs: int = 2,
    stop: Event | None = None,
) -> Iterator[FileResult]:
    """Recognise many recordings, several at a time, and yield each as soon as it is done.

    Parameters
    ----------
    paths : iterable of Path
        Sound files; those that cannot be read are yielded with their error and the rest go on.
    model, roles, stop
        As for :func:`transcribe`.
    jobs : int
        Files in work at the same time; a stereo file keeps one job busy.

    Yields
    ------
    FileResult
        In order of completion; ``index`` is the position in ``paths``.
    """
    stop = stop or Event()

    def work(index: int, path: Path) -> FileResult:
        try:
            return FileResult(index, path, transcribe(path, model, roles=roles, threads=1, stop=stop))
        except HuawuError as error:
            return FileResult(index, path, error)

    with ThreadPoolExecutor(jobs, thread_name_prefix="recording") as pool:
        waiting: set[Future[FileResult]] = set()
        todo = enumerate(paths)
        try:
            for index, path in todo:
                waiting.add(pool.submit(work, index, path))
                if len(waiting) > jobs:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        finally:
            stop.set()
            for future in waiting:
                future.cancel()


def recognise_channel(
    samples: npt.NDArray[np.float32], rate: int, model: RecogniserModel, stop: Event | None = None
) -> list[Word]:
    """Recognise one channel; returns its words with times in seconds from the first sample.

    Parameters
    ----------
    samples : ndarray of float32, shape (n,)
        In ``[-1, 1]``.
    rate : int
        Samples per second.
    model : RecogniserModel
        What recognises; one that hears utterances as a whole gets each span of speech by itself.
    stop : Event, optional
        Set it from another thread to give up soon.
    """
    sound = resample(samples, rate, model.sample_rate)
    spans = _spans(sound, model.sample_rate, stop)
    if not spans:
        return []
    if isinstance(model, UtteranceModel):
        return _recognise_spans(sound, spans, model, stop)
    recogniser = model.recogniser(model.sample_rate)
    clock = _Clock(model.sample_rate)
    step = int(CHUNK_SECONDS * model.sample_rate)
    words: list[Word] = []
    for start, end in spans:
        speech = to_int16(sound[int(start * model.sample_rate) : int(end * model.sample_rate)])
        clock.add(int(start * model.sample_rate), len(speech))
        for at in range(0, len(speech), step):
            _go_on(stop)
            if heard := recogniser.accept(speech[at : at + step]):
                words += heard.words
    words += recogniser.finish().words
    return [
        replace(word, start=clock.absolute(word.start), end=clock.absolute(word.end, True)) for word in words
    ]


def _recognise_spans(
    sound: npt.NDArray[np.float32],
    spans: Sequence[tuple[float, float]],
    model: UtteranceModel,
    stop: Event | None,
) -> list[Word]:
    words: list[Word] = []
    rate = model.sample_rate
    for start, end in spans:
        begin = int(start * rate)
        speech = to_int16(sound[begin : int(end * rate)])
        for first, last in cuts(speech, rate):
            _go_on(stop)
            words += shifted(model.hear(speech[first:last]), (begin + first) / rate).words
    return words


def _spans(samples: npt.NDArray[np.float32], rate: int, stop: Event | None) -> list[tuple[float, float]]:
    gate, events = VoiceGate(rate), list[GateEvent]()
    for at in range(0, len(samples), 60 * rate):
        _go_on(stop)
        events += gate.feed(samples[at : at + 60 * rate])
    return spans_of([*events, *gate.finish()])


def _go_on(stop: Event | None) -> None:
    if stop is not None and stop.is_set():
        raise InterruptedError


def into_utterances(
    words: Sequence[Word], *, pause: float = PAUSE, longest: float = LONGEST_UTTERANCE
) -> list[list[Word]]:
    """Cut the words of one channel at pauses, and what is still too long at its longest pause.

    Parameters
    ----------
    words : sequence of Word
        In order of time.
    pause, longest : float
        Seconds.
    """
    groups: list[list[Word]] = []
    for word in words:
        if not groups or word.start - groups[-1][-1].end >= pause:
            groups.append([])
        groups[-1].append(word)
    return [part for group in groups for part in _short_enough(group, longest)]


def _short_enough(words: list[Word], longest: float) -> list[list[Word]]:
    if len(words) < 2 or words[-1].end - words[0].start <= longest:
        return [words]
    # where no pause is longer than another, the middle is as good
    middle = len(words) / 2
    cut = max(
        range(1, len(words)),
        key=lambda i: (round(words[i].start - words[i - 1].end, 2), -abs(i - middle)),
    )
    return _short_enough(words[:cut], longest) + _short_enough(words[cut:], longest)


def _utterance(words: Sequence[Word], role: Role, channel: int) -> Utterance:
    return Utterance(
        number=0,
        role=role,
        start=words[0].start,
        end=words[-1].end,
        text=join(word.text for word in words),
        channel=channel,
        words=tuple(words),
    )


class _Clock:
    """From seconds of speech fed to seconds of the recording."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._fed = [0]
        self._starts: list[int] = []

    def add(self, start: int, length: int) -> None:
        self._starts.append(start)
        self._fed.append(self._fed[-1] + length)

    def absolute(self, seconds: float, is_end: bool = False) -> float:
        # a word that ends where a span ends belongs to that span, not to the next
        side: Callable[..., np.intp] = np.searchsorted
        position = seconds * self._rate
        span = int(side(self._fed, position, "left" if is_end else "right")) - 1
        span = min(max(span, 0), len(self._starts) - 1)
        return round((self._starts[span] + position - self._fed[span]) / self._rate, 3)
