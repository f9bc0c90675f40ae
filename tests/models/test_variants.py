from pathlib import Path

import numpy as np
import pytest

from models.tiny_cn.recipe import Ear, Line, over_telephone, spoken
from models.tiny_cn.variants import build_variant
from speech.error_rate import character_error_rate, pooled
from speech.voices import Speaker

pytestmark = pytest.mark.integration

LINES = tuple(
    map(
        Line, ("您好请问有什么可以帮您", "我要退款", "还是不行", "正在为您转接人工请稍候", "感谢您的来电再见")
    )
)


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_variant("16k", tmp_path_factory.mktemp("models") / "fast")


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_variant("static", tmp_path_factory.mktemp("models") / "static")


def error_rate(ear: Ear, speaker: Speaker, rate: int) -> float:
    results = []
    for number, line in enumerate(LINES):
        rng = np.random.default_rng(number)
        sound = spoken(line, speaker, rng, rate)
        heard = ear.hear(over_telephone(sound, rng, (25, 30)) if rate == 8000 else sound)
        results.append(character_error_rate(line.text, heard))
    return pooled(results).rate


def test_the_fast_variant_hears_at_16_khz(fast: Path, speaker: Speaker) -> None:
    assert error_rate(Ear(fast, rate=16_000), speaker, 16_000) <= 0.05


def test_the_fast_variant_refuses_telephone_audio(fast: Path) -> None:
    with pytest.raises(Exception, match="Failed to process waveform"):
        Ear(fast, rate=8_000).hear(np.zeros(8_000, np.int16))


def test_the_static_variant_hears_with_the_whole_language_model(static: Path, speaker: Speaker) -> None:
    assert not (static / "graph" / "Gr.fst").exists()
    assert error_rate(Ear(static), speaker, 8_000) <= 0.05


def test_the_static_variant_ignores_a_grammar(static: Path, speaker: Speaker) -> None:
    sound = spoken(LINES[0], speaker, np.random.default_rng(0))
    ear = Ear(static)
    assert ear.hear(sound, ("返回", "重听")) == ear.hear(sound)
