from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("sherpa_onnx", reason="sherpa-onnx is not installed")

from calls.errors import ModelError, RecogniserError
from calls.records import Role
from speech.audio import to_int16
from speech.formats import render
from speech.recogniser import Heard, Recogniser
from speech.sherpa import SherpaOfflineModel, SherpaStreamingModel, load
from speech.sherpa_folder import Kind, open_sherpa
from speech.transcribe import transcribe
from tests.speech import toy_sherpa
from tests.speech.toy_voice import RATE, say

pytestmark = pytest.mark.integration

Model = SherpaOfflineModel | SherpaStreamingModel
KINDS = ("sense_voice", "paraformer", "zipformer")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    return {
        kind: load(open_sherpa(getattr(toy_sherpa, kind)(tmp_path_factory.mktemp("models") / kind)))
        for kind in KINDS
    }


def stream(recogniser: Recogniser, text: str) -> list[Heard]:
    sound = to_int16(say(text))
    found = [recogniser.accept(sound[at : at + 1600]) for at in range(0, len(sound), 1600)]
    return [heard for heard in [*found, recogniser.finish()] if heard and heard.text]


@pytest.mark.parametrize("kind", KINDS)
def test_a_recording_is_transcribed_with_times(models: dict[str, Model], kind: str, tmp_path: Path) -> None:
    model = models[kind]
    caller, agent = say("好不 行好"), say(" 行")
    both = np.stack([caller, np.pad(agent, (0, len(caller) - len(agent)))], axis=1)
    soundfile.write(tmp_path / "call.wav", both, RATE)

    found = transcribe(tmp_path / "call.wav", model)

    assert (found.recogniser.split()[0], found.model, found.roles_known) == ("sherpa-onnx", kind, True)
    assert [(each.role, each.text) for each in found.utterances] == [
        (Role.CALLER, "好不"),
        (Role.AGENT, "行"),
        (Role.CALLER, "行好"),
    ]
    first = json.loads(render(found, "json"))["utterances"][0]["words"][0]
    assert (first["text"], first["confidence"] is None) == ("好", kind != "zipformer")
    # what is said begins at 0.5, 0.86, 2.42 and 2.78 s; the networks step by 40 or 60 ms
    words = [word for each in found.utterances if each.role is Role.CALLER for word in each.words]
    assert [word.text for word in words] == list("好不行好")
    assert [word.start for word in words] == pytest.approx([0.5, 0.86, 2.42, 2.78], abs=0.08)
    assert [word.end for word in words] == pytest.approx([0.86, 1.26, 2.78, 3.18], abs=0.08)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_is_heard_as_it_comes(models: dict[str, Model], kind: str) -> None:
    recogniser = models[kind].recogniser(RATE)

    assert [heard.text for heard in stream(recogniser, "好不 行好")] == ["好不", "行好"]
    (again,) = stream(recogniser, "不")
    assert again.text == "不"
    assert again.words[0].start == pytest.approx(len(say("好不 行好")) / RATE + 0.5, abs=0.08)


def test_a_network_that_streams_tells_what_it_has_heard_so_far(models: dict[str, Model]) -> None:
    recogniser = models["zipformer"].recogniser(RATE)

    assert recogniser.accept(to_int16(say("好不行", lead=0.3))) is None
    assert recogniser.partial() == "好不行"
    assert models["sense_voice"].recogniser(RATE).partial() == ""


def test_what_is_not_told_is_not_claimed(models: dict[str, Model]) -> None:
    sure = {
        kind: [
            word.confidence for heard in stream(models[kind].recogniser(RATE), "好不") for word in heard.words
        ]
        for kind in KINDS
    }

    assert (sure["sense_voice"], sure["paraformer"]) == ([None, None], [None, None])
    assert all(each is not None and 0.3 < each <= 1 for each in sure["zipformer"])


def test_a_paraformer_without_times_gives_one_word_for_each_span_of_speech(tmp_path: Path) -> None:
    model = load(open_sherpa(toy_sherpa.paraformer(tmp_path / "plain", times=False)))

    found = stream(model.recogniser(RATE), "好不 行")

    assert [[word.text for word in heard.words] for heard in found] == [["好不"], ["行"]]
    assert (found[0].words[0].start, found[0].words[0].confidence) == (0.18, None)


def test_telephone_sound_is_converted(models: dict[str, Model]) -> None:
    recogniser = models["sense_voice"].recogniser(8000)
    recogniser.accept(to_int16(say("好不")[::2]))

    assert recogniser.finish().text == "好不"


@pytest.mark.parametrize("kind", KINDS)
def test_grammars_are_refused_with_the_way_out(models: dict[str, Model], kind: str) -> None:
    with pytest.raises(RecogniserError, match=r"hears free speech only.*Vosk model with a lookahead graph"):
        models[kind].recogniser(RATE, ["好", "不"])
    with pytest.raises(RecogniserError, match="rate 0"):
        models[kind].recogniser(0)


@pytest.mark.parametrize("kind", KINDS)
def test_next_to_nothing_is_heard_as_nothing(models: dict[str, Model], kind: str) -> None:
    for samples in (0, 1, 100, 800):
        recogniser = models[kind].recogniser(RATE)
        recogniser.accept(np.zeros(samples, np.int16))
        assert recogniser.finish() == Heard("")
        if isinstance(model := models[kind], SherpaOfflineModel):
            assert model.hear(np.zeros(samples, np.int16)) == Heard("")


def test_the_kinds_are_told_by_their_files(models: dict[str, Model]) -> None:
    assert {kind: model.folder.kind for kind, model in models.items()} == {
        "sense_voice": Kind.SENSE_VOICE,
        "paraformer": Kind.PARAFORMER,
        "zipformer": Kind.ZIPFORMER,
    }


def _metadata(path: Path, change: Callable[[dict[str, str]], object]) -> None:
    import onnx

    model = onnx.load(path)
    values = {each.key: each.value for each in model.metadata_props}
    change(values)
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, values)
    onnx.save(model, path)


def _tokens(folder: Path, old: str, new: str) -> None:
    tokens = folder / "tokens.txt"
    tokens.write_text(tokens.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


#: What is done to a model of which kind, what sherpa-onnx 2.0.1 does then, what is said instead.
HARM: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "no metadata: exit(-1)": (
        "sense_voice",
        lambda at: _metadata(at / "model.onnx", lambda m: m.pop("vocab_size")),
        "lacks metadata: vocab_size",
    ),
    "a number that is none: exit(-1)": (
        "sense_voice",
        lambda at: _metadata(at / "model.onnx", lambda m: m.update(lfr_window_size="seven")),
        "lfr_window_size = 'seven' is no whole number",
    ),
    "a short list of means: reads past its end": (
        "paraformer",
        lambda at: _metadata(at / "model.int8.onnx", lambda m: m.update(neg_mean="0,0")),
        "neg_mean has 2 numbers, its window 560",
    ),
    "an unknown kind: SIGSEGV": (
        "zipformer",
        lambda at: _metadata(at / "encoder-epoch-1-avg-1.onnx", lambda m: m.update(model_type="zipformer9")),
        "is of type 'zipformer9' and no streaming zipformer2 or zipformer",
    ),
    "layers that do not fit the network: undefined": (
        "zipformer",
        lambda at: _metadata(at / "encoder-epoch-1-avg-1.onnx", lambda m: m.update(num_encoder_layers="2")),
        "takes 9 inputs instead of 15",
    ),
    "decoder and joiner exchanged: exit(-1)": (
        "zipformer",
        lambda at: (
            (at / "decoder-epoch-1-avg-1.onnx").rename(at / "x"),
            (at / "joiner-epoch-1-avg-1.onnx").rename(at / "decoder-epoch-1-avg-1.onnx"),
            (at / "x").rename(at / "joiner-epoch-1-avg-1.onnx"),
        ),
        "lacks metadata: vocab_size, context_size",
    ),
    "tokens that are none: exit(-1)": (
        "sense_voice",
        lambda at: (at / "tokens.txt").write_text("hello\nworld foo\n"),
        r"line 1: 'hello' is no token and its number",
    ),
    "a token that is missing: an error at the first such sound": (
        "sense_voice",
        lambda at: _tokens(at, "行 7\n", ""),
        "has no token 7, its model has 8 of them",
    ),
    "two tokens of one number: one of them for both": (
        "sense_voice",
        lambda at: _tokens(at, "不 6", "不 5"),
        "line 7: number 5 is given twice",
    ),
    "no end of sentence": ("paraformer", lambda at: _tokens(at, "</s>", "<end>"), "has no token </s>"),
    "cut short": (
        "sense_voice",
        lambda at: (at / "model.onnx").write_bytes((at / "model.onnx").read_bytes()[:-9]),
        "cut short",
    ),
    "an encoder alone": (
        "zipformer",
        lambda at: (at / "joiner-epoch-1-avg-1.onnx").unlink(),
        "an encoder without joiner",
    ),
    "no model": (
        "sense_voice",
        lambda at: (at / "model.onnx").rename(at / "x.onnx"),
        "there is no model.onnx",
    ),
    "two of a kind": (
        "sense_voice",
        lambda at: (at / "model-2.onnx").write_bytes((at / "model.onnx").read_bytes()),
        "several files for the model: model-2.onnx, model.onnx",
    ),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_damaged_model_is_refused_before_the_library_sees_it(harm: str, tmp_path: Path) -> None:
    kind, damage, said = HARM[harm]
    damage(getattr(toy_sherpa, kind)(tmp_path / "model"))

    with pytest.raises(ModelError, match=said):
        open_sherpa(tmp_path / "model")


def test_of_an_8_bit_and_a_full_network_the_faster_is_used_and_the_exact_decoder(tmp_path: Path) -> None:
    folder = toy_sherpa.zipformer(tmp_path / "both")
    for part in ("encoder", "decoder", "joiner"):
        file = folder / f"{part}-epoch-1-avg-1.onnx"
        (folder / f"{part}-epoch-1-avg-1.int8.onnx").write_bytes(file.read_bytes())

    assert {part: file.name for part, file in open_sherpa(folder).files.items()} == {
        "encoder": "encoder-epoch-1-avg-1.int8.onnx",
        "decoder": "decoder-epoch-1-avg-1.onnx",
        "joiner": "joiner-epoch-1-avg-1.int8.onnx",
    }


def test_where_sherpa_onnx_is_not_installed_one_line_says_so(tmp_path: Path) -> None:
    folder = toy_sherpa.sense_voice(tmp_path / "model")
    script = f"""
import sys
sys.modules["sherpa_onnx"] = None
from calls.errors import ModelError
from speech.engines import load_recogniser
try:
    load_recogniser({str(folder)!r})
except ModelError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)

    assert done.stdout.startswith("model model needs sherpa-onnx, which is not installed")
    assert "pip install 'huawu[sherpa]'" in done.stdout
