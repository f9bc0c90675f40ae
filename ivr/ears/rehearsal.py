"""What an ear needs once, had before it is forked, so that no caller waits for it and all ears share it."""

from __future__ import annotations

import numpy as np

from ivr.actions import Listen
from ivr.doors import RATE
from ivr.listener import Listener
from speech.grammar import segment
from speech.pinyin import characters_of, syllables
from speech.recogniser import VoskModel


def rehearse(model: VoskModel) -> None:
    """Load the dictionaries of pronunciation (0.8 s, 130 MB) and make a recogniser hear a little."""
    for sound in syllables("一"):
        characters_of(sound)
    segment("一", model)
    recogniser = model.recogniser(RATE)
    recogniser.accept(np.zeros(RATE // 5, np.int16))
    recogniser.finish()
    listener = Listener(model)
    listener.start(Listen(0, value="digits"))
    listener.feed(np.zeros(RATE, np.int16))
