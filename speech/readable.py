"""An utterance as people read it: hot words corrected, numbers in figures, signs put in."""

from __future__ import annotations

from calls.records import Utterance
from speech.hotwords import HotWords
from speech.punctuation import punctuation
from speech.view import View, view_of
from speech.written import written


def readable(
    utterance: Utterance, hot_words: HotWords | None = None, *, figures: bool = True, signs: bool = True
) -> View:
    """Return an utterance as it is read.

    Parameters
    ----------
    utterance : Utterance
        With its words where the recogniser gave them: their times place the signs, their confidence decides
        what may be corrected.
    hot_words : HotWords, optional
        What is corrected; nothing without them.
    figures, signs : bool
        Whether numbers are in figures and whether signs are put in.

    Returns
    -------
    View
        What a correction touches is not written in figures, and no sign cuts a number or a correction.
    """
    return view_of(
        utterance.text,
        [each.edit for each in hot_words.corrections(utterance)] if hot_words else (),
        written(utterance.text) if figures else (),
        punctuation(utterance) if signs else (),
    )
