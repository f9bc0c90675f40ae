import numpy as np
import pytest

from models.tiny_cn.nnet3 import Network, Phone, forward_transition, loop_transition, read_matrix

pytestmark = pytest.mark.unit


def matrix_bytes(weight: np.ndarray, precision: str) -> bytes:
    network = Network(weight.shape[1])
    network.output(network.affine("only", "input", weight), context=0)
    data = network.to_bytes([Phone(0, 0)], precision)  # type: ignore[arg-type]
    return data[data.index(b"<LinearParams> ") + len(b"<LinearParams> ") :]


@pytest.mark.parametrize(("precision", "worst"), [("CM", 0.04), ("CM2", 1e-4)])
def test_a_compressed_matrix_reads_back_nearly_as_it_was(precision: str, worst: float) -> None:
    weight = np.random.default_rng(5).standard_normal((60, 7)).astype(np.float32)
    read, _ = read_matrix(matrix_bytes(weight, precision), 0)
    assert read.shape == (60, 7)
    assert np.abs(read - weight).max() < worst


@pytest.mark.parametrize("weight", [np.eye(3, dtype=np.float32), np.zeros((9, 2), np.float32)])
def test_columns_that_are_nearly_constant_survive_one_byte_coding(weight: np.ndarray) -> None:
    read, _ = read_matrix(matrix_bytes(weight, "CM"), 0)
    np.testing.assert_allclose(read, weight, atol=1e-4)


def test_the_file_names_each_part_in_kaldi_s_order() -> None:
    network = Network(4)
    network.output(network.log_softmax("p", network.affine("a", "input", np.eye(4, dtype=np.float32)), 4), 3)
    data = network.to_bytes([Phone(0, 0), Phone(1, 2)], "CM")
    order = [
        b"\0B<TransitionModel> <Topology> ", b"</Topology> <Tuples> ", b"</Tuples> <LogProbs> ",
        b"</TransitionModel> <Nnet3> \ninput-node name=input dim=4\n",
        b"component-node name=a component=a input=input\n",
        b"output-node name=output input=p objective=linear\n\n<NumComponents> ",
        b"<ComponentName> a <FixedAffineComponent> ", b"<ComponentName> p <LogSoftmaxComponent> ",
        b"</Nnet3> <LeftContext> \x04\x03\0\0\0<RightContext> \x04\x03\0\0\0<Priors> FV ",
    ]  # fmt: skip
    places = [data.index(part) for part in order]
    assert places == sorted(places)


def test_transition_ids_are_numbered_loop_first() -> None:
    assert [(loop_transition(phone), forward_transition(phone)) for phone in (1, 2)] == [(1, 2), (3, 4)]


def test_what_is_no_matrix_is_refused() -> None:
    with pytest.raises(ValueError, match="no compressed matrix but b'FM'"):
        read_matrix(b"FM \x04", 0)
