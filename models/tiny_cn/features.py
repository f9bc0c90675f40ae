"""Kaldi's MFCC features, and the network's targets for them.

One output frame covers three feature frames of 10 ms. Each phone has two classes: its first frame
(*onset*) and the others, which is what tells 一一 from one long 一. Class 0 is silence.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.tiny_cn.alignment import Segment
from models.tiny_cn.lexicon import PHONES, SILENCE

RATE = 8000
DIMENSION = 40
LOW_HZ, HIGH_HZ = 40, 3800
#: Feature frames per output frame.
SUBSAMPLING = 3
CLASSES = 1 + 2 * len(PHONES)

_OUTPUT_MS = 30.0
_CENTRE_MS = 12.5  # of the first feature frame, which covers 25 ms
_NUMBER = {phone: number for number, phone in enumerate(PHONES)}


def onset_class(phone: str) -> int:
    """Return the class of the first frame of ``phone``; the class after it is that of its other frames."""
    return 1 + 2 * _NUMBER[phone]


def mfcc(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
    """Return the features of sound at 8 kHz: shape (frames, 40), 100 frames per second."""
    import kaldi_native_fbank as knf  # only training computes features; Vosk has its own

    options = knf.MfccOptions()
    options.frame_opts.samp_freq = RATE
    options.frame_opts.dither = 0
    options.frame_opts.snip_edges = True
    options.mel_opts.num_bins = options.num_ceps = DIMENSION
    options.mel_opts.low_freq, options.mel_opts.high_freq = LOW_HZ, HIGH_HZ
    options.use_energy = False
    computer = knf.OnlineMfcc(options)
    computer.accept_waveform(RATE, samples.astype(np.float32).tolist())
    computer.input_finished()
    return np.stack([computer.get_frame(i) for i in range(computer.num_frames_ready)])


def targets(segments: Sequence[Segment], frames: int) -> npt.NDArray[np.uint8] | None:
    """Return the class of each of ``frames`` output frames, shape (frames,).

    Every segment gets at least one frame. ``None`` where the last one begins after the end.
    """
    begins: list[int] = []
    for segment in segments:
        nearest = int(np.ceil((1000 * segment.start - _CENTRE_MS) / _OUTPUT_MS - 0.5))
        begins.append(max(nearest, begins[-1] + 1 if begins else 0, 0))
    if not begins or begins[-1] >= frames:
        return None
    classes = np.zeros(frames, np.uint8)
    for segment, begin, end in zip(segments, begins, [*begins[1:], frames], strict=True):
        if segment.phone != SILENCE:
            classes[begin] = onset_class(segment.phone)
            classes[begin + 1 : end] = onset_class(segment.phone) + 1
    return classes
