"""The lexicon's files and what is said of wrong ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analytics.feeling.lexicon import FOLDER, POLAR, Lexicon, LexiconError, default_lexicon

pytestmark = pytest.mark.unit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "lexicon"))


def test_it_is_broad() -> None:
    polar = [entry for entry in default_lexicon().entries.values() if entry.polar in POLAR]

    assert len(polar) > 3500
    assert sum(entry.strength > 0 for entry in polar) > 1200


def test_one_may_add_a_word(folder: Path) -> None:
    with (folder / "positive.txt").open("a", encoding="utf-8") as file:
        file.write("[word +2]\n巴适得板\n")

    assert Lexicon(folder).entries["巴适得板"].strength == 2.0


@pytest.mark.parametrize(
    ("line", "message"),
    [("[wrod +2]", "section 'wrod' is unknown"), ("[word two]", "'two' is no number")],
)
def test_a_wrong_section_is_named(folder: Path, line: str, message: str) -> None:
    lines = (folder / "negative.txt").read_text("utf-8").splitlines()
    (folder / "negative.txt").write_text("\n".join([*lines, line]), "utf-8")

    with pytest.raises(LexiconError, match=message) as error:
        Lexicon(folder)

    assert f"negative.txt:{len(lines) + 1}" in str(error.value)
