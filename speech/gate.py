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
PRE_ROLL = 0.3
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
_AT_ONCE = 8 * _FLOOR_BLOCK  # frames analysed together: their spectra still fit into a processor's cache
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
        self._smoothing = _MovingMean(_SMOOTHING, _BANDS)
        self._motion = _MovingMean(_WINDOW, 2 * _BANDS)
        self._unsure = np.zeros((0, 4), dtype=bool)
        self._tonal = np.zeros(_TONE_REACH, dtype=bool)
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
        while count := min(self._spectra.count(len(self._pending)), _AT_ONCE):
            frames = self._spectra.analyse(self._pending, count)
            self._pending = self._pending[count * self._spectra.hop :]
            events += self._judge(frames)
        return events

    def finish(self) -> list[GateEvent]:
        """Take the end of the sound: a span that is still open ends here, or at its hang-over."""
        events = self._decide(np.zeros((_TONE_REACH, 4), dtype=bool), np.zeros(_TONE_REACH, dtype=bool))
        if self._open:
            self._open = False
            events.append(SpeechEnd(min(self._end_time(), self._fed / self._rate)))
        return events

    def _judge(self, frames: _Frames) -> list[GateEvent]:
        floor = self._floor.under(frames.bands)
        smooth = self._smoothing(frames.bands)
        above = _ranked(10 * np.log10(smooth / floor + 1e-12))
        loud = frames.level > _QUIET
        active = _stands_out(above, _ACTIVE) & loud
        faint = _stands_out(above, _FAINT) & loud
        # a tone's rest is the line's noise, which is left out of account as long as it is small
        total = frames.bands.sum(axis=1)
        tonal = np.maximum(frames.rest - 2 * floor, 0).sum(axis=1) < _LINES_ONLY * total
        tonal &= frames.rest.sum(axis=1) < _LINES_IN_NOISE * total
        # white noise adds to the power but hardly to the correlation
        voice = np.maximum(frames.level - floor.sum(axis=1), _LEAST_VOICE * frames.level)
        voiced = faint & (frames.periodicity * frames.level > _VOICED * voice)
        level = 10 * np.log10(np.maximum(smooth, floor))
        mean, mean_square = np.hsplit(self._motion(np.hstack([level, level**2])), 2)
        deviation = np.sqrt(np.maximum(mean_square - mean**2, 0))
        moving = active & _stands_out(_ranked(deviation), _NEED_CHANGE)
        return self._decide(np.stack([active, faint, voiced, moving], axis=1), tonal)

    def _decide(self, newest: npt.NDArray[np.bool_], tonal: npt.NDArray[np.bool_]) -> list[GateEvent]:
        """Decide on all frames but the last ``_TONE_REACH``, whose tonal neighbours are yet to come.

        The columns of ``newest`` are active, faint, voiced and moving; a frame near a tonal one is nothing.
        """
        seen = np.concatenate([self._unsure, newest])
        tonal = np.concatenate([self._tonal, tonal])
        certain = max(0, len(seen) - _TONE_REACH)
        self._unsure, self._tonal = seen[certain:], tonal[certain:]
        if not certain:
            return []
        shifted = [tonal[shift : shift + certain] for shift in range(2 * _TONE_REACH + 1)]
        near: npt.NDArray[np.bool_] = np.logical_or.reduce(shifted)
        events: list[GateEvent] = []
        for verdict in (seen[:certain] & ~near[:, None]).tolist():
            events += self._step(*verdict)
        return events

    def _step(self, active: bool, faint: bool, voiced: bool, moving: bool) -> Sequence[GateEvent]:
        self._frame += 1
        self._recent.append(active)
        self._voiced_run = self._voiced_run + 1 if voiced else 0
        if voiced:
            self._last_voiced = self._frame
            if self._voiced_run >= _NEED_VOICED:
                self._last_run = self._frame
        if self._open:
            if faint and (self._frame - self._last_voiced) * self._hop <= _VOICE_MEMORY:
                self._last_speech = self._frame
            elif (self._frame - self._last_speech) * self._hop > self._hang_over:
                self._open = False
                self._last_end = self._end_time()
                return [SpeechEnd(self._last_end)]
        elif moving and self._enough():
            self._open = True
            self._last_speech = self._frame
            first = self._frame - len(self._recent) + self._recent.index(True)
            return [SpeechStart(max(first * self._hop - self._pre_roll, self._last_end))]
        return ()

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


def _ranked(bands: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return, per frame, the bands of the two ranks that decide."""
    ranks = [-rank for rank in _RANKS]
    ranked: npt.NDArray[np.float64] = np.partition(bands, ranks, axis=1)[:, ranks]
    return ranked


def _stands_out(ranked: npt.NDArray[np.float64], limits: tuple[float, float]) -> npt.NDArray[np.bool_]:
    """Tell in which frames the fifth strongest band exceeds the first limit or the third the second."""
    fifth, third = limits
    result: npt.NDArray[np.bool_] = (ranked[:, 0] > fifth) | (ranked[:, 1] > third)
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
        whole = np.zeros((count, self._size // 2 + 1), dtype=np.float32)
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
    """The mean of the last few frames, per column; of fewer at the beginning."""

    def __init__(self, length: int, columns: int) -> None:
        self._length = length
        self._tail = np.zeros((0, columns))

    def __call__(self, frames: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        joined = np.concatenate([self._tail, frames])
        self._tail = joined[-(self._length - 1) :]
        sums = np.zeros((len(joined) + 1, joined.shape[1]))
        np.cumsum(joined, axis=0, out=sums[1:])
        ends = np.arange(len(joined) - len(frames), len(joined)) + 1
        starts = np.maximum(ends - self._length, 0)
        mean: npt.NDArray[np.float64] = (sums[ends] - sums[starts]) / (ends - starts)[:, None]
        return mean


class _NoiseFloor:
    """The line's noise per band, from the minima of the last two seconds."""

    def __init__(self) -> None:
        first = np.full(_BANDS, _FIRST_FLOOR / _BANDS / _FLOOR_BIAS)
        self._minima: deque[npt.NDArray[np.float64]] = deque([first] * _FLOOR_BLOCKS, maxlen=_FLOOR_BLOCKS)
        self._smoothing = _MovingMean(_FLOOR_SMOOTHING, _BANDS)
        self._block = np.full(_BANDS, np.inf)
        self._count = 0
        self._power = first * _FLOOR_BIAS

    def under(self, bands: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the noise under each of the next frames, as those before it tell it; learn from them."""
        smooth, floor = self._smoothing(bands), np.empty_like(bands)
        at = 0
        while at < len(bands):
            part = slice(at, at := min(at + _FLOOR_BLOCK - self._count, len(bands)))
            floor[part] = self._power
            self._learn(smooth[part])
        return floor

    def _learn(self, smooth: npt.NDArray[np.float64]) -> None:
        self._block = np.minimum(self._block, smooth.min(axis=0))
        self._count += len(smooth)
        if self._count == _FLOOR_BLOCK:
            self._minima.append(self._block)
            least = np.min(np.stack(list(self._minima)), axis=0)
            self._power = np.maximum(least * _FLOOR_BIAS, 1e-12)
            self._block = np.full(_BANDS, np.inf)
            self._count = 0
