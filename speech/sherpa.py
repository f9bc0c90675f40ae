"""Recognisers on sherpa-onnx (extra ``sherpa``): SenseVoice and Paraformer, streaming zipformer transducers.

They hear free speech only: grammars are refused. :mod:`speech.sherpa_folder` looks at a model before the
library does, since it ends the process on many that are damaged. What confidence means differs: a zipformer
gives the probability of each token, which is not calibrated; SenseVoice and Paraformer give none, and
then ``Word.confidence`` is ``None``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from calls.errors import ModelError, RecogniserError
from speech.gated import GatedRecogniser, cuts, shifted
from speech.joining import join
from speech.pieces import words_of
from speech.recogniser import Heard, Intake, together
from speech.sherpa_folder import Kind, SherpaFolder

#: What SenseVoice is told to expect; ``auto`` hears Korean in the noise of a line.
LANGUAGE = "zh"
#: Silence in seconds that ends an utterance of a stream.
TRAILING_SILENCE = 0.8
#: An utterance of a stream is ended after so many seconds.
LONGEST_UTTERANCE = 20.0
#: More samples than a call has are never given to the library at once.
_PIECE_SECONDS = 2.0


def load(folder: SherpaFolder, *, threads: int = 1) -> SherpaOfflineModel | SherpaStreamingModel:
    """Load a checked model folder.

    Parameters
    ----------
    folder : SherpaFolder
        From :func:`speech.sherpa_folder.open_sherpa`.
    threads : int
        Threads of the network's arithmetic, for each recognition.

    Raises
    ------
    ModelError
        sherpa-onnx is not installed, or refuses the model.
    """
    try:
        import sherpa_onnx
    except ImportError as error:
        raise ModelError(
            f"model {folder.name} needs sherpa-onnx, which is not installed: {error}",
            "pip install 'huawu[sherpa]'",
        ) from error
    files = {name: str(file) for name, file in folder.files.items()}
    tokens = str(folder.tokens)
    shared = {"num_threads": threads, "sample_rate": folder.sample_rate}
    try:
        if folder.kind is Kind.SENSE_VOICE:
            made = sherpa_onnx.OfflineRecognizer.from_sense_voice(
                **files, tokens=tokens, language=LANGUAGE, use_itn=False, **shared
            )
        elif folder.kind is Kind.PARAFORMER:
            made = sherpa_onnx.OfflineRecognizer.from_paraformer(
                paraformer=files["model"], tokens=tokens, **shared
            )
        else:
            made = sherpa_onnx.OnlineRecognizer.from_transducer(
                **files,
                tokens=tokens,
                enable_endpoint_detection=True,
                rule2_min_trailing_silence=TRAILING_SILENCE,
                rule3_min_utterance_length=LONGEST_UTTERANCE,
                temperature_scale=1.0,  # so that confidences are the network's own probabilities
                **shared,
            )
    except Exception as error:
        raise ModelError(
            f"sherpa-onnx cannot load {folder.path}: {error}", "unpack or fetch it again"
        ) from error
    engine = f"sherpa-onnx {sherpa_onnx.__version__}"
    if folder.kind is Kind.ZIPFORMER:
        return SherpaStreamingModel(folder, engine, made)
    return SherpaOfflineModel(folder, engine, made)


class _SherpaModel:
    """What the models have in common.

    Attributes
    ----------
    folder : SherpaFolder
        Where it was loaded from.
    engine : str
        Name and version of the engine, for transcripts.
    """

    def __init__(self, folder: SherpaFolder, engine: str, handle: Any) -> None:
        self.folder, self.engine, self._handle = folder, engine, handle

    @property
    def name(self) -> str:
        """The model's name."""
        return self.folder.name

    @property
    def sample_rate(self) -> int:
        """The rate in hertz of the model's features."""
        return self.folder.sample_rate

    def _check(self, rate: int, grammar: Sequence[str] | None) -> None:
        if not 4000 <= rate <= 192_000:
            raise RecogniserError(f"rate {rate} is no sampling rate", "give it in samples per second")
        if grammar is not None:
            raise RecogniserError(
                f"model {self.name} hears free speech only, no grammar of {len(grammar)} phrases",
                "use a Vosk model with a lookahead graph for menus, or leave the grammar out",
            )


class SherpaOfflineModel(_SherpaModel):
    """A loaded SenseVoice or Paraformer model; get one from :func:`load`."""

    def recogniser(self, rate: int, grammar: Sequence[str] | None = None) -> GatedRecogniser:
        """Return a new recogniser of a stream, which the voice gate cuts into utterances.

        Raises
        ------
        RecogniserError
            The rate is no rate, or a grammar is given.
        """
        self._check(rate, grammar)
        return GatedRecogniser(self, rate)

    def hear(self, samples: npt.NDArray[np.int16]) -> Heard:
        """Recognise one utterance, in pieces where it is long.

        Parameters
        ----------
        samples : ndarray of int16, shape (n,)
            At the model's rate.

        Returns
        -------
        Heard
            Times in seconds from the first sample. Where the model gives none, one word holds the text
            of a piece.
        """
        pieces = [
            shifted(self._piece(samples[start:end]), start / self.sample_rate)
            for start, end in cuts(samples, self.sample_rate)
        ]
        return Heard(
            join(piece.text for piece in pieces if piece.text),
            tuple(word for piece in pieces for word in piece.words),
        )

    def _piece(self, samples: npt.NDArray[np.int16]) -> Heard:
        try:
            stream = self._handle.create_stream()
            stream.accept_waveform(self.sample_rate, samples.astype(np.float32) / 32768)
            self._handle.decode_stream(stream)
            result = stream.result
            text, tokens, starts = result.text.strip(), list(result.tokens), list(result.timestamps)
        except Exception as error:
            raise RecogniserError(f"sherpa-onnx refused the sound: {error}", "check the model") from error
        words = words_of(text, tokens, starts, len(samples) / self.sample_rate)
        return Heard(join(text.split()), words)


class SherpaStreamingModel(_SherpaModel):
    """A loaded streaming transducer; get one from :func:`load`."""

    def recogniser(self, rate: int, grammar: Sequence[str] | None = None) -> SherpaStreamingRecogniser:
        """Return a new recogniser of a stream.

        Raises
        ------
        RecogniserError
            The rate is no rate, or a grammar is given.
        """
        self._check(rate, grammar)
        return SherpaStreamingRecogniser(self, self._handle, rate)


class SherpaStreamingRecogniser:
    """A stream of sound being recognised; get one from :meth:`SherpaStreamingModel.recogniser`."""

    def __init__(self, model: SherpaStreamingModel, handle: Any, rate: int) -> None:
        self._model, self._handle = model, handle
        self._intake = Intake(rate, model.sample_rate)
        self._stream = handle.create_stream()
        self._began = 0.0  # seconds fed before this stream of the library
        self._fed = 0

    def accept(self, samples: npt.NDArray[np.int16]) -> Heard | None:
        """Take the next samples; return what ended within them, several utterances as one.

        Raises
        ------
        RecogniserError
            ``samples`` are not int16 in one dimension.
        """
        heard = together(self._feed(self._intake.take(samples)))
        return heard if heard.text else None

    def partial(self) -> str:
        """Return what is recognised so far of the utterance that is going on."""
        return join(self._handle.get_result_all(self._stream).text.split())

    def finish(self) -> Heard:
        """End the utterance and return it; more sound may follow, and times run on."""
        heard = self._feed(self._intake.end())
        rate = self._model.sample_rate
        tail = np.zeros(int(self._model.folder.tail * rate), np.float32)
        self._stream.accept_waveform(rate, tail)
        self._stream.input_finished()
        heard += self._decode()
        heard.append(self._result())
        self._stream = self._handle.create_stream()
        self._began += self._fed / rate
        self._fed = 0
        return together(heard)

    def _feed(self, samples: npt.NDArray[np.int16]) -> list[Heard]:
        rate = self._model.sample_rate
        step = int(_PIECE_SECONDS * rate)
        heard = []
        for start in range(0, len(samples), step):
            piece = samples[start : start + step].astype(np.float32) / 32768
            self._stream.accept_waveform(rate, piece)
            self._fed += len(piece)
            heard += self._decode()
        return heard

    def _decode(self) -> list[Heard]:
        heard = []
        try:
            while self._handle.is_ready(self._stream):
                self._handle.decode_stream(self._stream)
                # looked at after every chunk: two utterances in one piece stay apart
                if self._handle.is_endpoint(self._stream):
                    heard.append(self._result())
                    self._handle.reset(self._stream)
        except Exception as error:
            raise RecogniserError(f"sherpa-onnx refused the sound: {error}", "check the model") from error
        return heard

    def _result(self) -> Heard:
        result = self._handle.get_result_all(self._stream)
        text = result.text.strip()
        sure = [min(1.0, math.exp(value)) for value in result.ys_probs]
        end = self._fed / self._model.sample_rate
        starts = [time + result.start_time for time in result.timestamps]
        words = words_of(text, list(result.tokens), starts, max(end, *starts, 0.0) if starts else end, sure)
        return shifted(Heard(join(text.split()), words), self._began)
