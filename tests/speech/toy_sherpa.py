"""Small models in the formats of sherpa-onnx that really hear: each vowel of the toy voice is a character.

The networks have no trained weights. They look at which mel channels are strongest, so the whole way
through the library runs: features, network, search, tokens, times. Metadata as the library reads it:
``offline-sense-voice-model.cc``, ``offline-paraformer-model.cc`` and
``online-zipformer2-transducer-model.cc`` of sherpa-onnx.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.speech.toy_voice import RATE, VOWELS

_MELS = 80
_TAGS = ("<|zh|>", "<|NEUTRAL|>", "<|Speech|>", "<|woitn|>")
_FLOAT, _INT, _LONG = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64
#: How far in nats a resonance stands above the channels to either side.
_MARGIN = 2.5


def sense_voice(folder: Path, *, metadata: dict[str, str] | None = None) -> Path:
    """Write a SenseVoice model: one class per frame of 60 ms, tags in front, greedy CTC."""
    tokens = ["<blank>", *_TAGS, *VOWELS]
    tags = np.full((1, 4, len(tokens)), -50, np.float32)
    for number in range(4):
        tags[0, number, number + 1] = 50
    nodes, constants, vowels = _scores("x", window=7)
    constants["tag_gap"] = np.full((1, 1, 4), -50, np.float32)
    constants["tags"] = tags
    nodes += [
        helper.make_node("Sub", [vowels, vowels], ["nothing"]),
        helper.make_node("ReduceMax", ["nothing", "last_axis"], ["zero"], keepdims=1),
        helper.make_node("Add", ["zero", "tag_gap"], ["no_tags"]),
        helper.make_node("Concat", ["zero", "no_tags", vowels], ["frames"], axis=2),
        helper.make_node("Concat", ["tags", "frames"], ["logits"], axis=1),
    ]
    inputs = [
        ("x", _FLOAT, ("N", "T", 560)),
        *((n, _INT, ("N",)) for n in ("x_length", "language", "text_norm")),
    ]
    values = {
        "model_type": "sense_voice_ctc",
        "vocab_size": str(len(tokens)),
        "lfr_window_size": "7",
        "lfr_window_shift": "6",
        "normalize_samples": "0",
        "with_itn": "14",
        "without_itn": "15",
        **{
            f"lang_{name}": str(n)
            for name, n in zip(("auto", "zh", "en", "yue", "ja", "ko"), (0, 3, 4, 7, 11, 12), strict=True)
        },
        "neg_mean": ",".join(["0"] * 560),
        "inv_stddev": ",".join(["1"] * 560),
    }
    outputs = [("logits", _FLOAT, ("N", "L", len(tokens)))]
    _write(folder / "model.onnx", nodes, inputs, outputs, constants, values if metadata is None else metadata)
    return _tokens(folder, tokens)


def paraformer(folder: Path, *, times: bool = True) -> Path:
    """Write a Paraformer: one step per character, and where each fires if ``times``."""
    tokens = ["<blank>", "<s>", "</s>", *VOWELS, "<unk>"]
    nodes, constants, vowels = _scores("speech", window=7)
    constants |= {
        "one": np.array([1], np.int64),
        "start": np.array([0], np.int64),
        "minus": np.array([-1], np.int64),
        "threes": np.array([1, 1, 3], np.int64),
        "flat": np.array([1, -1], np.int64),
        "first": np.array([[[1, 0, 0]]], np.float32),
        "far": np.full((1, 1, 3), -50, np.float32),
        "no_class": np.zeros((1, 1), np.int64),
        "end": np.ones((1, 1), np.float32),
        "empty": np.full((1, 1, 1), -50, np.float32),
        "axis_two": np.array([2], np.int64),
    }
    nodes += [
        helper.make_node("Sub", [vowels, vowels], ["nothing"]),
        helper.make_node("ReduceMax", ["nothing", "last_axis"], ["zero"], keepdims=1),
        helper.make_node("Concat", ["zero", vowels], ["classes"], axis=2),
        helper.make_node("ArgMax", ["classes"], ["class"], axis=2, keepdims=0),
        helper.make_node("Slice", ["class", "start", "minus", "one"], ["earlier"]),
        helper.make_node("Concat", ["no_class", "earlier"], ["before"], axis=1),
        helper.make_node("Equal", ["class", "before"], ["same"]),
        helper.make_node("Not", ["same"], ["changed"]),
        helper.make_node("Greater", ["class", "no_class"], ["voiced"]),
        helper.make_node("And", ["changed", "voiced"], ["fires"]),
        helper.make_node("Squeeze", ["fires", "start"], ["row"]),
        helper.make_node("Compress", [vowels, "row"], ["heard"], axis=1),
        helper.make_node("Slice", ["heard", "start", "one", "axis_two"], ["piece"]),
        helper.make_node("Sub", ["piece", "piece"], ["nil"]),
        helper.make_node("Add", ["nil", "far"], ["specials"]),
        helper.make_node("Add", ["nil", "empty"], ["unknown"]),
        helper.make_node("Concat", ["specials", "heard", "unknown"], ["logits"], axis=2),
        helper.make_node("Cast", ["fires"], ["fired"], to=_FLOAT),
        helper.make_node("ReduceSum", ["fired", "one"], ["count"], keepdims=0),
        helper.make_node("Cast", ["count"], ["token_num"], to=_INT),
    ]
    outputs = [("logits", _FLOAT, ("N", "L", len(tokens))), ("token_num", _INT, ("N",))]
    if times:
        constants["unit"] = np.ones((1, 1), np.float32)
        nodes += [
            helper.make_node("Unsqueeze", ["fired", "axis_two"], ["column"]),
            helper.make_node("Mul", ["column", "first"], ["thirds"]),
            helper.make_node("Reshape", ["thirds", "flat"], ["peaks"]),
            helper.make_node("Concat", ["peaks", "end"], ["us_cif_peak"], axis=1),
            helper.make_node("Identity", ["peaks"], ["us_alphas"]),
        ]
        outputs += [("us_alphas", _FLOAT, ("N", "A")), ("us_cif_peak", _FLOAT, ("N", "P"))]
    values = {
        "model_type": "paraformer",
        "vocab_size": str(len(tokens)),
        "lfr_window_size": "7",
        "lfr_window_shift": "6",
        "neg_mean": ",".join(["0"] * 560),
        "inv_stddev": ",".join(["1"] * 560),
    }
    inputs = [("speech", _FLOAT, ("N", "T", 560)), ("speech_lengths", _INT, ("N",))]
    _write(folder / "model.int8.onnx", nodes, inputs, outputs, constants, values)
    return _tokens(folder, tokens)


def zipformer(folder: Path) -> Path:
    """Write a streaming zipformer transducer; the decoder keeps a vowel from being emitted twice."""
    tokens = ["<blk>", "<sos/eos>", "<unk>", *VOWELS]
    size, chunk, length = len(tokens), 16, 20
    nodes, constants, vowels = _scores("heard", window=4)
    constants |= {
        "from": np.array([0], np.int64),
        "to": np.array([chunk], np.int64),
        "time": np.array([1], np.int64),
        "steps": np.array([0, chunk // 4, 4 * _MELS], np.int64),
        "specials": np.full((1, 1, 2), -50, np.float32),
    }
    nodes = [
        helper.make_node("Slice", ["x", "from", "to", "time"], ["part"]),
        helper.make_node("Reshape", ["part", "steps"], ["heard"]),
        *nodes,
        helper.make_node("Sub", [vowels, vowels], ["nothing"]),
        helper.make_node("ReduceMax", ["nothing", "last_axis"], ["zero"], keepdims=1),
        helper.make_node("Add", ["zero", "specials"], ["no_specials"]),
        helper.make_node("Concat", ["zero", "no_specials", vowels], ["encoder_out"], axis=2),
    ]
    states: list[tuple[str, int, tuple[Any, ...]]] = [
        ("cached_key_0", _FLOAT, (2, "N", 1)),
        ("cached_nonlin_attn_0", _FLOAT, (1, "N", 2, 3)),
        ("cached_val1_0", _FLOAT, (2, "N", 1)),
        ("cached_val2_0", _FLOAT, (2, "N", 1)),
        ("cached_conv1_0", _FLOAT, ("N", 4, 1)),
        ("cached_conv2_0", _FLOAT, ("N", 4, 1)),
        ("embed_states", _FLOAT, ("N", 128, 3, 19)),
        ("processed_lens", _LONG, ("N",)),
    ]
    nodes += [helper.make_node("Identity", [name], [f"new_{name}"]) for name, _, _ in states]
    values = {
        "model_type": "zipformer2",
        "decode_chunk_len": str(chunk),
        "T": str(length),
        "num_encoder_layers": "1",
        "encoder_dims": "4",
        "cnn_module_kernels": "3",
        "left_context_len": "2",
        "query_head_dims": "1",
        "value_head_dims": "1",
        "num_heads": "1",
    }
    outputs = [("encoder_out", _FLOAT, ("N", chunk // 4, size))]
    outputs += [(f"new_{name}", kind, shape) for name, kind, shape in states]
    inputs = [("x", _FLOAT, ("N", length, _MELS)), *states]
    _write(folder / "encoder-epoch-1-avg-1.onnx", nodes, inputs, outputs, constants, values)

    again = np.eye(size, dtype=np.float32) * -50
    again[0] = 0  # blank may follow itself
    _write(
        folder / "decoder-epoch-1-avg-1.onnx",
        [
            helper.make_node("Slice", ["y", "second", "third", "second"], ["latest"]),
            helper.make_node("Squeeze", ["latest", "second"], ["label"]),
            helper.make_node("Gather", ["again", "label"], ["decoder_out"], axis=0),
        ],
        [("y", _LONG, ("N", 2))],
        [("decoder_out", _FLOAT, ("N", size))],
        {"again": again, "second": np.array([1], np.int64), "third": np.array([2], np.int64)},
        {"vocab_size": str(size), "context_size": "2"},
    )
    _write(
        folder / "joiner-epoch-1-avg-1.onnx",
        [helper.make_node("Add", ["encoder_out", "decoder_out"], ["logit"])],
        [("encoder_out", _FLOAT, ("N", size)), ("decoder_out", _FLOAT, ("N", size))],
        [("logit", _FLOAT, ("N", size))],
        {},
        {"joiner_dim": str(size)},
    )
    return _tokens(folder, tokens)


def _scores(source: str, window: int) -> tuple[list[Any], dict[str, npt.NDArray[Any]], str]:
    """Return nodes from stacked mel frames (N, T, 80 window) to how clear each vowel is (N, T, vowels)."""
    centres = _mel(np.array(list(VOWELS.values()))) - _mel(20.0)
    step = (_mel(RATE / 2 - 400 if window == 4 else RATE / 2) - _mel(20.0)) / (_MELS + 1)
    channels = np.round(centres / step).astype(int) - 1
    around = np.zeros((_MELS, len(VOWELS)), np.float32)
    for column, channel in enumerate(channels):
        around[channel - 2 : channel + 3, column] = 1 / 5
        around[channel - 12 : channel - 7, column] = around[channel + 8 : channel + 13, column] = -1 / 10
    constants = {
        "frames_of": np.array([0, 0, window, _MELS], np.int64),
        "window_axis": np.array([2], np.int64),
        "last_axis": np.array([2], np.int64),
        "around": around,
        "margin": np.array([_MARGIN], np.float32),
    }
    nodes = [
        helper.make_node("Reshape", [source, "frames_of"], ["stacked"]),
        helper.make_node("ReduceMean", ["stacked", "window_axis"], ["mel"], keepdims=0),
        helper.make_node("MatMul", ["mel", "around"], ["above"]),
        helper.make_node("Sub", ["above", "margin"], ["clear"]),
    ]
    return nodes, constants, "clear"


def _mel(hertz: Any) -> Any:
    return 1127 * np.log(1 + np.asarray(hertz) / 700)


def _write(
    path: Path,
    nodes: list[Any],
    inputs: list[tuple[str, int, tuple[Any, ...]]],
    outputs: list[tuple[str, int, tuple[Any, ...]]],
    constants: dict[str, npt.NDArray[Any]],
    metadata: dict[str, str],
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info(*each) for each in inputs],
        [helper.make_tensor_value_info(*each) for each in outputs],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, metadata)
    onnx.save(model, str(path))


def _tokens(folder: Path, tokens: list[str]) -> Path:
    lines = "".join(f"{token} {number}\n" for number, token in enumerate(tokens))
    (folder / "tokens.txt").write_text(lines, encoding="utf-8")
    return folder
