import pytest

from ivr.drawing.lettering import shortened, width, wrapped

pytestmark = pytest.mark.unit


def test_a_chinese_letter_is_a_square_and_a_latin_one_narrower() -> None:
    assert width("您好。", 10) == 30
    assert width("ab", 10) < 12 < width("MW", 10)


def test_only_what_is_too_wide_is_cut() -> None:
    assert shortened("人工服务", 10, 40) == "人工服务"
    assert shortened("人工服务热线", 10, 40) == "人工服…"
    assert shortened("人工", 10, 5) == "…"


def test_lines_break_between_chinese_letters_and_not_before_their_marks() -> None:
    assert wrapped("查账单请按一，人工请按零。", 10, 60, 3) == ["查账单请按", "一，人工请按", "零。"]


def test_latin_words_and_variables_stay_whole() -> None:
    assert wrapped("For billing press 1", 10, 70, 3) == ["For billing", "press 1"]
    assert wrapped("尾号{phone_last4}的账单", 10, 92, 3) == ["尾号{phone_last4}", "的账单"]


def test_what_does_not_fit_is_marked() -> None:
    assert wrapped("一二三四五六七八", 10, 30, 2) == ["一二三", "四五…"]
    assert wrapped("", 10, 30, 2) == []
