import pytest

from models.tiny_cn import corpus, recipe
from models.tiny_cn.build import LIMIT, MODEL
from models.tiny_cn.lexicon import segment
from models.tiny_cn.recipe import Ear, Line, measure
from speech.voices import Speaker

pytestmark = pytest.mark.integration

SEED = 271


def test_the_committed_model_is_small() -> None:
    assert sum(path.stat().st_size for path in MODEL.rglob("*") if path.is_file()) <= LIMIT


def test_the_committed_model_knows_every_scripted_word() -> None:
    """When it does not: run models.tiny_cn.build again (MODEL_CARD.md)."""
    table = (MODEL / "graph" / "words.txt").read_text(encoding="utf-8")
    known = {line.split()[0] for line in table.splitlines()}
    groups = corpus.groups()
    texts = (*groups["flow"], *groups["scenario"], *corpus.held_out_texts(), *corpus.agent_names())
    assert {word for text in texts for word in segment(text)} - known == set()


def test_lines_that_the_model_has_read_are_heard_over_a_noisy_telephone(ear: Ear, speaker: Speaker) -> None:
    measured = measure("seen", recipe.seen_lines()[::18], ear, speaker, seed=SEED)
    assert measured.errors.rate <= 0.03, measured.misheard


def test_lines_that_it_has_never_read_are_mostly_heard(ear: Ear, speaker: Speaker) -> None:
    measured = measure("unseen", recipe.unseen_lines("blind")[::2], ear, speaker, seed=SEED)
    assert measured.lines >= 25
    assert measured.errors.rate <= 0.10, measured.misheard


def test_eleven_digits_are_heard_whole_over_a_clean_telephone(ear: Ear, speaker: Speaker) -> None:
    measured = measure("digits", recipe.digit_lines(20, 11, SEED), ear, speaker, seed=SEED, snr_db=None)
    assert measured.right >= 0.90, measured.misheard


def test_every_phrase_of_every_menu_is_understood_over_a_clean_telephone(ear: Ear, speaker: Speaker) -> None:
    measured = measure("menu", recipe.menu_lines()[::4], ear, speaker, seed=SEED, snr_db=None)
    assert measured.right >= 0.98, measured.misheard


def test_nothing_is_heard_where_nobody_speaks(ear: Ear) -> None:
    heard = {name: ear.hear(sound) for name, sound in recipe.quiet_sounds(10, SEED)}
    assert heard == dict.fromkeys(heard, "")


def test_speech_outside_the_menu_is_no_phrase_of_it(ear: Ear, speaker: Speaker) -> None:
    phrases = ("查账单", "人工服务", "返回")
    lines = [
        Line("我昨天买的冰箱漏水了", phrases),
        Line("你们几点下班", phrases),
        Line("快递员没有送货上门", phrases),
    ]
    measured = measure("other", lines, ear, speaker, seed=SEED, snr_db=None)
    assert not [heard for _, heard in measured.misheard if heard in phrases]


@pytest.mark.slow
def test_the_whole_blind_set_meets_the_figures_of_the_model_card(ear: Ear, speaker: Speaker) -> None:
    seen = measure("seen", recipe.seen_lines(), ear, speaker, seed=2_718)
    unseen = measure("unseen", recipe.unseen_lines("blind") * 2, ear, speaker, seed=2_718)
    digits = measure("digits", recipe.digit_lines(200, 11, 2_718), ear, speaker, seed=2_718, snr_db=None)
    assert (seen.errors.rate <= 0.03, unseen.errors.rate <= 0.10, digits.right >= 0.90) == (
        True,
        True,
        True,
    ), f"{seen}\n{unseen}\n{digits}"


@pytest.mark.slow
def test_ten_minutes_without_a_voice_are_ten_minutes_without_text(ear: Ear) -> None:
    heard = {name: ear.hear(sound) for name, sound in recipe.quiet_sounds(600, SEED)}
    assert heard == dict.fromkeys(heard, "")
