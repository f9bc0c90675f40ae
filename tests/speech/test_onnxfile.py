from __future__ import annotations

from pathlib import Path

import pytest

onnx = pytest.importorskip("onnx", reason="onnx is not installed")

from speech.onnxfile import OnnxFile, read_onnx  # noqa: E402
from tests.speech.toy_sherpa import sense_voice  # noqa: E402

pytestmark = pytest.mark.unit


def test_a_file_says_what_it_takes_and_gives(tmp_path: Path) -> None:
    sense_voice(tmp_path, metadata={"maker": "we", "空": "值"})

    assert read_onnx(tmp_path / "model.onnx") == OnnxFile(
        {"maker": "we", "空": "值"}, ("x", "x_length", "language", "text_norm"), ("logits",)
    )


def test_weights_that_are_listed_as_inputs_are_none(tmp_path: Path) -> None:
    one = onnx.helper.make_tensor_value_info("one", onnx.TensorProto.FLOAT, [1])
    weight = onnx.helper.make_tensor("one", onnx.TensorProto.FLOAT, [1], [1.0])
    x = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    y = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1])
    add = onnx.helper.make_node("Add", ["x", "one"], ["y"])
    onnx.save(
        onnx.helper.make_model(onnx.helper.make_graph([add], "g", [x, one], [y], [weight])), tmp_path / "m"
    )

    assert read_onnx(tmp_path / "m").inputs == ("x",)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_file_that_was_cut_short_is_noticed(tmp_path: Path, share: float) -> None:
    sense_voice(tmp_path)
    whole = (tmp_path / "model.onnx").read_bytes()
    (tmp_path / "cut").write_bytes(whole[: int(share * len(whole))])

    with pytest.raises(ValueError, match=r"network|cut short"):
        read_onnx(tmp_path / "cut")


@pytest.mark.parametrize("content", [b"RIFF\x00\x00\x00\x00WAVE", b"<html>404</html>", b"\xff" * 40])
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m").write_bytes(content)

    with pytest.raises(ValueError, match=r"^it "):
        read_onnx(tmp_path / "m")
