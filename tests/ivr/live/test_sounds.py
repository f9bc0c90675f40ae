"""The sounds that the media process is given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ivr.doors import Samples
from ivr.flow.loading import load_flow
from ivr.live.sounds import SoundShelf
from ivr.prompt import Prompt

pytestmark = pytest.mark.unit

FLOW = """
name: short
title: short
start: hello
defaults: {no_input: {max: 1, next: bye}, no_match: {max: 1, next: bye}}
nodes:
  hello: {type: play, prompt: 您好。, next: bye}
  bye: {type: hangup}
"""
HELLO = Prompt("hello", "您好。")


def silent(*_: str) -> Samples:
    return np.zeros(800, np.int16)


def loud(*_: str) -> Samples:
    return np.full(1600, 1000, np.int16)


def unspeakable(*_: str) -> Samples:
    raise AssertionError("it was made before")


def prepared(folder: Path) -> SoundShelf:
    (folder / "short.yaml").write_text(FLOW, encoding="utf-8")
    shelf = SoundShelf(folder / "sounds", silent)
    shelf.prepare([load_flow(folder / "short.yaml")])
    return shelf


def test_an_engine_that_takes_over_has_the_prompts_of_the_one_before(tmp_path: Path) -> None:
    before = prepared(tmp_path)
    after = SoundShelf(tmp_path / "sounds", unspeakable)
    assert after.ready(HELLO) == before.ready(HELLO) is not None
    assert after.apology == before.apology


def test_a_prompt_that_sounds_otherwise_now_is_made_again(tmp_path: Path) -> None:
    before = prepared(tmp_path).ready(HELLO)
    shelf = SoundShelf(tmp_path / "sounds", loud)
    shelf.prepare([load_flow(tmp_path / "short.yaml")])
    now = shelf.ready(HELLO)
    assert before is not None
    assert now is not None
    assert (before.seconds, now.seconds) == (0.1, 0.2)


@pytest.mark.parametrize("damage", ["", "no list", '[["hello"]]', "7"])
def test_notes_that_are_damaged_are_left_aside(tmp_path: Path, damage: str) -> None:
    prepared(tmp_path)
    (tmp_path / "sounds" / "prompts.json").write_text(damage, encoding="utf-8")
    assert SoundShelf(tmp_path / "sounds", silent).ready(HELLO) is None


def test_a_sound_that_is_gone_is_not_ready(tmp_path: Path) -> None:
    sound = prepared(tmp_path).ready(HELLO)
    assert sound is not None
    Path(sound.path).unlink()
    assert SoundShelf(tmp_path / "sounds", silent).ready(HELLO) is None
