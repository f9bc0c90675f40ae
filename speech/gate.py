"""Voice-activity gate: which parts of a telephone channel hold speech.

A frame counts as speech when it stands above the line's own noise in several bands, is not made of
one or two steady lines (dial, ring, busy and information tones, DTMF, fax) and lies near frames that
are periodic like a voice (pitch 80–400 Hz, so not hum, hiss or crackle). The gate opens when a
third of a second holds enough such frames *and* the spectrum moves as speech does.

Noise per band is the minimum of the smoothed power over the last two seconds (minimum statistics,
R. Martin, IEEE Trans. Speech and Audio Processing 9(5), 2001, in its simplest form), so a
gate adapts to a new line within two seconds. Periodicity is the normalised autocorrelation of
P. Boersma (IFA Proceedings 17, 1993).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calls.errors import AudioError

#: Sound before the first speech frame that belongs to the span: soft onsets and the decoder's context.
PRE_ROLL = 0.25
#: Sound after the last speech frame that belongs to the span: soft endings, pauses within a phrase.
HANG_OVER = 0.45

_FRAME, _HOP = 0.032, 0.016  # seconds
_LOW, _HIGH = 200.0, 3500.0  # hertz: what a telephone line carries
_BANDS = 20
_LINE_REACH = 94.0  # hertz to either side of a spectral line: a little over the Hann window's main lobe
_PITCH_LAGS = (0.0025, 0.0125)  # seconds

_QUIET = 10 ** (-62 / 10)  # mean square below which nothing is speech (full scale = 1)
_FIRST_FLOOR = 10 ** (-65 / 10)  # mean square of the line's noise as long as it is not known
_FLOOR_BIAS = 1.74  # mean over minimum of the smoothed power, measured on white and brown noise
_FLOOR_BLOCK, _FLOOR_BLOCKS = 32, 4  # frames, blocks: two seconds
_SMOOTHING, _FLOOR_SMOOTHING = 3, 8  # frames

_RANKS = 5, 3  # bands that decide, from the strongest: a line reaches into two, dark vowels into few
_ACTIVE = 3.0, 8.0  # decibels above the noise, for either: to open the gate
_FAINT = 2.3, 5.0  # the same to keep it open
_LINES_ONLY = 0.006  # share of power outside the two strongest lines
_LINES_IN_NOISE = 0.05  # the same with the noise of the line
_TONE_REACH = 2  # frames around a tone that are its edges
_VOICED = 0.5  # normalised autocorrelation
_LEAST_VOICE = 0.6  # share of the power that is taken for the voice's at least
_WINDOW = 20  # frames in which the gate decides to open
_NEED_ACTIVE = 6  # frames of speech in it
_NEED_VOICED = 3  # voiced frames in a row: a click reaches into two
_NEED_CHANGE = 2.1, 4.0  # decibels: standard deviation of the band's level, for either rank
_VOICE_MEMORY = 0.6  # seconds that unvoiced sound keeps the gate open


@dataclass(frozen=True, slots=True)
class SpeechStart:
    """The gate opened: speech from ``at`` seconds on, the pre-roll included."""

    at: float


@dataclass(frozen=True, slots=True)
class SpeechEnd:
    """The gate closed: the span ends ``at`` seconds, the hang-over included."""

    at: float


GateEvent = SpeechStart | SpeechEnd


@dataclass(frozen=True, slots=True, eq=False)
class _Frames:
    """What the spectra of successive frames say; the first axis of every array is time."""

    bands: npt.NDArray[np.float64]  # mean square per band
    level: npt.NDArray[np.float64]  # mean square of all bands
    rest: npt.NDArray[np.float64]  # mean square outside the two strongest lines, per band
    periodicity: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What one frame is by itself."""

    active: bool = False
    faint: bool = False
    tonal: bool = False
    voiced: bool = False
    moving: bool = False


class VoiceGate:
    """Feed it sound in chunks of any size, it tells when speech starts and ends.

    No clock and no I/O inside: times are counted in samples fed. How the sound is cut into chunks
    does not change the events.

    Parameters
    ----------
    rate : int
        Samples per second, at least 8000.
    pre_roll, hang_over : float
        Seconds; see :data:`PRE_ROLL` and :data:`HANG_OVER`.

    Raises
    ------
    AudioError
        ``rate`` is below 8000.
    """

    def __init__(self, rate: int, *, pre_roll: float = PRE_ROLL, hang_over: float = HANG_OVER) -> None:
        if rate < 8000:
            raise AudioError(f"rate {rate} is too low for the voice gate", "resample to 8000 or more")
        self._rate, self._pre_roll, self._hang_over = rate, pre_roll, hang_over
        self._spectra = _Spectra(rate)
        self._hop = self._spectra.hop / rate  # not _HOP where that is no whole number of samples
        self._pending = np.zeros(0, dtype=np.float32)
        self._fed = 0
        self._floor = _NoiseFloor()
        self._smoothing = _MovingMean(_SMOOTHING)
        self._levels = np.full((_WINDOW - 1, _BANDS), np.nan)
        self._unsure: list[_Verdict] = []
        self._frame = 0
        self._recent: deque[bool] = deque(maxlen=_WINDOW)
        self._voiced_run, self._last_run = 0, -_WINDOW
        self._open = False
        self._last_speech = self._last_voiced = 0
        self._last_end = 0.0

    @property
    def open(self) -> bool:
        """Whether speech is being heard now."""
        return self._open

    @property
    def pause(self) -> float:
        """Seconds of sound since the last that was speech; the gate closes when it exceeds the hang-over."""
        return (self._frame - self._last_speech) * self._hop

    def feed(self, samples: npt.NDArray[np.float32]) -> list[GateEvent]:
        """Take the next samples.

        Parameters
        ----------
        samples : ndarray of float32, shape (n,)
            In ``[-1, 1]``; int16 is understood too.

        Returns
        -------
        list of SpeechStart or SpeechEnd
            What became certain, about 0.1 s after it happened for a start and ``hang_over`` for an end.
        """
        self._fed += len(samples)
        scale = np.float32(1 / 32768 if samples.dtype == np.int16 else 1)
        self._pending = np.concatenate([self._pending, samples.astype(np.float32) * scale])
        events: list[GateEvent] = []
        while (count := min(self._spectra.count(len(self._pending)), self._floor.room)) > 0:
            frames = self._spectra.analyse(self._pending, count)
            self._pending = self._pending[count * self._spectra.hop :]
            events += self._judge(frames)
        return events

    def finish(self) -> list[GateEvent]:
        """Take the end of the sound: a span that is still open ends here, or at its hang-over."""
        events: list[GateEvent] = []
        for _ in range(_TONE_REACH):
            events += self._resolve(_Verdict())
        if self._open:
            self._open = False
            events.append(SpeechEnd(min(self._end_time(), self._fed / self._rate)))
        return events

    def _judge(self, frames: _Frames) -> list[GateEvent]:
        smooth = self._smoothing(frames.bands)
        floor = self._floor.power
        above = 10 * np.log10(smooth / floor + 1e-12)
        loud = frames.level > _QUIET
        active = _stands_out(above, _ACTIVE) & loud
        faint = _stands_out(above, _FAINT) & loud
        # a tone's rest is the line's noise, which is left out of account as long as it is small
        total = frames.bands.sum(axis=1)
        tonal = np.maximum(frames.rest - 2 * floor, 0).sum(axis=1) < _LINES_ONLY * total
        tonal &= frames.rest.sum(axis=1) < _LINES_IN_NOISE * total
        # white noise adds to the power but hardly to the correlation
        voice = np.maximum(frames.level - floor.sum(), _LEAST_VOICE * frames.level)
        voiced = frames.periodicity * frames.level > _VOICED * voice
        levels = np.concatenate([self._levels, 10 * np.log10(np.maximum(smooth, floor))])
        self._levels = levels[-(_WINDOW - 1) :]
        windows = np.lib.stride_tricks.sliding_window_view(levels, _WINDOW, axis=0)
        moving = _stands_out(np.nanstd(windows, axis=2), _NEED_CHANGE)
        self._floor.learn(frames.bands)
        events: list[GateEvent] = []
        verdicts = np.stack([active, faint, tonal, voiced, moving], axis=1)
        for verdict in verdicts.tolist():
            events += self._resolve(_Verdict(*verdict))
        return events

    def _resolve(self, newest: _Verdict) -> list[GateEvent]:
        """Decide on the frame that is ``_TONE_REACH`` frames old: only now its tonal neighbours are known."""
        self._unsure.append(newest)
        if len(self._unsure) <= _TONE_REACH:
            return []
        position = max(0, len(self._unsure) - 1 - _TONE_REACH)
        verdict = self._unsure[position]
        tonal = any(neighbour.tonal for neighbour in self._unsure)
        if position == _TONE_REACH:
            del self._unsure[0]
        return self._step(verdict, tonal)

    def _step(self, verdict: _Verdict, tonal: bool) -> list[GateEvent]:
        self._frame += 1
        speech = verdict.active and not tonal
        self._recent.append(speech)
        voiced = verdict.faint and verdict.voiced and not tonal
        self._voiced_run = self._voiced_run + 1 if voiced else 0
        if voiced:
            self._last_voiced = self._frame
        if self._voiced_run >= _NEED_VOICED:
            self._last_run = self._frame
        if self._open:
            if verdict.faint and not tonal and (self._frame - self._last_voiced) * self._hop <= _VOICE_MEMORY:
                self._last_speech = self._frame
            elif (self._frame - self._last_speech) * self._hop > self._hang_over:
                self._open = False
                self._last_end = self._end_time()
                return [SpeechEnd(self._last_end)]
        elif verdict.moving and speech and self._enough():
            self._open = True
            self._last_speech = self._frame
            first = self._frame - len(self._recent) + self._recent.index(True)
            return [SpeechStart(max(first * self._hop - self._pre_roll, self._last_end))]
        return []

    def _enough(self) -> bool:
        return sum(self._recent) >= _NEED_ACTIVE and self._frame - self._last_run < _WINDOW

    def _end_time(self) -> float:
        return (self._last_speech - 1) * self._hop + _FRAME + self._hang_over


def speech_spans(samples: npt.NDArray[np.float32], rate: int) -> list[tuple[float, float]]:
    """Return where speech is in a whole channel.

    Parameters
    ----------
    samples : ndarray of float32, shape (n,)
        In ``[-1, 1]``.
    rate : int
        Samples per second, at least 8000.

    Returns
    -------
    list of (float, float)
        Start and end in seconds, in order, not overlapping, pre-roll and hang-over included.
    """
    gate = VoiceGate(rate)
    return spans_of(gate.feed(samples) + gate.finish())


def spans_of(events: Sequence[GateEvent]) -> list[tuple[float, float]]:
    """Pair the starts and ends that a gate gave from beginning to finish."""
    return [(start.at, end.at) for start, end in zip(events[::2], events[1::2], strict=True)]


def _stands_out(bands: npt.NDArray[np.float64], limits: tuple[float, float]) -> npt.NDArray[np.bool_]:
    """Tell in which frames the fifth strongest band exceeds the first limit or the third the second."""
    ranked = np.partition(bands, (-_RANKS[0], -_RANKS[1]), axis=1)
    result: npt.NDArray[np.bool_] = (ranked[:, -_RANKS[0]] > limits[0]) | (ranked[:, -_RANKS[1]] > limits[1])
    return result


class _Spectra:
    """Frames of 32 ms, 16 ms apart → band powers, spectral lines, periodicity."""

    def __init__(self, rate: int) -> None:
        self.hop = round(_HOP * rate)
        self._length = 2 * self.hop
        self._size = 1 << (2 * self._length - 1).bit_length()
        self._window = np.hanning(self._length + 1)[:-1].astype(np.float32)
        frequency = np.fft.rfftfreq(self._size, 1 / rate)
        self._used = np.flatnonzero((frequency >= _LOW) & (frequency < _HIGH))
        edges = np.linspace(0, len(self._used), _BANDS + 1).astype(int)
        self._edges = edges[:-1]
        # one-sided power, so that a band's sum is its share of the mean square
        self._scale = 2 / (self._size * float(np.square(self._window, dtype=np.float64).sum()))
        self._reach = round(_LINE_REACH * self._size / rate)
        self._lags = np.arange(round(_PITCH_LAGS[0] * rate), round(_PITCH_LAGS[1] * rate) + 1)
        own = np.fft.irfft(np.abs(np.fft.rfft(self._window, self._size)) ** 2)
        self._window_correlation = own[self._lags] / own[0]

    def count(self, samples: int) -> int:
        """Return how many whole frames begin within ``samples``."""
        return (samples - self._length) // self.hop + 1 if samples >= self._length else 0

    def analyse(self, samples: npt.NDArray[np.float32], count: int) -> _Frames:
        """Describe the first ``count`` frames of ``samples``."""
        frames = np.lib.stride_tricks.sliding_window_view(samples, self._length)[:: self.hop][:count]
        spectrum = np.fft.rfft(frames * self._window, self._size)[:, self._used]
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float64) * self._scale
        bands = np.add.reduceat(power, self._edges, axis=1)
        level = power.sum(axis=1)
        whole = np.zeros((count, self._size // 2 + 1))
        whole[:, self._used] = power
        correlation = np.fft.irfft(whole)[:, self._lags] / self._window_correlation
        periodicity = correlation.max(axis=1) * self._size / 2 / np.maximum(level, 1e-15)
        rest = self._without_lines(power)
        return _Frames(bands, level, np.add.reduceat(rest, self._edges, axis=1), periodicity)

    def _without_lines(self, power: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        rest = power.copy()
        around = np.arange(-self._reach, self._reach + 1)
        rows = np.arange(len(rest))[:, None]
        for _ in range(2):
            columns = rest.argmax(axis=1)[:, None] + around
            rest[rows, np.clip(columns, 0, rest.shape[1] - 1)] = 0
        return rest


class _MovingMean:
    """The mean of the last few frames; of fewer at the beginning."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._tail = np.zeros((0, _BANDS))

    def __call__(self, bands: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        joined = np.concatenate([self._tail, bands])
        self._tail = joined[-(self._length - 1) :]
        sums = np.cumsum(np.concatenate([np.zeros((1, _BANDS)), joined]), axis=0)
        ends = np.arange(len(joined) - len(bands), len(joined)) + 1
        starts = np.maximum(ends - self._length, 0)
        mean: npt.NDArray[np.float64] = (sums[ends] - sums[starts]) / (ends - starts)[:, None]
        return mean


class _NoiseFloor:
    """The line's noise per band, from the minima of the last two seconds."""

    def __init__(self) -> None:
        first = np.full(_BANDS, _FIRST_FLOOR / _BANDS / _FLOOR_BIAS)
        self._minima: deque[npt.NDArray[np.float64]] = deque([first] * _FLOOR_BLOCKS, maxlen=_FLOOR_BLOCKS)
        self._smoothing = _MovingMean(_FLOOR_SMOOTHING)
        self._block = np.full(_BANDS, np.inf)
        self._count = 0
        self.power = first * _FLOOR_BIAS

    @property
    def room(self) -> int:
        """How many frames the present estimate holds for."""
        return _FLOOR_BLOCK - self._count

    def learn(self, bands: npt.NDArray[np.float64]) -> None:
        """Take the band powers of at most :attr:`room` frames."""
        self._block = np.minimum(self._block, self._smoothing(bands).min(axis=0))
        self._count += len(bands)
        if self._count == _FLOOR_BLOCK:
            self._minima.append(self._block)
            least = np.min(np.stack(list(self._minima)), axis=0)
            self.power = np.maximum(least * _FLOOR_BIAS, 1e-12)
            self._block = np.full(_BANDS, np.inf)
            self._count = 0
