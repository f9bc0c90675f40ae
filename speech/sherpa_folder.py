"""Folders with recognition models in the layouts of sherpa-onnx, known by their files, checked before use.

The library ends the process where a model lacks metadata or where its list of tokens cannot be read, dies
of a null pointer on a kind that it does not know, and reads past the end of arrays that are too short. So
everything that it will look at is looked at here first, against sherpa-onnx 2.0.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from calls.errors import ModelError
from speech.onnxfile import OnnxFile, read_onnx

TOKENS = "tokens.txt"
#: Mel channels of the features, the same for all three kinds.
MELS = 80
#: Samples per second that these models were trained on; nothing in the files says it.
SAMPLE_RATE = 16_000

_CMVN = ("neg_mean", "inv_stddev")
_STACKED = ("vocab_size", "lfr_window_size", "lfr_window_shift", *_CMVN)
_LANGUAGES = tuple(f"lang_{name}" for name in ("auto", "zh", "en", "ja", "ko", "yue"))
_ENCODERS = {
    "zipformer2": (
        *("encoder_dims", "query_head_dims", "value_head_dims", "num_heads", "num_encoder_layers"),
        *("cnn_module_kernels", "left_context_len", "T", "decode_chunk_len"),
    ),
    "zipformer": (
        *("encoder_dims", "attention_dims", "num_encoder_layers"),
        *("cnn_module_kernels", "left_context_len", "T", "decode_chunk_len"),
    ),
}
_LISTS = {"encoder_dims", "query_head_dims", "value_head_dims", "num_heads", "num_encoder_layers"} | {
    *("cnn_module_kernels", "left_context_len", "attention_dims")
}
_AGAIN = "unpack or fetch the model again"


class Kind(StrEnum):
    """The kinds of models of sherpa-onnx that huawu uses."""

    SENSE_VOICE = "SenseVoice"
    PARAFORMER = "Paraformer"
    ZIPFORMER = "streaming zipformer"


@dataclass(frozen=True, slots=True)
class SherpaFolder:
    """A model folder that has been checked.

    Attributes
    ----------
    path : Path
        The folder.
    name : str
        Its name.
    kind : Kind
        What it holds.
    files : mapping of str to Path
        ``model``, or ``encoder``, ``decoder`` and ``joiner``.
    tokens : Path
        What its outputs stand for.
    tail : float
        Seconds of silence that push the last speech through a streaming model.
    """

    path: Path
    name: str
    kind: Kind
    files: Mapping[str, Path]
    tokens: Path
    tail: float = 0.0
    sample_rate: int = field(default=SAMPLE_RATE, init=False)


def is_sherpa(path: Path) -> bool:
    """Tell whether a folder looks like a model of sherpa-onnx, whole or not."""
    return (path / TOKENS).is_file() and any(path.glob("*.onnx"))


def open_sherpa(path: Path | str) -> SherpaFolder:
    """Check a model folder of sherpa-onnx.

    Raises
    ------
    ModelError
        It is incomplete, damaged, or of a kind that huawu does not use.
    """
    path = Path(path)
    if not is_sherpa(path):
        raise ModelError(
            f"{path} is not a model of sherpa-onnx: it needs {TOKENS} and .onnx files",
            "name the folder of the model",
        )
    tokens = path / TOKENS
    parts = {name: _choose(path, name, prefer_small=name != "decoder") for name in _PARTS}
    if all(parts.values()):
        files = {name: file for name, file in parts.items() if file}
        tail = _check_transducer(files, tokens)
        return SherpaFolder(path, path.resolve().name, Kind.ZIPFORMER, files, tokens, tail)
    if parts["encoder"]:
        raise ModelError(
            f"{path} holds an encoder without {' and '.join(n for n, file in parts.items() if not file)}",
            "huawu uses SenseVoice, Paraformer (not streaming) and streaming zipformer transducers",
        )
    model = _choose(path, "model", prefer_small=True)
    if model is None:
        raise ModelError(f"{path} is incomplete: there is no model.onnx in it", _AGAIN)
    kind = _check_whole(model, tokens)
    return SherpaFolder(path, path.resolve().name, kind, {"model": model}, tokens)


_PARTS = ("encoder", "decoder", "joiner")


def _choose(path: Path, part: str, *, prefer_small: bool) -> Path | None:
    """Return the file of a part; of an 8-bit one and a full one, the faster or the exact one."""
    found = sorted(path.glob(f"{part}*.onnx"))
    small = [file for file in found if file.name.endswith(".int8.onnx")]
    full = [file for file in found if file not in small]
    for files in (small, full) if prefer_small else (full, small):
        if len(files) > 1:
            names = ", ".join(file.name for file in files)
            raise ModelError(f"{path} holds several files for the {part}: {names}", "keep one")
        if files:
            return files[0]
    return None


def _check_whole(model: Path, tokens: Path) -> Kind:
    about = _about(model)
    if "Nano" in about.metadata.get("comment", ""):
        raise ModelError(f"{model} is a FunASR Nano model", "huawu uses SenseVoice and Paraformer")
    kind = Kind.SENSE_VOICE if "lang_zh" in about.metadata else Kind.PARAFORMER
    if kind is Kind.SENSE_VOICE:
        keys = (*_STACKED, "normalize_samples", "with_itn", "without_itn", *_LANGUAGES)
        inputs = {4}
    else:
        if about.metadata.get("model_type") not in (None, "paraformer"):
            raise ModelError(
                f"{model} is of type {about.metadata['model_type']!r}",
                "huawu uses SenseVoice, Paraformer and streaming zipformer transducers",
            )
        keys, inputs = _STACKED, {2}
    _require(model, about, keys)
    if len(about.inputs) not in inputs:
        raise ModelError(
            f"{model} takes {len(about.inputs)} inputs ({', '.join(about.inputs)}) and is no plain {kind}",
            "fetch another model: 'huawu models list'",
        )
    window = _whole(model, about, "lfr_window_size") * MELS
    for key in _CMVN:
        values = _numbers(model, about, key)
        if values != window:
            raise ModelError(f"{model}: {key} has {values} numbers, its window {window}", _AGAIN)
    needed = ("</s>",) if kind is Kind.PARAFORMER else ()
    _check_tokens(tokens, _whole(model, about, "vocab_size"), needed)
    return kind


def _check_transducer(files: Mapping[str, Path], tokens: Path) -> float:
    encoder, decoder = _about(files["encoder"]), _about(files["decoder"])
    kind = encoder.metadata.get("model_type", "")
    if kind not in _ENCODERS:
        raise ModelError(
            f"{files['encoder']} is of type {kind!r} and no streaming {' or '.join(_ENCODERS)}",
            "fetch another model: 'huawu models list'",
        )
    _require(files["encoder"], encoder, _ENCODERS[kind])
    lengths = {_numbers(files["encoder"], encoder, key) for key in _ENCODERS[kind] if key in _LISTS}
    if len(lengths) != 1:
        raise ModelError(f"{files['encoder']}: its lists of layers differ in length", _AGAIN)
    layers = encoder.metadata["num_encoder_layers"].split(",")
    states = 2 + 6 * sum(int(each) for each in layers) if kind == "zipformer2" else 7 * len(layers)
    if len(encoder.inputs) != 1 + states:
        raise ModelError(
            f"{files['encoder']} takes {len(encoder.inputs)} inputs instead of {1 + states}", _AGAIN
        )
    _require(files["decoder"], decoder, ("vocab_size", "context_size"))
    joiner = _about(files["joiner"])
    if (len(decoder.inputs), len(joiner.inputs)) != (1, 2):
        raise ModelError(
            f"{files['decoder']} and {files['joiner']} are no decoder and joiner of a transducer", _AGAIN
        )
    _check_tokens(tokens, _whole(files["decoder"], decoder, "vocab_size"), ())
    frames = sum(_whole(files["encoder"], encoder, key) for key in ("T", "decode_chunk_len"))
    return 0.01 * frames


def _about(file: Path) -> OnnxFile:
    try:
        return read_onnx(file)
    except ValueError as error:
        raise ModelError(f"{file}: {error} ({file.stat().st_size:,} bytes)", _AGAIN) from error
    except OSError as error:
        raise ModelError(f"{file}: {error.strerror}", "make it readable") from error


def _require(file: Path, about: OnnxFile, keys: Iterable[str]) -> None:
    missing = [key for key in keys if not about.metadata.get(key)]
    if missing:
        raise ModelError(
            f"{file} lacks metadata: {', '.join(missing)}", "fetch a model that was exported for sherpa-onnx"
        )
    for key in keys:
        if key in _LISTS | set(_CMVN):
            _numbers(file, about, key)
        else:
            _whole(file, about, key)


def _whole(file: Path, about: OnnxFile, key: str) -> int:
    try:
        value = int(about.metadata[key])
    except ValueError:
        value = -1
    if not 0 <= value < 1 << 24:
        raise ModelError(f"{file}: {key} = {about.metadata[key]!r} is no whole number", _AGAIN)
    return value


def _numbers(file: Path, about: OnnxFile, key: str) -> int:
    """Return how many numbers a list of the metadata holds."""
    parts = about.metadata[key].split(",")
    try:
        for part in parts:
            (int if key in _LISTS else float)(part)
    except ValueError:
        raise ModelError(f"{file}: {key} is no list of numbers", _AGAIN) from None
    return len(parts)


def _check_tokens(path: Path, size: int, needed: Iterable[str]) -> None:
    """Look at the tokens as the library will: ``symbol number`` a line; a number alone stands for a space."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: {error}", _AGAIN) from error
    names: dict[int, str] = {}
    for number, line in enumerate(lines, start=1):
        parts = line.split()
        if not parts:
            continue
        if len(parts) > 2 or not (parts[-1].isascii() and parts[-1].isdigit()):
            raise ModelError(f"{path}, line {number}: {line!r} is no token and its number", _AGAIN)
        if int(parts[-1]) in names:
            raise ModelError(f"{path}, line {number}: number {parts[-1]} is given twice", _AGAIN)
        names[int(parts[-1])] = parts[0] if len(parts) == 2 else " "
    gap = next((number for number in range(size) if number not in names), None)
    if gap is not None:
        raise ModelError(f"{path} has no token {gap}, its model has {size} of them", _AGAIN)
    absent = [name for name in needed if name not in names.values()]
    if absent:
        raise ModelError(f"{path} has no token {', '.join(absent)}", _AGAIN)
