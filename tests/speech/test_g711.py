from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech import g711

pytestmark = pytest.mark.unit

EVERY_CODE = bytes(range(256))
samples_of_int16 = st.integers(-32768, 32767)


def linear(*values: int) -> np.ndarray:
    return np.array(values, np.int16)


def test_every_alaw_code_survives_decoding_and_encoding() -> None:
    assert g711.alaw_encode(g711.alaw_decode(EVERY_CODE)) == EVERY_CODE


def test_every_ulaw_code_survives_but_negative_zero() -> None:
    assert g711.ulaw_encode(g711.ulaw_decode(EVERY_CODE)) == EVERY_CODE.replace(b"\x7f", b"\xff")


def test_silence() -> None:
    assert g711.alaw_encode(linear(0, 0)) == bytes([g711.ALAW_SILENCE] * 2) == b"\xd5\xd5"
    assert g711.ulaw_encode(linear(0, 0)) == bytes([g711.ULAW_SILENCE] * 2) == b"\xff\xff"
    assert g711.alaw_decode(b"\xd5\x55").tolist() == [8, -8]
    assert g711.ulaw_decode(b"\xff\x7f").tolist() == [0, 0]


def test_alaw_segments_end_where_table_1a_says() -> None:
    # Table 1a/G.711: decision values 2^k × 64 of 4096 begin the segments; character signals with bits
    # inverted, 16 int16 units per smallest interval.
    starts = linear(*(16 * value for value in (0, 32, 64, 128, 256, 512, 1024)))
    assert g711.alaw_encode(starts) == bytes(
        0x55 ^ code for code in (0x80, 0xA0, 0xB0, 0xC0, 0xD0, 0xE0, 0xF0)
    )
    assert g711.alaw_encode(linear(32767, -32768)) == b"\xaa\x2a"
    assert g711.alaw_decode(b"\xaa\x2a").tolist() == [32256, -32256]


def test_ulaw_segments_end_where_table_2a_says() -> None:
    # Table 2a/G.711: decision values 31, 95, 223, 479, 991, 2015, 4063 of 8159, 4 int16 units each.
    starts = linear(*(4 * value for value in (31, 95, 223, 479, 991, 2015, 4063)))
    assert g711.ulaw_encode(starts) == b"\xef\xdf\xcf\xbf\xaf\x9f\x8f"
    assert g711.ulaw_encode(linear(32767, -32768)) == b"\x80\x00"
    assert g711.ulaw_decode(b"\x80\x00").tolist() == [32124, -32124]


@given(samples_of_int16)
def test_the_error_is_at_most_half_a_quantising_interval(sample: int) -> None:
    magnitude = abs(sample)
    alaw_interval = max(16, 1 << max(magnitude.bit_length() - 5, 0))
    ulaw_interval = 1 << max((magnitude + 132).bit_length() - 5, 3)
    assert abs(int(g711.alaw_decode(g711.alaw_encode(linear(sample)))[0]) - sample) <= max(
        alaw_interval // 2, magnitude - 32256
    )
    assert abs(int(g711.ulaw_decode(g711.ulaw_encode(linear(sample)))[0]) - sample) <= max(
        ulaw_interval // 2, magnitude - 32124
    )


@given(samples_of_int16, samples_of_int16)
def test_louder_is_never_decoded_as_quieter(one: int, other: int) -> None:
    pair = linear(min(one, other), max(one, other))
    for decoded in (g711.alaw_decode(g711.alaw_encode(pair)), g711.ulaw_decode(g711.ulaw_encode(pair))):
        assert decoded[0] <= decoded[1]


def test_a_strided_view_is_encoded_like_its_copy() -> None:
    stereo = np.arange(-2000, 2000, dtype=np.int16).reshape(-1, 2)
    assert g711.alaw_encode(stereo[:, 0]) == g711.alaw_encode(stereo[:, 0].copy())


def test_floats_are_refused() -> None:
    with pytest.raises(TypeError, match=r"G\.711 encodes int16 samples, not float64"):
        g711.alaw_encode(np.zeros(3))


@pytest.mark.parametrize(
    ("table", "encode", "decode", "decode_other"),
    [
        (g711.ALAW_TO_ULAW, g711.ulaw_encode, g711.alaw_decode, g711.ulaw_decode),
        (g711.ULAW_TO_ALAW, g711.alaw_encode, g711.ulaw_decode, g711.alaw_decode),
    ],
    ids=["A-law to µ-law", "µ-law to A-law"],
)
def test_between_the_laws_every_code_keeps_its_sign_and_nearly_its_value(
    table: bytes, encode: Any, decode: Any, decode_other: Any
) -> None:
    samples = decode(EVERY_CODE)
    assert EVERY_CODE.translate(table) == encode(samples)
    others = decode_other(EVERY_CODE.translate(table)).astype(int)
    assert ((others >= 0) == (samples >= 0)).all()
    assert (np.abs(others - samples) <= 8 + np.abs(samples.astype(int)) / 32).all()
